// Writes a reply, as a page, a redirect or JSON: the only file that answers a
// request. serve and Deny end here.

package stepup

import (
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/pages"
	"github.com/rungauth/rung/stepup/internal/seal"
)

// responder writes replies.
type responder struct {
	admissions *admissions
	links      *links
	keys       seal.Keyring
	pages      *pages.Pages
	render     func(w http.ResponseWriter, r *http.Request, page contract.Page)
	language   func(r *http.Request) string // Config.Language
	action     func(r *http.Request, policy Policy) string
	leadTo     []string // Config.Forms.Actions
	events     events
}

// write answers the request. Everything that goes into the header goes first.
func (p *responder) write(w http.ResponseWriter, q *query, rep reply) {
	if q.kind == inbound.Prefetch {
		refuseGuess(w)
		return
	}
	if rep.standing != nil {
		fresh, err := p.admissions.adopt(w, q.r, q.from, rep.standing)
		if err != nil {
			p.write(w, q, replyTo(q.r.Context(), p.events, err))
			return
		}
		q.from = fresh
	}
	if rep.ended {
		p.admissions.clearSession(w, q.r, q.from.who, q.from.shown.channel)
	}
	if rep.done {
		_ = q.leave(nil)
	}
	if rep.isSignedOut() && q.form != nil {
		q.form, q.lost = nil, true // it opens for the session that is over, and for no other
	}
	switch {
	case q.kind == inbound.HTMX:
		p.pointHTMX(w, q, rep)
		p.writeJSON(w, q, rep)
	case q.kind != inbound.Browser, rep.data:
		p.writeJSON(w, q, rep)
	case rep.see != "":
		redirect(w, rep.see)
	case rep.isSignedOut() && !inbound.IsUnsafe(q.r.Method):
		redirect(w, p.links.login(q.next))
	default:
		// After a form was posted, members who are signed out get a page with
		// a link: the form-action policy of the page that they came from may
		// forbid a redirect to where members sign in.
		p.writePage(w, q, rep)
	}
}

// refuseGuess answers a request that a browser made ahead of its user. An
// error answer is dropped, and the real navigation asks again. It says nothing
// and costs nothing.
func refuseGuess(w http.ResponseWriter) {
	keepOutOfCaches(w.Header())
	w.Header().Set("WWW-Authenticate", "Bearer")
	w.WriteHeader(http.StatusUnauthorized)
}

// pointHTMX tells htmx where to go. It acts on the header before it looks at
// the status, so one 401 serves it and all others.
func (p *responder) pointHTMX(w http.ResponseWriter, q *query, rep reply) {
	switch {
	case rep.isSignedOut():
		w.Header().Set("HX-Redirect", p.links.login(q.next))
	case rep.code == contract.CodeStepUpRequired && q.policy != nil:
		w.Header().Set("HX-Redirect", p.links.page(q.policy.Name, q.next))
	}
}

// redirect answers with 303 and no body. http.Redirect is not used, because it
// rewrites the target, which was checked as it stands.
func redirect(w http.ResponseWriter, to string) {
	keepOutOfCaches(w.Header())
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// writeJSON answers a program.
func (p *responder) writeJSON(w http.ResponseWriter, q *query, rep reply) {
	h := w.Header()
	keepOutOfCaches(h)
	h.Set("X-Content-Type-Options", "nosniff")
	setAuthenticate(h, q, rep)
	setRetryAfter(h, rep.retryAfter)
	status := rep.httpStatus()
	h.Set("Content-Type", "application/json")
	if status >= 400 {
		h.Set("Content-Type", "application/problem+json")
	}
	body, err := json.Marshal(p.document(q, rep))
	if err != nil { // unreachable: the document is of strings and numbers
		status, body = http.StatusInternalServerError, nil
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// setAuthenticate sets the WWW-Authenticate field, which every 401 has (RFC
// 9110, 15.5.2): that of RFC 9470, 3 where a step-up is missing, and of RFC
// 6750, 3.1 where the session is.
func setAuthenticate(h http.Header, q *query, rep reply) {
	if rep.httpStatus() != http.StatusUnauthorized {
		return
	}
	switch {
	case rep.code == contract.CodeSessionExpired:
		h.Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="The session has ended"`)
	case rep.code == contract.CodeSessionRequired || q.policy == nil:
		h.Set("WWW-Authenticate", "Bearer")
	default:
		h.Set("WWW-Authenticate", `Bearer error="insufficient_user_authentication", error_description="A more recent second factor is required", max_age="`+
			strconv.FormatInt(seconds(q.policy.MaxAge), 10)+`"`)
	}
}

// writePage answers a browser with a page.
func (p *responder) writePage(w http.ResponseWriter, q *query, rep reply) {
	page := p.page(q, rep)
	if page.State == contract.StateContinue && page.Form != nil {
		p.events.tell(q.r.Context(), q.from.who, Event{Kind: EventResumed, Policy: page.Policy})
	}
	pages.SetHeaders(w.Header(), page, p.leadTo)
	setRetryAfter(w.Header(), rep.retryAfter)
	setAuthenticate(w.Header(), q, rep)
	p.render(w, q.r, page)
}

// refuse answers a request to a path that there is not (methods is ""), or with
// a method that is not one of those.
func refuse(w http.ResponseWriter, methods string) {
	keepOutOfCaches(w.Header())
	if methods == "" {
		http.Error(w, "Not found", http.StatusNotFound)
		return
	}
	w.Header().Set("Allow", methods)
	http.Error(w, "Method not allowed", http.StatusMethodNotAllowed)
}
