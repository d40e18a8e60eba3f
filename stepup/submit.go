// The buttons of the verify page and their JSON twins: send, use another
// factor, submit a passcode, cancel. verify.go leads their POSTs here.

package stepup

import (
	"context"
	"net/http"
	"slices"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/provider"
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
		return s.askAgain(q)
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
	for _, f := range s.factors {
		if f.method == q.in.method {
			q.factor = f // whether it is asked for, Stytch's present answer says
		}
	}
	if q.factor == nil {
		return reply{code: contract.CodeFactorNotEnrolled}
	}
	passcode, ok := q.factor.parse(q.in.passcode)
	if !ok && q.setup == nil { // of a setup, Stytch's answer decides what is shown again
		return s.malformed(ctx, q)
	}
	if q.policy.Bound && q.asked == nil {
		return reply{code: contract.CodeBadRequest} // a passcode would open nothing
	}
	// Stytch's present answer and not the JWT: the session may have been
	// stepped up or extended since, and only an answer vouches for the opaque
	// token.
	current, stop := s.lookAtSession(ctx, q)
	if stop != nil && (!stop.done || q.setup == nil || !s.provider.Judged(guess(q, passcode))) {
		return *stop // else it is the second click, whose answer has to show the recovery codes
	}
	if stop := s.settleFactor(q, current); stop != nil {
		return *stop
	}
	if passcode, ok = q.factor.parse(q.in.passcode); !ok {
		return s.malformed(ctx, q)
	}
	return s.prove(ctx, q, current, passcode)
}

// settleFactor finds out which factor a passcode is of, now that it is known
// what the member has. A reply ends the request.
//
// With no method in the request, the two kinds of six digits look alike: it is
// the one that the member has. One that is named must be asked for still: a
// passcode of another would be wrong, and cost an attempt.
func (s *steps) settleFactor(q *query, current *provider.Standing) *reply {
	named := q.factor
	s.offer(q, current)
	if q.setup != nil {
		q.setup.over = authenticatorApp().ready(current)
	}
	if q.in.method == "" && len(q.offered) == 0 {
		named = textMessage() // a number that was typed a moment ago
	}
	switch {
	case q.in.method == "" && len(q.offered) > 0:
		return nil
	case q.in.method != "" && q.in.method != named.method: // one that is not known here
	case slices.Contains(q.offered, named.method), s.mayBeFirst(q, current, named.method):
		q.factor = named
		return nil
	}
	q.in.method = ""
	if len(q.offered) == 0 {
		rep := q.notEnrolled()
		return &rep
	}
	rep := s.askAgain(q)
	return &rep
}

// malformed is the reply to what can be no passcode of q.factor.
func (s *steps) malformed(ctx context.Context, q *query) reply {
	if stop := s.locked(ctx, q); stop != nil {
		return *stop
	}
	rep := s.asking(q)
	rep.code = contract.CodeMalformed
	if q.setup.isPending() {
		rep.state = contract.StateAuthenticator
	}
	return rep
}

// submitCancel gives up: the bookmark is removed, and the session stays as it
// was.
func (s *steps) submitCancel(context.Context, *query) reply {
	return reply{code: contract.CodeCanceled, done: true, see: s.links.Cancel}
}
