// Makes the page of a reply. write.go calls it for browsers.

package stepup

import (
	"net/http"
	"slices"
	"time"

	"github.com/rungauth/rung/stepup/contract"
)

func (p *responder) page(q *query, rep reply) contract.Page {
	page := contract.Page{
		State: rep.pageState(), Status: rep.httpStatus(), Code: rep.code,
		Language:    p.pages.Language(q.r, q.preferredLanguage(p.language)),
		PhoneEnding: rep.ending, Now: time.Now(), ExpiresAt: rep.expiresAt, ResendAt: rep.resendAt,
		Superseded: rep.superseded, Reason: rep.reason, Scope: rep.scope, Entered: q.entered(rep),
		Next: q.next, FormLost: q.lost,
		RecoveryCodes: rep.recoveryCodes, RecoveryRemain: rep.recoveryRemain,
		Login: q.isLogin(), Addable: q.addable, Bound: q.bound,
		Base: p.links.base(q), Verify: p.links.start(q), LoginURL: p.links.login(q.next),
		SettingsURL: p.links.Settings, SupportURL: p.links.Support,
	}
	if rep.left != nil {
		page.AttemptsLeft = *rep.left
	}
	if rep.retryAfter > 0 {
		page.RetryAt = page.Now.Add(rep.retryAfter)
	}
	if q.policy != nil {
		page.Policy = q.policy.Name
		switch {
		case q.asked != nil:
			page.Action = q.asked.Title
		case q.form != nil:
			page.Action = q.form.Title
		case p.action != nil && !q.isLogin():
			page.Action = p.action(q.r, q.policy.clone())
		}
	}
	if q.factor != nil {
		page.Method = q.factor.method
		page.Others = slices.DeleteFunc(slices.Clone(q.offered), func(m Method) bool { return m == page.Method })
	} else if wanted := q.wanted(); len(wanted) > 0 {
		page.Method = wanted[0]
	}
	if q.setup.isPending() {
		switch sealed := q.setup.seal(p.keys, q.from.who); page.State {
		case contract.StateAuthenticator:
			page.Setup = q.setup.shown(sealed)
		case contract.StateUnavailable: // to be tried again
			page.Setup = &contract.Setup{Sealed: sealed}
		}
	}
	if q.form != nil {
		form := *q.form
		if page.State != contract.StateContinue {
			form.Values = nil // they stay sealed until they are sent
		}
		page.Form = &form
	}
	switch {
	case q.from.who.isLogin():
		page.Session = p.logins.nameOf(q.from.who)
	case !q.from.who.isNobody():
		page.Session = p.keys.Name(q.from.who.anchor)
	}
	return page
}

// wanted are the methods that the policy at stake wants next.
func (q *query) wanted() []Method {
	if q.policy == nil {
		return nil
	}
	return q.policy.wanted(q.decision)
}

// entered returns what the member typed, to be shown again if nobody has
// judged it.
func (q *query) entered(rep reply) string {
	switch rep.code {
	case contract.CodePhoneInvalid:
		return q.in.phone
	case contract.CodeResendCooldown:
		if rep.pageState() == contract.StateCode {
			return q.in.passcode
		}
	case contract.CodeMalformed, contract.CodeProviderUnavailable:
		return q.in.passcode
	}
	return ""
}

// preferredLanguage returns the language that the app chose for the member;
// "" = none.
func (q *query) preferredLanguage(of func(r *http.Request) string) string {
	if of == nil {
		return ""
	}
	return of(q.r)
}
