// The verify pages and their JSON twins. The app mounts VerifyHandler, which
// leads each request to the step that decides it.

package stepup

import (
	"context"
	"net/http"
	"strings"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
)

// VerifyHandler serves the verify pages and their JSON twins below
// Config.VerifyPath:
//
//	GET  /stepup/               the page; ?policy=…&next=…
//	POST /stepup/               a passcode
//	POST /stepup/send           asks for a message
//	POST /stepup/use            asks for another factor
//	POST /stepup/phone          a phone number, where Config.Enroll allows it
//	POST /stepup/authenticator  begins to set up an authenticator app, likewise
//	POST /stepup/cancel         gives up
//	GET  /stepup/status         how the session stands; changes nothing
//
// the same below /stepup/login/ for logins that lack their second factor (see
// CompleteLogin), and the style sheet and script of the page. It routes on what follows
// VerifyPath in the public path, so it also works behind http.StripPrefix.
// Mount it for GET and POST; it needs no middleware in front.
//
// Forms answer forms and JSON answers JSON. A POST whose session came in a
// cookie must come from this origin or from Config.TrustedOrigins.
func (g *Guard) VerifyHandler() http.Handler {
	return http.HandlerFunc(g.serveVerify)
}

func (g *Guard) serveVerify(w http.ResponseWriter, r *http.Request) {
	name, isLogin := strings.CutPrefix(g.links.endpoint(r), loginFolder)
	isGet := r.Method == http.MethodGet || r.Method == http.MethodHead
	if isGet && g.pages.ServeAsset(w, r, name) {
		return
	}
	at := g.endpoint(name)
	switch {
	case isGet && at.get != nil:
		g.serve(w, r, at.get, isLogin)
	case r.Method == http.MethodPost && at.post != nil:
		g.serve(w, r, at.post, isLogin)
	default:
		writeNotServed(w, at.methods())
	}
}

// endpoint holds the steps for GET and POST at one path below VerifyPath;
// nil = not allowed.
type endpoint struct {
	get, post step
}

// methods lists the methods of the path, for Allow; "" = there is no such
// path.
func (at endpoint) methods() string {
	switch {
	case at.get == nil && at.post == nil:
		return ""
	case at.post == nil:
		return "GET, HEAD"
	case at.get == nil:
		return "POST"
	}
	return "GET, HEAD, POST"
}

func (g *Guard) endpoint(name string) endpoint {
	switch name {
	case "":
		return endpoint{get: g.approving(g.showPage), post: g.approving(g.submitPasscode)}
	case "status":
		return endpoint{get: g.showStatus}
	case "send":
		return endpoint{post: g.approving(g.submitSend)}
	case "use":
		return endpoint{post: g.approving(g.submitUse)}
	case "cancel":
		return endpoint{post: g.submitCancel}
	case "phone":
		if g.config.Enroll.adds(SMS) {
			return endpoint{post: g.approving(g.submitPhone)}
		}
	case "authenticator":
		if g.config.Enroll.adds(TOTP) {
			return endpoint{post: g.approving(g.submitAuthenticator)}
		}
	}
	return endpoint{}
}

// serve opens a request, lets a step decide it, and writes the reply.
func (g *Guard) serve(w http.ResponseWriter, r *http.Request, decide step, isLogin bool) {
	ctx, cancel := context.WithTimeout(r.Context(), requestPatience)
	defer cancel()
	nobody := g.admissions.nobody(g.admissions.tokens.present(r).channel, ErrNoSession) // so far
	q := newQuery(w, r.WithContext(ctx), &nobody, g.bookmarks)
	rep := g.open(w, q, isLogin)
	if rep == nil {
		decided := decide(q.r.Context(), q)
		rep = &decided
	}
	g.responder.write(w, q, *rep)
}

// open refuses what no step needs to see, reads the request, and finds out whose
// it is and what it is about. A nil reply means go on.
func (g *Guard) open(w http.ResponseWriter, q *query, isLogin bool) *reply {
	if q.kind == inbound.Prefetch {
		return &reply{}
	}
	if isLogin {
		return g.findLogin(w, q)
	}
	if g.admissions.isForged(q.r, q.from.shown.channel) {
		return &reply{code: contract.CodeCrossOrigin}
	}
	return g.findSession(w, q)
}

// readInput reads what the client sent, as far as limit.
func (g *Guard) readInput(w http.ResponseWriter, q *query, limit int64) *reply {
	in, err := readInput(w, q.r, limit)
	q.in, q.next = in, g.links.returnPath(in.next)
	if err != nil {
		q.lost = statusOfInput(err) == http.StatusRequestEntityTooLarge
		return &reply{code: contract.CodeBadRequest, status: statusOfInput(err)}
	}
	q.bodyRead()
	return nil
}

// findSession finds out whose session a request is in, and which policy it is
// about. The session comes before the body: without one nobody gets much of our
// memory.
func (g *Guard) findSession(w http.ResponseWriter, q *query) *reply {
	r, found := g.admissions.admit(w, q.r)
	q.r = r
	limit := int64(maxFormInput)
	if found.err != nil {
		limit = maxInput
	}
	unread := g.readInput(w, q, limit)
	if found.err != nil {
		q.lost = q.lost || q.in.form != ""
		rep := replyTo(r.Context(), g.events, found.err)
		return &rep
	}
	q.from = g.admissions.askable(r, found)
	if unread != nil {
		return unread
	}
	if q.policy = g.policies[q.in.policy]; q.policy == nil {
		return &reply{code: contract.CodeUnknownPolicy}
	}
	// The forms of our pages always name the session they were made for. A
	// program's request is about the session that it shows, and may name it
	// too.
	mustName := q.in.isForm && found.shown.channel == channelCookie
	if (mustName || q.in.session != "") && !g.keys.IsName(found.who.anchor, q.in.session) {
		return &reply{code: contract.CodeMemberMismatch}
	}
	if q.in.form != "" {
		q.form = g.forms.reopen(q, q.in.form)
		q.lost = q.form == nil
	}
	q.mark = g.bookmarks.load(r, found.who)
	g.openApproval(q)
	q.decision = g.judged(q, found.who.session)
	return nil
}
