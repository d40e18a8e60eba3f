package stepup

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"

	"github.com/rungauth/rung/jwks"
)

// writePage answers a browser with a page. id may be nil.
func (g *Guard) writePage(w http.ResponseWriter, r *http.Request, id *identity, a answer) {
	page := g.page(r, id, a)
	pageHeaders(w.Header(), page, nil)
	setRetryAfter(w.Header(), a.retryAfter)
	if challenge := a.authenticate(); challenge != "" {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	g.config.Render(w, r, page)
}

func (g *Guard) page(r *http.Request, id *identity, a answer) Page {
	p := Page{
		State: a.state(), Status: a.status(), Code: a.code,
		Language:    g.language(r),
		PhoneEnding: a.ending, Now: now(), ExpiresAt: a.expiresAt, ResendAt: a.resendAt,
		AttemptsLeft: a.attemptsLeft, Superseded: a.superseded, Reason: a.reason, Scope: a.scope, Entered: a.entered,
		Next: a.next, FormLost: a.formLost,
		Base: g.verifyPath, LoginURL: g.loginURL(a.next),
		SettingsURL: g.config.SettingsURL, SupportURL: g.config.SupportURL,
	}
	if a.retryAfter > 0 {
		p.RetryAt = p.Now.Add(a.retryAfter)
	}
	if a.policy != nil {
		p.Policy = a.policy.Name
		if g.config.Action != nil {
			p.Action = g.config.Action(r, *a.policy)
		}
	}
	if id != nil {
		p.Session = g.sessionName(id.session)
	}
	return p
}

// sessionName is how a form names the session that it is for: whoever is
// signed in when the form comes back must be the one whom the page spoke to.
func (g *Guard) sessionName(s *jwks.Session) string {
	mac := hmac.New(sha256.New, g.keys.forms)
	mac.Write([]byte("session\x00" + s.ID()))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// language is that of the pages and of the text message.
func (g *Guard) language(r *http.Request) string {
	preferred := ""
	if g.config.Language != nil {
		preferred = g.config.Language(r)
	}
	return g.pages.language(r, preferred)
}
