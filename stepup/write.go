// Writes a reply as a page, a redirect or JSON: the only file that writes an
// answer. serve and Deny end here.

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
	approvals  *approvals
	logins     *logins
	links      *links
	keys       seal.Keyring
	pages      *pages.Pages
	render     func(w http.ResponseWriter, r *http.Request, page contract.Page)
	language   func(r *http.Request) string // Config.Language
	action     func(r *http.Request, policy Policy) string
	leadTo     []string // Config.Forms.Actions
	events     events
}

// write answers the request. Cookies are set first, because they go into the
// header.
func (p *responder) write(w http.ResponseWriter, q *query, rep reply) {
	if q.kind == inbound.Prefetch {
		writeNothing(w)
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
	if (rep.done && q.isLogin() || rep.code == contract.CodeLoginExpired) && q.from.shown.channel != channelBearer && q.in.login == "" {
		p.logins.forget(w, q.r)
	}
	if rep.mustSignIn() && q.form != nil {
		q.form, q.lost = nil, true // it opens only for the session that is over
	}
	switch {
	case rep.data:
		p.writeJSON(w, q, rep)
	case q.kind == inbound.HTMX:
		p.pointHTMX(w, q, rep)
		p.writeJSON(w, q, rep)
	case q.kind != inbound.Browser:
		p.writeJSON(w, q, rep)
	case rep.see != "":
		redirect(w, rep.see)
	case rep.mustSignIn() && !inbound.IsUnsafe(q.r.Method):
		redirect(w, p.links.login(q.next))
	default:
		// A member who is signed out after posting a form gets a page with a
		// link: the form-action policy of the page they came from may forbid a
		// redirect to the sign-in page.
		p.writePage(w, q, rep)
	}
}

// writeNothing answers a prefetch. The browser drops an error answer and asks
// again when its user navigates, so this answer reveals nothing and causes no
// call.
func writeNothing(w http.ResponseWriter) {
	keepOutOfCaches(w.Header())
	w.Header().Set("WWW-Authenticate", "Bearer")
	w.WriteHeader(http.StatusUnauthorized)
}

// pointHTMX tells htmx where to go. htmx acts on the header before it looks at
// the status, so it gets the same 401 as every other client.
func (p *responder) pointHTMX(w http.ResponseWriter, q *query, rep reply) {
	switch {
	case rep.see != "":
		w.Header().Set("HX-Redirect", rep.see)
	case rep.mustSignIn():
		w.Header().Set("HX-Redirect", p.links.login(q.next))
	case rep.code == contract.CodeStepUpRequired && q.policy != nil:
		w.Header().Set("HX-Redirect", p.links.page(q))
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
	if err != nil { // unreachable: the document holds only strings and numbers
		status, body = http.StatusInternalServerError, nil
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// setAuthenticate sets WWW-Authenticate, which every 401 must have (RFC 9110,
// 15.5.2): as in RFC 9470, 3 if a step-up is missing, and as in RFC 6750, 3.1
// if the session is.
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
		h.Set("WWW-Authenticate", `Bearer error="insufficient_user_authentication", error_description="A more recent authentication is required", max_age="`+
			strconv.FormatInt(seconds(q.policy.shortest()), 10)+`"`)
	}
}

// writePage answers a browser with a page.
func (p *responder) writePage(w http.ResponseWriter, q *query, rep reply) {
	page := p.page(q, rep)
	if page.State == contract.StateContinue && page.Form != nil && rep.done {
		p.events.tell(q.r.Context(), q.from.who, Event{Kind: EventResumed, Policy: page.Policy})
	}
	pages.SetHeaders(w.Header(), page, p.leadTo)
	setRetryAfter(w.Header(), rep.retryAfter)
	setAuthenticate(w.Header(), q, rep)
	p.render(w, q.r, page)
}

// writeNotServed answers a request to an unknown path (methods is ""), or with a
// method that is not one of methods.
func writeNotServed(w http.ResponseWriter, methods string) {
	keepOutOfCaches(w.Header())
	if methods == "" {
		http.Error(w, "Not found", http.StatusNotFound)
		return
	}
	w.Header().Set("Allow", methods)
	http.Error(w, "Method not allowed", http.StatusMethodNotAllowed)
}
