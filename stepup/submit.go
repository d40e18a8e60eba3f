// The buttons of the verify page and their JSON twins: send, submit a
// passcode, cancel. verify.go leads their POSTs here.

package stepup

import (
	"context"

	"github.com/rungauth/rung/stepup/contract"
)

// submitSend sends a message because the client asked for it.
func (g *Guard) submitSend(ctx context.Context, q *query) reply {
	if stop := g.decided(ctx, q, q.decision, nil); stop != nil {
		return *stop
	}
	current, stop := g.look(ctx, q)
	if stop != nil {
		return *stop
	}
	return g.sendAndShow(ctx, q, message{current: current})
}

// submitPasscode has a passcode judged and sends the member on.
func (g *Guard) submitPasscode(ctx context.Context, q *query) reply {
	if stop := g.decided(ctx, q, q.decision, nil); stop != nil {
		return *stop
	}
	mark := g.bookmarks.load(q.r, q.from.who)
	passcode, ok := g.factor.parse(q.in.passcode)
	if !ok {
		if stop := g.locked(ctx, q); stop != nil {
			return *stop
		}
		rep := g.marked(mark)
		rep.code = contract.CodeMalformed
		return rep
	}
	// Stytch's present answer and not the JWT: the session may have been
	// stepped up or extended since, and only an answer vouches for the opaque
	// token.
	current, stop := g.lookAtSession(ctx, q)
	if stop != nil {
		return *stop
	}
	return g.prove(ctx, q, mark, current, passcode)
}

// submitCancel gives up: the bookmark is removed, and the session stays as it
// was.
func (g *Guard) submitCancel(context.Context, *query) reply {
	return reply{code: contract.CodeCanceled, done: true, see: g.links.Cancel}
}
