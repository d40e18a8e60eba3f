package stepup

import (
	"errors"
	"net/http"
	"time"
)

// challengeNavigation answers a browser that went to a guarded route: with a
// message, if this navigation may cause one, and then the verify page.
func (g *Guard) challengeNavigation(w http.ResponseWriter, r *http.Request, id *identity, a answer) {
	current, stopped := g.look(w, r, id, a)
	if stopped {
		return
	}
	bookmark := g.pending.load(r, id.session.ID())
	if mayText(r) && !g.config.AskFirst && !bookmark.works() && g.challenged.first(id.session.ID()) {
		sent := g.send(w, r, id, a, message{current: current, bookmark: bookmark, automatic: true})
		if !sent.wasSent() && sent.code != CodeResendCooldown {
			g.respond(w, r, id, sent)
			return
		}
	}
	g.redirect(w, g.pageURL(a.policy.Name, a.next))
}

// challengeForm answers a form that was posted to a guarded route: with the
// verify page at once, since a redirect would lose what was posted. Nothing is
// sent before the member asks for it.
func (g *Guard) challengeForm(w http.ResponseWriter, r *http.Request, id *identity, a answer) {
	a.form = g.keep(r, id, *a.policy)
	a.lost = a.form == nil
	current, stopped := g.look(w, r, id, a)
	if stopped {
		return
	}
	a.ending = current.member.MFAPhoneNumber.LastDigits(2)
	a = g.marked(g.pending.load(r, id.session.ID()), a)
	a.status = http.StatusUnauthorized
	g.respond(w, r, id, a)
}

// challengeProgram tells a program what is missing. It sends nothing: a
// program asks for a message by POST.
func (g *Guard) challengeProgram(w http.ResponseWriter, r *http.Request, id *identity, a answer) {
	current, err := g.ask(r.Context(), id)
	if err != nil {
		g.respondError(w, r, id, a, g.ended(w, r, id, err))
		return
	}
	if a.policy.check(current.session, time.Now(), g.config.Leeway) == nil {
		fresh, err := g.adopt(w, r, id, current)
		if err != nil {
			g.respondError(w, r, id, a, err)
			return
		}
		a.again = true
		if id.channel == channelBearer {
			a.jwt = fresh.jwt
		}
	}
	g.respond(w, r, id, a)
}

// look asks Stytch how the session stands before anything is sent or asked
// for: a revoked session is refused, a step-up that happened elsewhere is
// taken over, and a member who can not be texted is told so. It returns true
// if it has answered the request.
func (g *Guard) look(w http.ResponseWriter, r *http.Request, id *identity, a answer) (*standing, bool) {
	current, stopped := g.lookAtSession(w, r, id, a)
	if stopped {
		return nil, true
	}
	if current.member.MFAPhoneNumber != "" && current.member.MFAPhoneNumberVerified {
		return current, false
	}
	// A number that nobody has proved may belong to anybody: whoever holds a
	// stolen session could have typed it.
	a.code = CodeFactorNotEnrolled
	if g.mayEnrol(current) {
		a.code = CodeEnrolmentRequired
		if clientOf(r, id.channel) == clientBrowser && !isUnsafe(r.Method) {
			a.status = http.StatusOK
		}
	}
	g.respond(w, r, id, a)
	return nil, true
}

// lookAtSession is look for members without a phone number too.
func (g *Guard) lookAtSession(w http.ResponseWriter, r *http.Request, id *identity, a answer) (*standing, bool) {
	current, err := g.ask(r.Context(), id)
	if err != nil {
		g.respondError(w, r, id, a, g.ended(w, r, id, err))
		return nil, true
	}
	err = a.policy.check(current.session, time.Now(), g.config.Leeway)
	switch {
	case err == nil:
		a.code = CodeAlreadySatisfied
		g.satisfied(w, r, id, current, a)
		return nil, true
	case errors.Is(err, ErrImpersonated):
		a.code = CodeImpersonation
		g.respond(w, r, id, a)
		return nil, true
	case current.member.IsLocked:
		a.code, a.scope = CodeLocked, ScopeMember
		a.retryAfter = orElse(time.Until(current.member.LockExpiresAt), retryMemberLock)
		g.respond(w, r, id, a)
		return nil, true
	}
	return current, false
}

// marked says what the bookmark knows: a code that still works is asked for,
// otherwise a new one is offered.
func (g *Guard) marked(bookmark *pending, a answer) answer {
	a.resendAt = bookmark.resendAt(g.config.Limits.SendsPerMember)
	if !bookmark.works() {
		a.code = CodeStepUpRequired
		return a
	}
	a.code, a.expiresAt, a.ending = CodeChallengePending, bookmark.newest().Add(codeLife), bookmark.Ending
	if len(bookmark.Sent) > 1 {
		a.code = CodeResent
	}
	return a
}
