package stepup

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/stytch"
)

// Deny answers a request that Check, Require or RequireSession refused, in the
// client's language and channel. It never lets a request through. Browsers
// that lack a step-up get a text message, where design and limits allow it,
// and a redirect to the verify page; programs get a 401 that says what is
// missing (RFC 9470) and where to get it (RFC 9457). A nil error is answered
// like any that is not known: 500.
func (g *Guard) Deny(w http.ResponseWriter, r *http.Request, err error) {
	id, _ := g.identify(r) // nil, if that is why the request is denied
	ch := g.channelOf(r, id)
	kind := clientOf(r, ch)
	if kind == clientPrefetch {
		// Browsers drop an error answer to a guess and ask again when the
		// member really goes there. It says nothing and costs nothing.
		keepOutOfCaches(w.Header())
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	a := g.answerToError(r, err)
	if a.policy != nil && id == nil {
		a.code = CodeSessionRequired
	}
	if a.code == CodeStepUpRequired {
		g.tell(r.Context(), id, Event{Kind: EventChallenged, Policy: a.policy.Name})
		if ch == channelCookie && isUnsafe(r.Method) && g.origins.Check(r) != nil {
			// Only what the app could have received from its own pages may be
			// taken up again after the step-up.
			a.code = CodeCrossOrigin
		}
	}
	switch {
	case kind != clientBrowser:
		g.denyProgram(w, kind, a)
	case a.code == CodeSessionRequired || a.code == CodeSessionExpired:
		g.signIn(w, r, a)
	case a.code == CodeStepUpRequired && isUnsafe(r.Method):
		g.challengeInPlace(w, r, id, a)
	case a.code == CodeStepUpRequired:
		g.challenge(w, r, id, a)
	default:
		g.writePage(w, r, id, a)
	}
}

func (g *Guard) channelOf(r *http.Request, id *identity) channel {
	if id != nil {
		return id.channel
	}
	return g.present(r).channel
}

// answerToError maps the errors of this package to their answers.
func (g *Guard) answerToError(r *http.Request, err error) answer {
	a := answer{code: CodeMisconfigured, next: g.target(r)}
	var required *RequiredError
	switch {
	case errors.As(err, &required):
		a.code, a.policy = CodeStepUpRequired, &required.Policy
	case errors.Is(err, ErrImpersonated):
		a.code = CodeImpersonation
	case errors.Is(err, ErrConflict):
		a.code = CodeSessionConflict
	case errors.Is(err, ErrUnavailable):
		a.code, a.retryAfter = CodeProviderUnavailable, retryUnavailable
		if f := failureOf(err); f.code == CodeProviderUnavailable && f.retryAfter > 0 {
			a.retryAfter = f.retryAfter
		}
	case errors.Is(err, ErrNoSession):
		a.code = CodeSessionRequired
		var refused *stytch.APIError
		if errors.Is(err, jwks.ErrExpired) || errors.As(err, &refused) {
			a.code = CodeSessionExpired
		}
	default:
		g.tell(r.Context(), nil, Event{Kind: EventFailed, Reason: a.code, Err: err})
	}
	return a
}

// denyProgram answers whoever can not be redirected. htmx acts on HX-Redirect
// before it looks at the status, so one 401 serves it and all others.
func (g *Guard) denyProgram(w http.ResponseWriter, kind client, a answer) {
	if kind == clientHTMX {
		switch {
		case a.code == CodeSessionRequired || a.code == CodeSessionExpired:
			w.Header().Set("HX-Redirect", g.loginURL(a.next))
		case a.policy != nil:
			w.Header().Set("HX-Redirect", g.pageURL(a.policy.Name, a.next))
		}
	}
	g.writeJSON(w, a)
}

// signIn sends a browser to sign in and back. After a form was posted it gets
// a page with a link instead: the form-action policy of the page that it came
// from may forbid a redirect to where members sign in.
func (g *Guard) signIn(w http.ResponseWriter, r *http.Request, a answer) {
	if isUnsafe(r.Method) {
		a.formLost = true
		g.writePage(w, r, nil, a)
		return
	}
	g.redirect(w, g.loginURL(a.next))
}

// redirect answers with 303 and no body. http.Redirect is not used, because it
// rewrites the target, which was checked as it stands.
func (g *Guard) redirect(w http.ResponseWriter, to string) {
	keepOutOfCaches(w.Header())
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

func (g *Guard) loginURL(next string) string {
	if next == "/" {
		return g.config.LoginURL
	}
	separator := "?"
	if strings.Contains(g.config.LoginURL, "?") {
		separator = "&"
	}
	return g.config.LoginURL + separator + url.Values{"next": {next}}.Encode()
}

func (g *Guard) pageURL(policy, next string) string {
	values := url.Values{"policy": {policy}}
	if next != "" && next != "/" {
		values.Set("next", next)
	}
	return g.verifyPath + "?" + values.Encode()
}

// SignOut ends the session at Stytch (POST /v1/b2b/sessions/revoke) and clears
// its cookies and ours. The cookies are cleared whatever it returns; an error
// says that the session may still live at Stytch: it wraps ErrUnavailable. It
// writes headers only, so call it before the response is written.
func (g *Guard) SignOut(w http.ResponseWriter, r *http.Request) error {
	id, err := g.identify(r)
	if err != nil {
		id, err = g.verify(r)
	}
	if err != nil {
		g.forget(w, r, &identity{channel: g.present(r).channel})
		if errors.Is(err, ErrUnavailable) {
			return err
		}
		return nil // nothing of ours to end
	}
	g.forget(w, r, id)
	g.standings.forget(id.session.ID())
	err = g.stytch.call(r.Context(), askPatience, func(ctx context.Context) error {
		_, err := g.stytch.client.RevokeSession(ctx, stytch.RevokeSessionRequest{MemberSessionID: id.session.ID()})
		return err
	})
	if err == nil || failureOf(err).code == CodeSessionExpired {
		return nil
	}
	return g.ended(w, r, id, err)
}
