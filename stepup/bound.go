// What a passcode would be good for, where a policy binds its proofs to a request
// or an address. deny.go asks for it, and verify.go before each step.

package stepup

import (
	"context"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
)

// bind seals the approval that a request is about, for the page or the program.
func (s *steps) bind(q *query) { q.bound = s.approvals.seal(q.from.who, q.policy, q.asked) }

// withoutAddress answers a client whose address is not known, where a policy wants its
// proofs to be used at the address that they were made from: no passcode would
// help. A nil reply means go on.
func (s *steps) withoutAddress(ctx context.Context, q *query) *reply {
	if !q.policy.SameAddress || clientIP(q.r, s.config.ClientIP).IsValid() {
		return nil
	}
	s.events.tell(ctx, q.from.who, Event{Kind: EventFailed, Policy: q.policy.Name, Reason: "client_ip", Err: errNoAddress})
	return &reply{code: contract.CodeMisconfigured}
}

// openApproval finds the action that the member is asked to approve, if the
// policy binds its proofs. A page that was opened without one is about the
// navigation that it leads back to. A program has to say which request it means,
// in time for the passcode.
func (s *steps) openApproval(q *query) {
	if !q.policy.isUsedUp() {
		return
	}
	q.asked = s.approvals.open(q.from.who, q.policy, q.in.bound)
	if q.asked != nil && q.in.form != "" && q.asked.Form != formName(q.in.form) {
		q.asked = nil // of another form than the one that waits
	}
	switch {
	case q.asked != nil:
	case !q.policy.Bound, q.in.bound == "" && q.in.form == "" && q.kind == inbound.Browser:
		q.asked = s.approvals.askFor(q.r, q.policy, q.next)
	default:
		q.unbound = q.in.bound != "" || q.kind == inbound.Browser
		return
	}
	s.bind(q)
}

// approving is a step towards a proof, for a request that says what the proof is
// to be good for: else it would be asked for in vain. Where it says something
// that has expired, the request itself leads to a new approval.
func (s *steps) approving(decide step) step {
	return func(ctx context.Context, q *query) reply {
		if q.unbound {
			rep := reply{code: contract.CodeBadRequest}
			if q.kind == inbound.Browser && !inbound.IsUnsafe(q.r.Method) {
				rep.see = q.next
			}
			return rep
		}
		if stop := s.withoutAddress(ctx, q); stop != nil {
			return *stop
		}
		return decide(ctx, q)
	}
}
