// Makes the page of a reply.

package stepup

import (
	"time"

	"github.com/rungauth/rung/stepup/contract"
)

func (g *Guard) page(q *query, rep reply) contract.Page {
	p := contract.Page{
		State: rep.pageState(), Status: rep.httpStatus(), Code: rep.code,
		Language:    g.pages.Language(q.r, g.preferredLanguage(q)),
		PhoneEnding: rep.ending, Now: time.Now(), ExpiresAt: rep.expiresAt, ResendAt: rep.resendAt,
		Superseded: rep.superseded, Reason: rep.reason, Scope: rep.scope, Entered: q.entered(rep.code),
		Next: q.next, FormLost: q.lost,
		Base: g.links.verify, LoginURL: g.links.login(q.next),
		SettingsURL: g.links.Settings, SupportURL: g.links.Support,
	}
	if rep.left != nil {
		p.AttemptsLeft = *rep.left
	}
	if rep.retryAfter > 0 {
		p.RetryAt = p.Now.Add(rep.retryAfter)
	}
	if q.policy != nil {
		p.Policy = q.policy.Name
		switch {
		case q.form != nil:
			p.Action = q.form.Title
		case g.config.Action != nil:
			p.Action = g.config.Action(q.r, *q.policy)
		}
	}
	if q.form != nil {
		form := *q.form
		if p.State != contract.StateContinue {
			form.Values = nil // they lie sealed until they are sent
		}
		p.Form = &form
	}
	if !q.from.who.isNobody() {
		p.Session = g.keys.Name(q.from.who.anchor)
	}
	return p
}

// entered is what the member typed, to be shown again where nobody judged it.
func (q *query) entered(code contract.Code) string {
	switch code {
	case contract.CodePhoneInvalid:
		return q.in.phone
	case contract.CodeMalformed, contract.CodeResendCooldown, contract.CodeProviderUnavailable:
		return q.in.passcode
	}
	return ""
}

// preferredLanguage is the app's word on the language of the member; "" = none.
func (g *Guard) preferredLanguage(q *query) string {
	if g.config.Language == nil {
		return ""
	}
	return g.config.Language(q.r)
}
