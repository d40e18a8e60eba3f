// The beginning of a step-up: how a guarded route answers a client that needs
// one. Deny calls it.

package stepup

import (
	"context"
	"net/http"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
)

// challengeNavigation answers a browser that went to a guarded route: it sends
// a message, if this navigation may cause one, and redirects to the verify
// page.
func (g *Guard) challengeNavigation(ctx context.Context, q *query) reply {
	current, stop := g.look(ctx, q)
	if stop != nil {
		return *stop
	}
	mark := g.bookmarks.load(q.r, q.from.who)
	if inbound.IsOwnNavigation(q.r) && !g.config.AskFirst && !mark.works() && g.texted.first(q.from.who.anchor) {
		sent := g.send(ctx, q, message{current: current, mark: mark, automatic: true})
		if !sent.wasSent() && sent.code != contract.CodeResendCooldown {
			return sent
		}
	}
	return reply{code: contract.CodeStepUpRequired, see: g.links.page(q.policy.Name, q.next)}
}

// challengeForm answers a form that was posted to a guarded route: with the
// verify page at once, since a redirect would lose what was posted. Nothing is
// sent before the member asks for it.
func (g *Guard) challengeForm(ctx context.Context, q *query) reply {
	q.form = g.forms.keep(ctx, q)
	q.lost = q.form == nil
	current, stop := g.look(ctx, q)
	if stop != nil {
		return *stop
	}
	rep := g.marked(g.bookmarks.load(q.r, q.from.who))
	rep.status = http.StatusUnauthorized
	if rep.ending == "" {
		rep.ending = g.factor.ending(current)
	}
	return rep
}

// challengeProgram tells a program what is missing. It sends nothing: a
// program asks for a message by POST.
func (g *Guard) challengeProgram(ctx context.Context, q *query) reply {
	current, f := g.admissions.ask(ctx, q.from)
	if f != nil {
		return g.failed(ctx, q, f)
	}
	if q.policy.decide(current.Session, g.config.Leeway).satisfied {
		return reply{code: contract.CodeStepUpRequired, standing: current, again: true}
	}
	if stop := g.locked(ctx, q); stop != nil {
		return *stop
	}
	return reply{code: contract.CodeStepUpRequired}
}
