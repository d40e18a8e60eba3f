// Takes the phone number of a member who has none. verify.go leads the POST of
// the phone form here; send.go deletes an unproved number with dropUnproved.

package stepup

import (
	"context"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
)

// submitPhone sends a passcode to the number that a member typed. Stytch links
// the number to the member, and the passcode that comes back verifies it.
func (g *Guard) submitPhone(ctx context.Context, q *query) reply {
	if stop := g.decided(ctx, q, q.decision, nil); stop != nil {
		return *stop
	}
	current, stop := g.lookAtSession(ctx, q)
	if stop != nil {
		return *stop
	}
	switch {
	case g.factor.ready(current): // an old page: the member has a number by now
		rep := reply{code: contract.CodeStepUpRequired}
		if q.form == nil {
			rep.see = g.links.page(q.policy.Name, q.next)
		}
		return rep
	case !g.mayEnroll(current): // the member has not just signed in
		return reply{code: contract.CodeFactorNotEnrolled}
	}
	number, ok := inbound.Number(q.in.phone)
	if !ok || !g.config.Enroll.calls(number) {
		return reply{code: contract.CodePhoneInvalid}
	}
	m := message{current: current, number: jwks.PhoneNumber(number), enrolls: true}
	switch current.Member.MFAPhoneNumber {
	case m.number:
		m.number = "" // on file, not proved yet
	case "":
	default:
		m.replaces = true // an earlier typo must not lock the member out forever
	}
	return g.sendAndShow(ctx, q, m)
}
