// The policies of the app, and how the start-up prints them. Made by run in
// main.go; routes.go attaches them to handlers.

package main

import (
	"strings"
	"time"

	"github.com/rungauth/rung/stepup"
)

// policies say what a member must have proved, and how recently. A name appears
// on the verify page, in events and in answers to API clients.
type policies struct {
	// money: a code from the phone or the authenticator app, ten minutes old at
	// most. It is stepup.Strict() under another name.
	money stepup.Policy
	// transfer: the same, but the code is for the very transfer that the member
	// was shown, and works once.
	transfer stepup.Policy
	// statements: a recovery code will do as well, and for an hour. They are old
	// news: a member who has lost the phone may still read them.
	statements stepup.Policy
	// approvers: besides the code, the member must have signed in within the last
	// ten minutes. Stytch is asked each time, so that a session that was revoked
	// elsewhere ends at once.
	approvers stepup.Policy
}

func newPolicies() policies {
	fromPhone := []stepup.Method{stepup.SMS, stepup.TOTP}
	p := policies{
		money:    stepup.Policy{Name: "money", MaxAge: 10 * time.Minute, Methods: fromPhone},
		transfer: stepup.Policy{Name: "transfer", MaxAge: 10 * time.Minute, Methods: fromPhone, Bound: true},
		statements: stepup.Policy{
			Name: "statements", MaxAge: time.Hour,
			Methods: []stepup.Method{stepup.SMS, stepup.TOTP, stepup.RecoveryCode},
		},
		approvers: stepup.StrictMFA(),
	}
	p.approvers.Name, p.approvers.Live = "approvers", true
	return p
}

// all are the policies for stepup.Config.
func (p policies) all() []stepup.Policy {
	return []stepup.Policy{p.money, p.transfer, p.statements, p.approvers}
}

// policyLine says in one line what a policy asks for.
func policyLine(p stepup.Policy) string {
	var first stepup.Requirement
	for _, method := range p.Methods {
		first = append(first, stepup.Proof{Method: method, MaxAge: p.MaxAge})
	}
	parts := []string{first.String()}
	for _, requirement := range p.AllOf {
		parts = append(parts, "and "+requirement.String())
	}
	if p.Bound {
		parts = append(parts, "for one request, the one that was shown")
	}
	if p.Live {
		parts = append(parts, "while Stytch says that the session lives")
	}
	return p.Name + ": " + strings.Join(parts, ", ")
}
