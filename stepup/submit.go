// The buttons of the verify page and their JSON twins: send, use another
// factor, submit a passcode, cancel. verify.go leads their POSTs here.

package stepup

import (
	"context"
	"net/http"
	"slices"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
)

// submitSend sends a message because the client asked for it.
func (s *steps) submitSend(ctx context.Context, q *query) reply {
	if stop := s.decided(ctx, q, q.decision, nil); stop != nil {
		return *stop
	}
	current, stop := s.look(ctx, q)
	if stop != nil {
		return *stop
	}
	if !slices.Contains(q.offered, SMS) {
		return s.notEnrolled(q)
	}
	q.in.method, q.factor = "", textMessage() // the page asks for what is on its way
	return s.sendAndShow(ctx, q, message{current: current})
}

// submitUse asks for another factor than before, because the member chose it.
func (s *steps) submitUse(ctx context.Context, q *query) reply {
	if q.kind == inbound.Browser && q.form == nil {
		return reply{code: contract.CodeStepUpRequired, see: s.links.page(q)}
	}
	current, stop := s.look(ctx, q)
	if stop != nil {
		return *stop
	}
	rep := s.asking(q)
	rep.ending, rep.status = ending(current), http.StatusOK
	return rep
}

// submitPasscode has a passcode judged and sends the member on.
func (s *steps) submitPasscode(ctx context.Context, q *query) reply {
	if stop := s.decided(ctx, q, q.decision, nil); stop != nil {
		return *stop
	}
	if q.in.setup != "" {
		q.in.method = TOTP
		if q.setup = openSetup(s.keys, q.from.who, q.in.setup); q.setup == nil {
			return reply{code: contract.CodeMemberMismatch}
		}
	}
	q.factor = s.pick(q, nil)
	if q.factor == nil {
		return reply{code: contract.CodeFactorNotEnrolled}
	}
	passcode, ok := q.factor.parse(q.in.passcode)
	if !ok {
		if stop := s.locked(ctx, q); stop != nil {
			return *stop
		}
		return s.malformed(q)
	}
	if q.policy.Bound && q.asked == nil {
		return reply{code: contract.CodeBadRequest} // a passcode would open nothing
	}
	// Stytch's present answer and not the JWT: the session may have been
	// stepped up or extended since, and only an answer vouches for the opaque
	// token.
	current, stop := s.lookAtSession(ctx, q)
	if stop != nil {
		return *stop
	}
	named := q.factor
	s.offer(q, current)
	// With no method in the request, the two kinds of six digits look alike: it
	// is the one that the member has. One that is named is shown to Stytch even
	// if the member does not have it yet: its passcode may be the first.
	if q.in.method == named.method || q.factor == nil || len(q.offered) == 0 {
		q.factor = named
	}
	return s.prove(ctx, q, current, passcode)
}

// malformed is the reply to what can be no passcode of q.factor.
func (s *steps) malformed(q *query) reply {
	rep := s.asking(q)
	rep.code = contract.CodeMalformed
	if q.setup != nil {
		rep.state = contract.StateAuthenticator
	}
	return rep
}

// submitCancel gives up: the bookmark is removed, and the session stays as it
// was.
func (s *steps) submitCancel(context.Context, *query) reply {
	return reply{code: contract.CodeCanceled, done: true, see: s.links.Cancel}
}
