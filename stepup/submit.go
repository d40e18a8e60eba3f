package stepup

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// submitSend sends a message because somebody pressed the button.
func (g *Guard) submitSend(q request, a answer) {
	if g.settled(q, a) {
		return
	}
	current, stopped := g.look(q.w, q.r, q.id, a)
	if stopped {
		return
	}
	g.sendAndRespond(q, a, message{current: current})
}

func (g *Guard) sendAndRespond(q request, a answer, m message) {
	m.bookmark = g.pending.load(q.r, q.id.session.ID())
	a = g.send(q.w, q.r, q.id, a, m)
	// A form that rides along can not survive a redirect.
	if a.wasSent() && a.form == nil && clientOf(q.r, q.id.channel) == clientBrowser {
		g.redirect(q.w, g.pageURL(a.policy.Name, a.next))
		return
	}
	if a.wasSent() {
		a.entered = ""
	}
	g.respond(q.w, q.r, q.id, a)
}

// submitCode judges a code and sends the member on.
func (g *Guard) submitCode(q request, a answer) {
	if g.settled(q, a) {
		return
	}
	bookmark := g.pending.load(q.r, q.id.session.ID())
	code, ok := normaliseCode(q.in.code)
	if !ok {
		a = g.marked(bookmark, a)
		a.code = CodeMalformed
		g.respond(q.w, q.r, q.id, a)
		return
	}
	// The newest word on the session: it may have been stepped up or extended
	// since its JWT was made, and has vouched for the opaque token since.
	current, stopped := g.lookAtSession(q.w, q.r, q.id, a)
	if stopped {
		return
	}
	var claims map[string]any
	if g.config.SessionCustomClaims != nil {
		claims = g.config.SessionCustomClaims(q.r, q.id.session)
	}
	newest := *q.id
	newest.session, newest.jwt, newest.expired = current.session, current.jwt, false
	v, err := g.judge(q.r.Context(), &newest, code, claims)
	switch {
	case err != nil:
		g.respondError(q.w, q.r, q.id, a, g.ended(q.w, q.r, q.id, err))
	case v.current == nil:
		g.respond(q.w, q.r, q.id, g.refusedCode(q, bookmark, a, v))
	default:
		g.verified(q, a, current, v.current)
	}
}

// verified hands on a session whose code was right, if it now satisfies the
// policy: a right code whose factor does not show in the signed session is no
// proof.
func (g *Guard) verified(q request, a answer, before, current *standing) {
	if err := a.policy.check(current.session, time.Now(), g.config.Leeway); err != nil {
		g.tell(q.r.Context(), q.id, Event{Kind: EventFailed, Policy: a.policy.Name, Method: SMS, RequestID: current.requestID, Err: err})
		a.code, a.retryAfter = CodeProviderUnavailable, retryUnavailable
		g.respond(q.w, q.r, q.id, a)
		return
	}
	g.tell(q.r.Context(), q.id, Event{Kind: EventVerified, Policy: a.policy.Name, Method: SMS, RequestID: current.requestID, Duration: current.took})
	if !before.member.MFAPhoneNumberVerified && current.member.MFAPhoneNumberVerified {
		g.tell(q.r.Context(), q.id, Event{Kind: EventEnrolled, Policy: a.policy.Name, Method: SMS, RequestID: current.requestID})
	}
	mine := *current
	mine.proved = before.proved
	a.code = CodeVerified
	g.satisfied(q.w, q.r, q.id, &mine, a)
}

// refusedCode says why a code opened nothing, with what the bookmark knows.
func (g *Guard) refusedCode(q request, bookmark *pending, a answer, v *verdict) answer {
	typed := a.entered
	a = g.marked(bookmark, a)
	a.entered = ""
	if v.refused != nil {
		g.tell(q.r.Context(), q.id, Event{Kind: EventLocked, Policy: a.policy.Name, Method: SMS, Reason: v.refused.reason})
		a.code, a.scope, a.retryAfter = CodeLocked, ScopeSession, v.refused.wait
		if v.refused.reason == "codes-member" {
			a.scope = ScopeMember
		}
		return a
	}
	a = a.failed(v.failure)
	a.attemptsLeft = v.left
	switch a.code {
	case CodeIncorrect:
		// Stytch calls an old code a wrong one, and does not say which it was.
		if bookmark != nil && !bookmark.works() {
			a.code = CodeExpired
		}
		a.superseded = bookmark != nil && len(bookmark.Sent) > 1
	case CodeProviderUnavailable:
		a.entered = typed // nobody judged it, or nobody knows
	case CodeSessionExpired:
		g.forget(q.w, q.r, q.id)
	}
	return a
}

// submitCancel gives up: the bookmark is dropped, the session is as it was.
func (g *Guard) submitCancel(q request, a answer) {
	if q.id.channel == channelCookie {
		g.pending.clear(q.w, q.r)
	}
	if clientOf(q.r, q.id.channel) == clientBrowser {
		g.redirect(q.w, "/")
		return
	}
	a.code = codeCancelled
	g.respond(q.w, q.r, q.id, a)
}

// settled answers a request that has nothing to do any more: the policy is
// satisfied already, by another tab for instance, or never can be.
func (g *Guard) settled(q request, a answer) bool {
	switch err := a.policy.check(q.id.session, time.Now(), g.config.Leeway); {
	case err == nil:
		a.code = CodeAlreadySatisfied
		g.satisfied(q.w, q.r, q.id, nil, a)
		return true
	case errors.Is(err, ErrImpersonated):
		a.code = CodeImpersonation
		g.respond(q.w, q.r, q.id, a)
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
			g.respondError(w, r, id, a, err)
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
	switch {
	case clientOf(r, id.channel) != clientBrowser:
		a.until = a.policy.until(id.session, time.Now(), g.config.Leeway)
		g.writeJSON(w, a)
	case a.form != nil:
		g.tell(r.Context(), id, Event{Kind: EventResumed, Policy: a.policy.Name})
		g.writePage(w, r, id, a)
	case strings.HasPrefix(g.publicPath(r), g.verifyPath), !isUnsafe(r.Method) && g.mayRetry(r, id):
		g.redirect(w, a.next)
	default:
		g.writePage(w, r, id, a)
	}
}

// mayRetry tells whether a browser may be sent to the very address that it was
// refused at, now that it has new cookies. One that does not keep them would
// go in a circle.
func (g *Guard) mayRetry(r *http.Request, id *identity) bool {
	key := g.limitKey("retry", g.projectID, id.session.ID())
	ctx, cancel := context.WithTimeout(r.Context(), limiterPatience)
	defer cancel()
	wait, err := g.config.Limiter.Take(ctx, key, retryWindows)
	return err == nil && wait <= 0
}

var retryWindows = Windows{10 * time.Second: 3}
