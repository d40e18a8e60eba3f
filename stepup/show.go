// The GETs of the verify handler, which verify.go leads here. They send no
// message.

package stepup

import (
	"context"
	"net/http"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
)

// showPage asks for the passcode, or offers to send one.
func (g *Guard) showPage(ctx context.Context, q *query) reply {
	if stop := g.decided(ctx, q, q.decision, nil); stop != nil {
		return *stop
	}
	if stop := g.locked(ctx, q); stop != nil {
		return *stop
	}
	rep := g.marked(g.bookmarks.load(q.r, q.from.who))
	if rep.code != contract.CodeStepUpRequired {
		return rep
	}
	current, stop := g.look(ctx, q)
	if stop != nil {
		return *stop
	}
	rep.ending = g.factor.ending(current)
	if q.kind == inbound.Browser {
		rep.status = http.StatusOK
	}
	return rep
}

// showStatus tells a page or a program how the session stands, by its JWT and
// by what was counted. It does not ask Stytch.
func (g *Guard) showStatus(ctx context.Context, q *query) reply {
	switch {
	case q.decision.satisfied:
		return reply{code: contract.CodeAlreadySatisfied, until: q.decision.until, data: true}
	case q.decision.impersonated:
		return reply{code: contract.CodeImpersonation, data: true}
	}
	rep := g.marked(g.bookmarks.load(q.r, q.from.who))
	if stop := g.locked(ctx, q); stop != nil {
		rep = *stop
	}
	rep.status, rep.data = http.StatusOK, true
	return rep
}
