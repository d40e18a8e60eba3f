package stepup

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// VerifyHandler serves the verify pages and their JSON twins below
// Config.VerifyPath:
//
//	GET  /stepup/         the page; ?policy=…&next=…
//	POST /stepup/         a code
//	POST /stepup/send     asks for a text message
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

func (g *Guard) serveVerify(w http.ResponseWriter, r *http.Request) {
	name := g.verifyName(r)
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		if g.pages.asset(w, r, name) {
			return
		}
		switch name {
		case "":
			g.serve(w, r, g.showPage)
			return
		case "status":
			g.serve(w, r, g.showStatus)
			return
		}
	case http.MethodPost:
		switch name {
		case "":
			g.serve(w, r, g.submitCode)
			return
		case "send":
			g.serve(w, r, g.submitSend)
			return
		case "cancel":
			g.serve(w, r, g.submitCancel)
			return
		}
	}
	keepOutOfCaches(w.Header())
	if allowed := verifyMethods(name); allowed != "" {
		w.Header().Set("Allow", allowed)
		http.Error(w, "Method not allowed", http.StatusMethodNotAllowed)
		return
	}
	http.Error(w, "Not found", http.StatusNotFound)
}

func verifyMethods(name string) string {
	switch name {
	case "":
		return "GET, HEAD, POST"
	case "status":
		return "GET, HEAD"
	case "send", "cancel":
		return "POST"
	}
	return ""
}

func (g *Guard) verifyName(r *http.Request) string {
	path, err := url.PathUnescape(g.publicPath(r))
	if name, ok := strings.CutPrefix(path, g.verifyPath); ok && err == nil {
		return name
	}
	return strings.TrimPrefix(r.URL.Path, "/")
}

