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
func (p *Pages) try(files overlay) error {
	for _, t := range p.texts {
		for _, page := range samplePages() {
			var b bytes.Buffer
			name := files.source(string(page.State) + ".html")
			if err := p.execute(&b, t, page, true); err != nil {
				return fmt.Errorf("%s in %s: %w", name, t.tag, err)
			}
			if err := checkForms(page, b.String()); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// samplePages returns pages that reach every branch of the templates: each
// state bare, and with everything that it can hold.
func samplePages() []contract.Page {
	now := time.Date(2026, time.March, 4, 14, 30, 0, 0, time.UTC)
	variants := sampleVariants()
	var all []contract.Page
	for _, state := range []contract.State{
		contract.StateAsk, contract.StateCode, contract.StateLocked, contract.StateUndeliverable, contract.StateNoPhone, contract.StatePhone,
		contract.StateAuthenticator, contract.StateUnavailable, contract.StateSignedOut, contract.StateReauthenticate,
		contract.StateOtherMember, contract.StateContinue, contract.StateImpersonated, contract.StateCrossOrigin, contract.StateConflict, contract.StateBadRequest, contract.StateFailed,
	} {
		bare := contract.Page{State: state, Now: now, Base: "/stepup/"}
		lost := bare
		lost.FormLost = true
		login := bare
		login.Login, login.Base = true, "/stepup/login/"
		all = append(all, bare, lost, login)
		for _, page := range append(variants[state], contract.Page{}) {
			page.State, page.Status, page.Now = state, 200, now
			page.PhoneEnding = "12"
			page.ExpiresAt = now.Add(2 * time.Minute)
			page.ResendAt, page.RetryAt = now.Add(25*time.Second), now.Add(50*time.Minute)
			page.Session, page.Policy, page.Next, page.Base = "session", "money", "/payouts", "/stepup/"
			page.LoginURL, page.SettingsURL, page.SupportURL = "/login", "/settings", "https://help.example/"
			if page.Login {
				page.Policy, page.Base = "", "/stepup/login/"
				all = append(all, page)
				continue // a login approves nothing, and no form waits for it
			}
			page.Action = "Transfer $5,000 to Acme"
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

// sampleVariants are what a page in a state can say and offer besides what all
// of them hold.
func sampleVariants() map[contract.State][]contract.Page {
	setup := &contract.Setup{
		Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", URI: "otpauth://totp/Acme:ada@acme.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Acme",
		QR:     `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 5 5" shape-rendering="crispEdges"><path d="M1 1h1v1h-1zM3 1h1v1h-1zM2 3h1v1h-1z"/></svg>`,
		Sealed: "sealed setup",
	}
	codes := []string{"k7qm-2d4x-hw9p", "b3tn-8fvc-5yra", "z6je-4gms-u2hk"}
	two, seven := 2, 7
	zero, one := 0, 1
	sms, app, written := []contract.Method{contract.SMS}, []contract.Method{contract.TOTP}, contract.RecoveryCode
	return map[contract.State][]contract.Page{
		contract.StateAsk: {
			{Method: contract.SMS, Others: []contract.Method{contract.TOTP, written}, Bound: "bound"},
			{Method: contract.SMS, Others: []contract.Method{contract.TOTP, written}, Login: true},
		},
		contract.StateCode: {
			{Code: contract.CodeChallengePending}, {Code: contract.CodeResent}, {Code: contract.CodeMalformed}, {Code: contract.CodeExpired},
			{Code: contract.CodeIncorrect, AttemptsLeft: 1}, {Code: contract.CodeIncorrect, AttemptsLeft: 4, Superseded: true},
			{Code: contract.CodeResendCooldown, Entered: "123"},
			{Code: contract.CodeChallengePending, Method: contract.SMS, Others: []contract.Method{contract.TOTP, written}, Bound: "bound"},
			{Code: contract.CodeChallengePending, Method: contract.SMS, Others: app, Login: true},
			{Code: contract.CodeStepUpRequired, Method: contract.TOTP, Others: []contract.Method{contract.SMS, written}, Bound: "bound"},
			{Code: contract.CodeIncorrect, Method: contract.TOTP, AttemptsLeft: 4}, {Code: contract.CodeIncorrect, Method: contract.TOTP},
			{Code: contract.CodeMalformed, Method: contract.TOTP, Entered: "123"}, {Code: contract.CodeExpired, Method: contract.TOTP},
			{Code: contract.CodeStepUpRequired, Method: contract.TOTP, Others: []contract.Method{contract.SMS, written}, Login: true},
			{Code: contract.CodeStepUpRequired, Method: written, Others: []contract.Method{contract.TOTP, contract.SMS}, Bound: "bound"},
			{Code: contract.CodeIncorrect, Method: written, AttemptsLeft: 1}, {Code: contract.CodeIncorrect, Method: written},
			{Code: contract.CodeMalformed, Method: written, Entered: "k7qm"}, {Code: contract.CodeExpired, Method: written},
			{Code: contract.CodeStepUpRequired, Method: written, Others: app, Login: true},
		},
		contract.StatePhone: {
			{Code: contract.CodePhoneInvalid, Entered: "555"}, {Code: contract.CodePhoneUnavailable},
			{Code: contract.CodeEnrollmentRequired, Method: contract.SMS, Addable: app}, {Code: contract.CodeEnrollmentRequired, Addable: app, Login: true},
		},
		contract.StateAuthenticator: {
			{Code: contract.CodeEnrollmentRequired, Method: contract.TOTP, Addable: sms},
			{Code: contract.CodeEnrollmentRequired, Method: contract.TOTP, Addable: sms, Login: true},
			{Code: contract.CodeEnrollmentStarted, Method: contract.TOTP, Setup: setup, Addable: sms},
			{Code: contract.CodeEnrollmentStarted, Method: contract.TOTP, Setup: setup, Login: true},
			{Code: contract.CodeIncorrect, Method: contract.TOTP, Setup: setup, AttemptsLeft: 4}, {Code: contract.CodeIncorrect, Method: contract.TOTP, Setup: setup},
			{Code: contract.CodeMalformed, Method: contract.TOTP, Setup: setup, Entered: "123"}, {Code: contract.CodeExpired, Method: contract.TOTP, Setup: setup},
		},
		contract.StateNoPhone: {{Method: contract.SMS}, {Method: contract.TOTP}},
		contract.StateLocked:  {{Scope: contract.ScopeSession}, {Scope: contract.ScopeMember}, {Scope: contract.ScopeSession, Method: contract.TOTP, Login: true}},
		contract.StateUndeliverable: {
			{Reason: contract.ReasonCountry}, {Reason: contract.ReasonUnsubscribed}, {Reason: contract.ReasonNumber}, {Reason: contract.ReasonRestricted},
			{Reason: contract.ReasonNumber, Method: contract.SMS, Others: []contract.Method{contract.TOTP, written}},
		},
		contract.StateUnavailable: {
			{Entered: "123456"}, {Method: contract.TOTP}, {Method: contract.TOTP, Entered: "123456", Setup: setup}, {Method: contract.TOTP, Entered: "123456", Login: true},
		},
		contract.StateSignedOut:      {{Code: contract.CodeSessionExpired}, {Code: contract.CodeLoginExpired, Login: true}},
		contract.StateReauthenticate: {{Code: contract.CodeReauthenticationRequired, FormLost: true}},
		contract.StateContinue: {
			{RecoveryCodes: codes}, {RecoveryCodes: codes, Login: true}, {RecoveryRemain: &zero}, {RecoveryRemain: &one}, {RecoveryRemain: &two},
			{RecoveryRemain: &seven, Login: true}, {RecoveryCodes: codes, RecoveryRemain: &seven},
		},
	}
}
