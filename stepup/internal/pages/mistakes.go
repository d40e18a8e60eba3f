// What a page says about what the member sent: the templates call it while
// render.go writes a page.

package pages

import (
	"html/template"

	"github.com/rungauth/rung/stepup/contract"
)

// Mistake says what was wrong with what was typed, or nothing.
func (v *view) Mistake() (template.HTML, error) {
	switch {
	case v.State == contract.StateAuthenticator && v.Code == contract.CodeResendCooldown: // no message is at stake
		wait, err := v.Duration(v.ResendAt)
		if err != nil {
			return "", err
		}
		return v.T("page.retry_in", "duration", wait)
	case v.State == contract.StateCode || v.State == contract.StateAuthenticator:
		return v.codeMistake()
	case v.State == contract.StatePhone && v.Code == contract.CodePhoneInvalid:
		return v.T("error.phone_invalid")
	case v.State == contract.StatePhone && v.Code == contract.CodePhoneUnavailable:
		return v.T("error.phone_unavailable")
	}
	return "", nil
}

// codeMistake says what was wrong with a passcode, in words that fit its
// method.
func (v *view) codeMistake() (template.HTML, error) {
	switch v.Code {
	case contract.CodeIncorrect:
		if v.AttemptsLeft > 0 {
			return v.N("error.incorrect_left", v.AttemptsLeft)
		}
		return v.T("error.incorrect")
	case contract.CodeMalformed:
		switch {
		case v.IsTOTP():
			return v.T("error.malformed_totp")
		case v.IsRecoveryCode():
			return v.T("error.malformed_recovery")
		}
		return v.T("error.malformed")
	case contract.CodeExpired:
		switch {
		case v.IsTOTP():
			return v.T("error.used_totp")
		case v.IsRecoveryCode():
			return v.T("error.used_recovery")
		case v.Cooling():
			return v.T("error.expired_wait") // the button does not send yet
		}
		return v.T("error.expired")
	}
	return "", nil
}

// Field is the id of the field that a mistake is in.
func (v *view) Field() string {
	if v.State == contract.StatePhone {
		return "phone"
	}
	return "code"
}

// TooSoon reports whether a message was asked for before its time. That is no
// mistake: the pages say it in passing, and the wait at the button.
func (v *view) TooSoon() bool {
	return v.Code == contract.CodeResendCooldown && v.State != contract.StateAuthenticator
}

// Promoted reports whether a new passcode is all that is left to ask for.
func (v *view) Promoted() bool { return v.Expired() && !v.Cooling() }

// Problem reports whether the page is bad news, so that its title says so
// first.
func (v *view) Problem() (bool, error) {
	switch v.State {
	case contract.StateAsk, contract.StateCode, contract.StatePhone, contract.StateAuthenticator,
		contract.StateReauthenticate, contract.StateContinue:
		mistake, err := v.Mistake()
		return mistake != "", err
	}
	return true, nil
}