// serve reads a request to the verify handler, refuses what can be refused
// without asking anybody, and hands the rest on.
func (g *Guard) serve(w http.ResponseWriter, r *http.Request, handle func(http.ResponseWriter, *http.Request, *identity, input, answer)) {
	shown := g.present(r).channel
	if clientOf(r, shown) == clientPrefetch {
		keepOutOfCaches(w.Header())
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	a := answer{next: "/"}
	if isUnsafe(r.Method) && shown != channelBearer {
		if err := g.origins.Check(r); err != nil {
			a.code = CodeCrossOrigin
			g.respond(w, r, nil, a)
			return
		}
	}
	in, err := readInput(w, r)
	if err != nil {
		a.code, a.httpStatus = CodeBadRequest, statusOfInput(err)
		g.respond(w, r, nil, a)
		return
	}
	a.next, a.entered = g.returnPath(in.next), in.code
	id, err := g.renewed(w, r)
	if err != nil {
		g.respondError(w, r, nil, a, err)
		return
	}
	r = id.into(r)
	policy, ok := g.policies[in.policy]
	if !ok {
		a.code = CodeUnknownPolicy
		g.respond(w, r, id, a)
		return
	}
	a.policy = &policy
	if in.session != g.sessionName(id.session) && (in.session != "" || in.isForm) {
		a.code, a.entered = CodeMemberMismatch, ""
		g.respond(w, r, id, a)
		return
	}
	handle(w, r, id, in, a)
}

// showPage asks for the code, or offers to send one. It sends nothing.
func (g *Guard) showPage(w http.ResponseWriter, r *http.Request, id *identity, _ input, a answer) {
	if g.settled(w, r, id, a) {
		return
	}
	bookmark := g.pending.load(r, id.session.ID())
	a = g.marked(bookmark, a)
	if a.code == CodeStepUpRequired {
		current, stopped := g.look(w, r, id, a)
		if stopped {
			return
		}
		a.ending = current.member.MFAPhoneNumber.LastDigits(2)
		if clientOf(r, id.channel) == clientBrowser {
			a.httpStatus = http.StatusOK
		}
	}
	g.respond(w, r, id, a)
}

// showStatus tells a page or a program how the session stands, by what its
// JWT says, and changes nothing.
func (g *Guard) showStatus(w http.ResponseWriter, r *http.Request, id *identity, _ input, a answer) {
	a.until = a.policy.until(id.session, now(), g.config.Leeway)
	switch err := a.policy.check(id.session, now(), g.config.Leeway); {
	case err == nil:
		a.code = CodeAlreadySatisfied
	case err == ErrImpersonated:
		a.code, a.until = CodeImpersonation, time.Time{}
	default:
		a = g.marked(g.pending.load(r, id.session.ID()), a)
		a.httpStatus, a.until = http.StatusOK, time.Time{}
	}
	g.writeJSON(w, a)
}

// submitSend sends a message because somebody pressed the button.
func (g *Guard) submitSend(w http.ResponseWriter, r *http.Request, id *identity, in input, a answer) {
	if g.settled(w, r, id, a) {
		return
	}
	current, stopped := g.look(w, r, id, a)
	if stopped {
		return
	}
	a = g.send(w, r, id, current, g.pending.load(r, id.session.ID()), a, false)
	if (a.code == CodeChallengePending || a.code == CodeResent) && clientOf(r, id.channel) == clientBrowser {
		g.redirect(w, g.pageURL(a.policy.Name, a.next))
		return
	}
	g.respond(w, r, id, a)
}

// submitCode judges a code and sends the member on.
func (g *Guard) submitCode(w http.ResponseWriter, r *http.Request, id *identity, in input, a answer) {
	if g.settled(w, r, id, a) {
		return
	}
	bookmark := g.pending.load(r, id.session.ID())
	code, ok := normaliseCode(in.code)
	if !ok {
		a = g.marked(bookmark, a)
		a.code = CodeMalformed
		g.respond(w, r, id, a)
		return
	}
	var claims map[string]any
	if g.config.SessionCustomClaims != nil {
		claims = g.config.SessionCustomClaims(r, id.session)
	}
	v, err := g.judge(r.Context(), id, *a.policy, code, claims)
	if err != nil { // the client has hung up
		a.code, a.retryAfter = CodeProviderUnavailable, retryUnavailable
		g.respond(w, r, id, a)
		return
	}
	if v.current != nil {
		a.code = CodeVerified
		g.satisfied(w, r, id, v.current, a)
		return
	}
	g.respond(w, r, id, g.refusedCode(w, r, id, bookmark, a, v.answer))
}

// refusedCode adds what the bookmark knows to the answer about a code.
func (g *Guard) refusedCode(w http.ResponseWriter, r *http.Request, id *identity, bookmark *pending, a, refused answer) answer {
	typed, now := a.entered, now()
	a = g.marked(bookmark, a)
	a.code, a.reason, a.scope, a.retryAfter = refused.code, refused.reason, refused.scope, refused.retryAfter
	a.attemptsLeft, a.entered = refused.attemptsLeft, ""
	switch a.code {
	case CodeIncorrect:
		// Stytch calls an old code a wrong one, and does not say which it was.
		if bookmark != nil && !now.Before(bookmark.newest().Add(codeLife)) {
			a.code = CodeExpired
		}
		a.superseded = bookmark != nil && len(bookmark.Sent) > 1
	case CodeProviderUnavailable:
		a.entered = typed // nobody judged it, or nobody knows
	case CodeSessionExpired:
		g.forget(w, r, id)
	}
	return a
}

// submitCancel gives up: the bookmark is dropped, the session is as it was.
func (g *Guard) submitCancel(w http.ResponseWriter, r *http.Request, id *identity, _ input, a answer) {
	g.pending.clear(w, r)
	if clientOf(r, id.channel) == clientBrowser {
		g.redirect(w, "/")
		return
	}
	a.code = codeCancelled
	g.respond(w, r, id, a)
}

// settled answers a request that has nothing to do any more: the policy is
// satisfied already, by another tab for instance, or never can be.
func (g *Guard) settled(w http.ResponseWriter, r *http.Request, id *identity, a answer) bool {
	switch err := a.policy.check(id.session, now(), g.config.Leeway); {
	case err == nil:
		a.code = CodeAlreadySatisfied
		g.satisfied(w, r, id, nil, a)
		return true
	case err == ErrImpersonated:
		a.code = CodeImpersonation
		g.respond(w, r, id, a)
		return true
	}
	return false
}

// satisfied hands out the new tokens, if there are some, and sends the member
// to where they were going.
func (g *Guard) satisfied(w http.ResponseWriter, r *http.Request, id *identity, current *standing, a answer) {
	a.entered = ""
	if current != nil {
		fresh, err := g.adopt(w, r, id, current)
		if err != nil {
			a.code = CodeMisconfigured
			g.respond(w, r, id, a)
			return
		}
		id = fresh
		if id.channel == channelBearer {
			a.jwt = id.jwt
		}
	}
	if id.channel == channelCookie {
		g.pending.clear(w, r)
	}
	if clientOf(r, id.channel) != clientBrowser {
		a.until = a.policy.until(id.session, now(), g.config.Leeway)
		g.writeJSON(w, a)
		return
	}
	if strings.HasPrefix(g.publicPath(r), g.verifyPath) {
		g.redirect(w, a.next)
		return
	}
	// The answer to the very request that was refused: a redirect to itself
	// would go in a circle where the browser does not keep the new cookie.
	g.writePage(w, r, id, a)
}

// respond writes an answer in the client's language.
func (g *Guard) respond(w http.ResponseWriter, r *http.Request, id *identity, a answer) {
	ch := g.channelOf(r, id)
	switch {
	case clientOf(r, ch) != clientBrowser:
		g.writeJSON(w, a)
	case slices.Contains([]string{CodeSessionRequired, CodeSessionExpired}, a.code):
		g.signIn(w, r, a)
	default:
		g.writePage(w, r, id, a)
	}
}
