// Answers a request that was refused, and begins the step-up. The middleware
// calls Deny, and so do handlers after Check.

package stepup

import (
	"context"
	"errors"
	"net/http"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
)

// Deny answers a request that Check, Require or RequireSession refused, in the
// client's language and channel. It never lets a request through. A browser
// that lacks a step-up is redirected to the verify page, with a message on its
// way if one may be sent without a click; a form that was posted is kept and
// answered with the verify page itself. Programs get a 401 that says what is
// missing (RFC 9470) and where to get it (RFC 9457). If Stytch says that the
// session has been stepped up meanwhile, the new cookies are set, and the
// client is told to try again. A nil error, or one that is not of this
// package, is answered with 500.
func (g *Guard) Deny(w http.ResponseWriter, r *http.Request, err error) {
	found := g.admissions.found(r)
	if found == nil { // without middleware in front nobody is known
		nobody := g.admissions.nobody(g.admissions.tokens.present(r).channel, ErrNoSession)
		found = &nobody
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestPatience-found.spent)
	defer cancel()
	q := newQuery(w, r.WithContext(ctx), g.admissions.askable(r, found), g.bookmarks)
	g.responder.write(w, q, g.deny(ctx, q, err))
}

func (g *Guard) deny(ctx context.Context, q *query, err error) reply {
	if q.kind == inbound.Prefetch {
		return reply{}
	}
	q.next = g.links.target(q.r)
	var required *RequiredError
	if errors.As(err, &required) {
		if q.policy, err = g.registered(required.Policy); err == nil { // else another guard's: this one could not ask for it
			err = required
		}
	}
	rep := replyTo(ctx, g.events, err)
	if rep.code != contract.CodeStepUpRequired || q.from.who.isNobody() {
		if rep.code == contract.CodeStepUpRequired {
			rep.code = contract.CodeSessionRequired
		}
		q.lost = inbound.IsUnsafe(q.r.Method)
		return rep
	}
	q.decision = q.policy.decide(q.from.who.session, g.config.Leeway)
	q.mark = g.bookmarks.load(q.r, q.from.who)
	if q.policy.isUsedUp() {
		if q.asked, err = g.approvals.ask(q.r, q.policy); err != nil {
			return replyTo(ctx, g.events, err)
		}
		g.bind(q)
	}
	if stop := g.withoutAddress(ctx, q); stop != nil {
		return *stop
	}
	g.events.tell(ctx, q.from.who, Event{Kind: EventChallenged, Policy: q.policy.Name})
	switch {
	case g.admissions.isForged(q.r, q.from.shown.channel):
		// A kept form is sent again as if from this origin, so only one that
		// came from here may be kept.
		return reply{code: contract.CodeCrossOrigin}
	case q.kind == inbound.Browser && inbound.IsUnsafe(q.r.Method):
		return g.challengeForm(ctx, q)
	case q.kind == inbound.Browser:
		return g.challengeNavigation(ctx, q)
	}
	return g.challengeProgram(ctx, q)
}
