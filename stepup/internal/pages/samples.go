// Renders every page once, for New: a template of the app that is broken must
// stop the app when it starts.

package pages

import (
	"bytes"
	"fmt"
	"time"

	"github.com/rungauth/rung/stepup/contract"
)

// try renders every page that there can be, in every language. html/template
// escapes when a template is first executed, and a wrong field or key shows no
// earlier: without this, New could not report it.
func (p *Pages) try() error {
	for _, t := range p.texts {
		for _, page := range samplePages() {
			var b bytes.Buffer
			if err := p.execute(&b, t, page, true); err != nil {
				return fmt.Errorf("%s.html in %s: %w", page.State, t.tag, err)
			}
		}
	}
	return nil
}

// samplePages returns pages that reach every branch of the templates: each
// state bare, and with everything that it can hold.
func samplePages() []contract.Page {
	now := time.Date(2026, time.March, 4, 14, 30, 0, 0, time.UTC)
	variants := map[contract.State][]contract.Page{
		contract.StateCode: {
			{Code: contract.CodeChallengePending}, {Code: contract.CodeResent}, {Code: contract.CodeMalformed}, {Code: contract.CodeExpired},
			{Code: contract.CodeIncorrect, AttemptsLeft: 1}, {Code: contract.CodeIncorrect, AttemptsLeft: 4, Superseded: true},
			{Code: contract.CodeResendCooldown, Entered: "123"},
		},
		contract.StatePhone:  {{Code: contract.CodePhoneInvalid, Entered: "555"}, {Code: contract.CodePhoneUnavailable}},
		contract.StateLocked: {{Scope: contract.ScopeSession}, {Scope: contract.ScopeMember}},
		contract.StateUndeliverable: {
			{Reason: contract.ReasonCountry}, {Reason: contract.ReasonUnsubscribed}, {Reason: contract.ReasonNumber}, {Reason: contract.ReasonRestricted},
		},
		contract.StateUnavailable: {{Entered: "123456"}},
	}
	var all []contract.Page
	for _, state := range []contract.State{
		contract.StateAsk, contract.StateCode, contract.StateLocked, contract.StateUndeliverable, contract.StateNoPhone, contract.StatePhone, contract.StateUnavailable, contract.StateSignedOut,
		contract.StateOtherMember, contract.StateContinue, contract.StateImpersonated, contract.StateCrossOrigin, contract.StateConflict, contract.StateBadRequest, contract.StateFailed,
	} {
		bare := contract.Page{State: state, Now: now, Base: "/stepup/"}
		lost := bare
		lost.FormLost = true
		all = append(all, bare, lost)
		for _, page := range append(variants[state], contract.Page{}) {
			page.State, page.Status, page.Now = state, 200, now
			page.Action, page.PhoneEnding = "Transfer $5,000 to Acme", "12"
			page.ExpiresAt = now.Add(2 * time.Minute)
			page.ResendAt, page.RetryAt = now.Add(25*time.Second), now.Add(50*time.Minute)
			page.Session, page.Policy, page.Next, page.Base = "session", "money", "/payouts", "/stepup/"
			page.LoginURL, page.SettingsURL, page.SupportURL = "/login", "/settings", "https://help.example/"
			all = append(all, page)
			page.Form = &contract.Form{
				Sealed: "sealed", Method: "POST", Action: "/payouts",
				Values:   []contract.FormValue{{Name: "to", Value: "Acme"}, {Name: "amount", Value: "5000"}},
				Shown:    []contract.FormValue{{Name: "to", Value: "Acme"}, {Name: "amount", Value: "5,000.00"}},
				Named:    []string{"note"},
				Withheld: []string{"pin"},
			}
			all = append(all, page)
		}
	}
	return all
}
