// The GETs of the verify handler, which verify.go leads here. They send no
// message.

package stepup

import (
	"context"
	"net/http"
	"slices"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
)

// showPage asks for the passcode, or offers to send one.
func (s *steps) showPage(ctx context.Context, q *query) reply {
	if stop := s.decided(ctx, q, q.decision, nil); stop != nil {
		return *stop
	}
	if stop := s.locked(ctx, q); stop != nil {
		return *stop
	}
	// What else there is, the bookmark knows. Its passcode may be used up, or not
	// be what the policy wants.
	if q.mark.works() && (q.in.method == "" || q.in.method == SMS) && slices.Contains(q.wanted(), SMS) {
		q.offered = q.mark.Offered
		q.factor = s.pick(q, q.offered)
		if rep := s.asking(q); rep.code != contract.CodeStepUpRequired {
			return rep
		}
	}
	current, stop := s.look(ctx, q)
	if stop != nil {
		return *stop
	}
	rep := s.asking(q)
	if rep.ending == "" {
		rep.ending = ending(current)
	}
	if q.kind == inbound.Browser {
		rep.status = http.StatusOK
	}
	return rep
}

// showStatus tells a page or a program how the session stands, by its JWT and
// by what was counted. It does not ask Stytch.
func (s *steps) showStatus(ctx context.Context, q *query) reply {
	switch {
	case q.decision.satisfied:
		return reply{code: contract.CodeAlreadySatisfied, until: q.decision.until, data: true}
	case q.decision.impersonated:
		return reply{code: contract.CodeImpersonation, data: true}
	case q.decision.needsLogin() && !q.isLogin():
		return reply{code: contract.CodeReauthenticationRequired, status: http.StatusOK, data: true}
	}
	rep := s.asking(q)
	if stop := s.locked(ctx, q); stop != nil {
		rep = *stop
	}
	rep.status, rep.data = http.StatusOK, true
	return rep
}
