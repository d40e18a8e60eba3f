package stepup

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// respond writes an answer in the client's language.
func (g *Guard) respond(w http.ResponseWriter, r *http.Request, id *identity, a answer) {
	switch kind := clientOf(r, g.channelOf(r, id)); {
	case kind == clientHTMX:
		g.pointHTMX(w, a)
		g.writeJSON(w, a)
	case kind != clientBrowser:
		g.writeJSON(w, a)
	case a.isSignedOut() && !isUnsafe(r.Method):
		g.redirect(w, g.loginURL(a.next))
	default:
		// After a form was posted, those who are signed out get a page with a
		// link: the form-action policy of the page that they came from may
		// forbid a redirect to where members sign in.
		g.writePage(w, r, id, a)
	}
}

// respondError is respond for an error of this package.
func (g *Guard) respondError(w http.ResponseWriter, r *http.Request, id *identity, a answer, err error) {
	failed := g.answerTo(r, err)
	a.code, a.retryAfter, a.ending = failed.code, failed.retryAfter, ""
	if a.isSignedOut() {
		a.entered, a.lost = "", a.lost || a.form != nil
		a.form = nil
	}
	g.respond(w, r, id, a)
}

// pointHTMX tells htmx where to go. It acts on the header before it looks at
// the status, so one 401 serves it and all others.
func (g *Guard) pointHTMX(w http.ResponseWriter, a answer) {
	switch {
	case a.isSignedOut():
		w.Header().Set("HX-Redirect", g.loginURL(a.next))
	case a.code == CodeStepUpRequired && a.policy != nil:
		w.Header().Set("HX-Redirect", g.pageURL(a.policy.Name, a.next))
	}
}

// redirect answers with 303 and no body. http.Redirect is not used, because it
// rewrites the target, which was checked as it stands.
func (g *Guard) redirect(w http.ResponseWriter, to string) {
	keepOutOfCaches(w.Header())
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

func (g *Guard) loginURL(next string) string {
	if next == "/" || next == "" {
		return g.config.LoginURL
	}
	login, fragment, hasFragment := strings.Cut(g.config.LoginURL, "#")
	separator := "?"
	if strings.Contains(login, "?") {
		separator = "&"
	}
	login += separator + url.Values{"next": {next}}.Encode()
	if hasFragment {
		login += "#" + fragment
	}
	return login
}

func (g *Guard) pageURL(policy, next string) string {
	values := url.Values{"policy": {policy}}
	if next != "" && next != "/" {
		values.Set("next", next)
	}
	return g.verifyPath + "?" + values.Encode()
}

// writePage answers a browser with a page. id may be nil.
func (g *Guard) writePage(w http.ResponseWriter, r *http.Request, id *identity, a answer) {
	page := g.page(r, id, a)
	pageHeaders(w.Header(), page, g.config.FormActions)
	setRetryAfter(w.Header(), a.retryAfter)
	setAuthenticate(w.Header(), a)
	g.config.Render(w, r, page)
}

func (g *Guard) page(r *http.Request, id *identity, a answer) Page {
	p := Page{
		State: a.state(), Status: a.httpStatus(), Code: a.code,
		Language:    g.pages.language(r, g.preferredLanguage(r)),
		PhoneEnding: a.ending, Now: time.Now(), ExpiresAt: a.expiresAt, ResendAt: a.resendAt,
		AttemptsLeft: a.attemptsLeft, Superseded: a.superseded, Reason: a.reason, Scope: a.scope, Entered: a.entered,
		Next: a.next, FormLost: a.lost, Form: a.form,
		Base: g.verifyPath, LoginURL: g.loginURL(a.next),
		SettingsURL: g.config.SettingsURL, SupportURL: g.config.SupportURL,
	}
	if a.retryAfter > 0 {
		p.RetryAt = p.Now.Add(a.retryAfter)
	}
	if a.policy != nil {
		p.Policy = a.policy.Name
		switch {
		case a.form != nil:
			p.Action = a.form.Title
		case g.config.Action != nil:
			p.Action = g.config.Action(r, *a.policy)
		}
	}
	if a.form != nil && p.State != StateContinue {
		form := *a.form
		form.Values = nil // they lie sealed until they are sent
		p.Form = &form
	}
	if id != nil {
		p.Session = g.keys.nameOf(id.session)
	}
	return p
}

func (g *Guard) preferredLanguage(r *http.Request) string {
	if g.config.Language == nil {
		return ""
	}
	return g.config.Language(r)
}

// messageLocale is the language of the text message: the app's own word first,
// since Stytch writes more languages than the pages do.
func (g *Guard) messageLocale(r *http.Request) string {
	preferred := g.preferredLanguage(r)
	if locale := smsLocale(preferred); preferred != "" && locale != "" {
		return locale
	}
	return smsLocale(g.pages.language(r, preferred))
}
