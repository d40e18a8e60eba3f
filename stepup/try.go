package stepup

import (
	"bytes"
	"fmt"
	"time"
)

// try renders every page that there can be, in every language. html/template
// escapes at the first execution only, and a wrong field or key shows no
// earlier, so this is what makes a mistake in a template an error of New.
func (p *pages) try() error {
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

// samplePages returns pages that lead into every branch of the templates:
// each state bare, and with everything that it can hold.
func samplePages() []Page {
	now := time.Date(2026, time.March, 4, 14, 30, 0, 0, time.UTC)
	variants := map[State][]Page{
		StateCode: {
			{Code: CodeChallengePending}, {Code: CodeResent}, {Code: CodeMalformed}, {Code: CodeExpired},
			{Code: CodeIncorrect, AttemptsLeft: 1}, {Code: CodeIncorrect, AttemptsLeft: 4, Superseded: true},
			{Code: CodeResendCooldown, Entered: "123"},
		},
		StatePhone:  {{Code: CodePhoneInvalid, Entered: "555"}, {Code: CodePhoneUnavailable}},
		StateLocked: {{Scope: ScopeSession}, {Scope: ScopeMember}},
		StateUndeliverable: {
			{Reason: ReasonCountry}, {Reason: ReasonUnsubscribed}, {Reason: ReasonNumber}, {Reason: ReasonRestricted},
		},
		StateUnavailable: {{Entered: "123456"}},
	}
	var all []Page
	for _, state := range []State{
		StateAsk, StateCode, StateLocked, StateUndeliverable, StateNoPhone, StatePhone, StateUnavailable, StateSignedOut,
		StateOtherMember, StateContinue, StateImpersonated, StateCrossOrigin, StateConflict, StateBadRequest, StateFailed,
	} {
		bare := Page{State: state, Now: now, Base: "/stepup/"}
		lost := bare
		lost.FormLost = true
		all = append(all, bare, lost)
		for _, page := range append(variants[state], Page{}) {
			page.State, page.Status, page.Now = state, 200, now
			page.Action, page.PhoneEnding = "Transfer $5,000 to Acme", "12"
			page.ExpiresAt = now.Add(2 * time.Minute)
			page.ResendAt, page.RetryAt = now.Add(25*time.Second), now.Add(50*time.Minute)
			page.Session, page.Policy, page.Next, page.Base = "session", "money", "/payouts", "/stepup/"
			page.LoginURL, page.SettingsURL, page.SupportURL = "/login", "/settings", "https://help.example/"
			all = append(all, page)
			page.Form = &Form{
				Sealed: "sealed", Method: "POST", Action: "/payouts",
				Values:   []FormValue{{"to", "Acme"}, {"amount", "5000"}},
				Shown:    []FormValue{{"to", "Acme"}, {"amount", "5,000.00"}},
				Named:    []string{"note"},
				Withheld: []string{"pin"},
			}
			all = append(all, page)
		}
	}
	return all
}
