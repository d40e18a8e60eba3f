// What a page says and offers for each second factor: the templates call it
// while render.go writes a page.

package pages

import (
	"html/template"
	"slices"

	"github.com/rungauth/rung/stepup/contract"
)

// IsSMS, IsTOTP and IsRecoveryCode report which second factor the page is
// about. Without one it is a text message.
func (v *view) IsSMS() bool { return !v.IsTOTP() && !v.IsRecoveryCode() }
func (v *view) IsTOTP() bool {
	return v.Method == contract.TOTP || v.State == contract.StateAuthenticator
}
func (v *view) IsRecoveryCode() bool { return v.Method == contract.RecoveryCode && !v.IsTOTP() }

// A choice is a button that leads to another second factor. It stands in the
// page's form, so that a form that waits comes along.
type choice struct {
	Action string          // where the form goes
	Use    contract.Method // the button's value, named "use"; "" = it has none
	Label  template.HTML
}

// Instead returns what the member can use in place of the page's method, the
// strongest first. A text message is asked for at once: nobody wants the page
// that asks whether to send one after saying so.
func (v *view) Instead() ([]choice, error) {
	var choices []choice
	for _, method := range v.Others {
		c := choice{Action: v.Base + "use", Use: method}
		var err error
		switch {
		case method == contract.SMS && v.PhoneEnding != "":
			c.Action, c.Use = v.Base+"send", ""
			c.Label, err = v.T("instead.sms_to", "ending", v.PhoneEnding)
		case method == contract.SMS:
			c.Action, c.Use = v.Base+"send", ""
			c.Label, err = v.T("instead.sms")
		case method == contract.TOTP:
			c.Label, err = v.T("instead.totp")
		case method == contract.RecoveryCode:
			c.Label, err = v.T("instead.recovery")
		default:
			continue // there are no words for it
		}
		if err != nil {
			return nil, err
		}
		choices = append(choices, c)
	}
	return choices, nil
}

// Adds reports whether the member may add the method here.
func (v *view) Adds(method contract.Method) bool { return slices.Contains(v.Addable, method) }
