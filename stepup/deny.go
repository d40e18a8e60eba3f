package stepup

import (
	"context"
	"errors"
	"net/http"
)

// Deny answers a request that Check, Require or RequireSession refused, in the
// client's language and channel. It never lets a request through. Browsers
// that lack a step-up get a text message, where the rules allow one to be sent
// by itself, and a redirect to the verify page; a form that was posted gets the
// verify page in place and is kept. Programs get a 401 that says what is
// missing (RFC 9470) and where to get it (RFC 9457). Where Stytch says that the
// session has been stepped up meanwhile, the new cookies are set, and the
// client is told to try again. A nil error, or one that is not of this package,
// is answered with 500.
func (g *Guard) Deny(w http.ResponseWriter, r *http.Request, err error) {
	found := g.found(r)
	if found == nil { // behind no middleware nobody is known
		found = &resolved{guard: g, err: ErrNoSession}
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestPatience-found.spent)
	defer cancel()
	r = r.WithContext(ctx)

	id := g.askable(r, found.id)
	ch := g.channelOf(r, id)
	kind := clientOf(r, ch)
	if kind == clientPrefetch {
		refuseGuess(w)
		return
	}
	var required *RequiredError
	if errors.As(err, &required) {
		if unknown := g.registered(required.Policy); unknown != nil {
			err = unknown // another guard's: this one could not ask for it
		}
	}
	a := g.answerTo(r, err)
	a.next = g.target(r)
	if a.code != CodeStepUpRequired || id == nil {
		if a.code == CodeStepUpRequired {
			a.code = CodeSessionRequired
		}
		a.lost = isUnsafe(r.Method)
		g.respond(w, r, id, a)
		return
	}
	g.tell(r.Context(), id, Event{Kind: EventChallenged, Policy: a.policy.Name})
	switch {
	case g.isForged(r, ch):
		// Only what the app could have received from its own pages may be
		// kept and sent once more: it would be sent as if from there.
		a.code = CodeCrossOrigin
		g.respond(w, r, id, a)
	case kind == clientBrowser && isUnsafe(r.Method):
		g.challengeForm(w, r, id, a)
	case kind == clientBrowser:
		g.challengeNavigation(w, r, id, a)
	default:
		g.challengeProgram(w, r, id, a)
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

func (g *Guard) channelOf(r *http.Request, id *identity) channel {
	if id != nil {
		return id.channel
	}
	return g.present(r).channel
}
