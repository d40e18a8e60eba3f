package stepup

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// VerifyHandler serves the verify pages and their JSON twins below
// Config.VerifyPath:
//
//	GET  /stepup/         the page; ?policy=…&next=…
//	POST /stepup/         a code
//	POST /stepup/send     asks for a text message
//	POST /stepup/phone    a phone number, where Config.Enroll allows it
//	POST /stepup/cancel   gives up
//	GET  /stepup/status   how the session stands; changes nothing
//
// and the style sheet and script of the page. It routes on what follows
// VerifyPath in the public path, so it also works behind http.StripPrefix.
// Mount it for GET and POST; it needs no middleware in front.
//
// Forms answer forms and JSON answers JSON. A POST whose session came in a
// cookie must come from this origin or from Config.TrustedOrigins.
func (g *Guard) VerifyHandler() http.Handler {
	return http.HandlerFunc(g.serveVerify)
}

// request is a request to the verify handler, read and found to be in order.
type request struct {
	w  http.ResponseWriter
	r  *http.Request
	id *identity
	in input
}

func (g *Guard) serveVerify(w http.ResponseWriter, r *http.Request) {
	name := g.verifyName(r)
	isGet := r.Method == http.MethodGet || r.Method == http.MethodHead
	if isGet && g.pages.asset(w, r, name) {
		return
	}
	at := g.endpoint(name)
	switch {
	case isGet && at.get != nil:
		g.serve(w, r, at.get)
	case r.Method == http.MethodPost && at.post != nil:
		g.serve(w, r, at.post)
	case at.get == nil && at.post == nil:
		keepOutOfCaches(w.Header())
		http.Error(w, "Not found", http.StatusNotFound)
	default:
		keepOutOfCaches(w.Header())
		w.Header().Set("Allow", at.allow())
		http.Error(w, "Method not allowed", http.StatusMethodNotAllowed)
	}
}

// endpoint is what serves GET and POST at one path below VerifyPath.
type endpoint struct {
	get, post func(request, answer)
}

func (at endpoint) allow() string {
	switch {
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
		return endpoint{get: g.showPage, post: g.submitCode}
	case "status":
		return endpoint{get: g.showStatus}
	case "send":
		return endpoint{post: g.submitSend}
	case "cancel":
		return endpoint{post: g.submitCancel}
	case "phone":
		if g.config.Enroll != nil {
			return endpoint{post: g.submitPhone}
		}
	}
	return endpoint{}
}

func (g *Guard) verifyName(r *http.Request) string {
	path, err := url.PathUnescape(g.publicPath(r))
	if name, ok := strings.CutPrefix(path, g.verifyPath); ok && err == nil {
		return name
	}
	return strings.TrimPrefix(r.URL.Path, "/")
}

// serve refuses what can be refused without asking anybody, finds the session,
// and hands the rest on.
func (g *Guard) serve(w http.ResponseWriter, r *http.Request, handle func(request, answer)) {
	ctx, cancel := context.WithTimeout(r.Context(), requestPatience)
	defer cancel()
	r = r.WithContext(ctx)
	shown := g.present(r).channel
	if clientOf(r, shown) == clientPrefetch {
		refuseGuess(w)
		return
	}
	a := answer{next: "/"}
	if g.isForged(r, shown) {
		a.code = CodeCrossOrigin
		g.respond(w, r, nil, a)
		return
	}
	in, err := readInput(w, r)
	if err != nil {
		a.code, a.status = CodeBadRequest, statusOfInput(err)
		g.respond(w, r, nil, a)
		return
	}
	a.next, a.entered = g.ReturnPath(in.next), in.code
	r, found := g.resolve(w, r)
	if found.err != nil {
		a.lost = in.form != ""
		g.respondError(w, r, nil, a, found.err)
		return
	}
	id := g.askable(r, found.id)
	policy, ok := g.policies[in.policy]
	if !ok {
		a.code = CodeUnknownPolicy
		g.respond(w, r, id, a)
		return
	}
	a.policy = &policy
	// The forms of our pages always name their session. A program's request is
	// of the session that it shows, and may name it too.
	mustName := in.isForm && id.channel == channelCookie
	if (mustName || in.session != "") && !g.keys.isNameOf(id.session, in.session) {
		a.code, a.entered = CodeMemberMismatch, ""
		g.respond(w, r, id, a)
		return
	}
	if in.form != "" {
		a.form = g.reopen(r, id, in.form)
		a.lost = a.form == nil
	}
	handle(request{w: w, r: r, id: id, in: in}, a)
}

// showPage asks for the code, or offers to send one. It sends nothing.
func (g *Guard) showPage(q request, a answer) {
	if g.settled(q, a) {
		return
	}
	a = g.marked(g.pending.load(q.r, q.id.session.ID()), a)
	if a.code == CodeStepUpRequired {
		current, stopped := g.look(q.w, q.r, q.id, a)
		if stopped {
			return
		}
		a.ending = current.member.MFAPhoneNumber.LastDigits(2)
		if clientOf(q.r, q.id.channel) == clientBrowser {
			a.status = http.StatusOK
		}
	}
	g.respond(q.w, q.r, q.id, a)
}

// showStatus tells a page or a program how the session stands, by what its
// JWT says, and changes nothing.
func (g *Guard) showStatus(q request, a answer) {
	switch err := a.policy.check(q.id.session, time.Now(), g.config.Leeway); {
	case err == nil:
		a.code, a.until = CodeAlreadySatisfied, a.policy.until(q.id.session, time.Now(), g.config.Leeway)
	case errors.Is(err, ErrImpersonated):
		a.code = CodeImpersonation
	default:
		a = g.marked(g.pending.load(q.r, q.id.session.ID()), a)
		a.status = http.StatusOK
	}
	g.writeJSON(q.w, a)
}
