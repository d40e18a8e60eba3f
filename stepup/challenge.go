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
func (s *steps) challengeNavigation(ctx context.Context, q *query) reply {
	current, stop := s.look(ctx, q)
	if stop != nil {
		return *stop
	}
	if q.factor.sends && inbound.IsOwnNavigation(q.r) && !s.config.AskFirst && !q.mark.works() && s.texted.first(q.from.who.anchor) {
		sent := s.send(ctx, q, message{current: current, automatic: true})
		if !sent.wasSent() && sent.code != contract.CodeResendCooldown {
			return sent
		}
	}
	return reply{code: contract.CodeStepUpRequired, see: s.links.page(q)}
}

// challengeForm answers a form that was posted to a guarded route: with the
// verify page at once, since a redirect would lose what was posted. Nothing is
// sent before the member asks for it.
func (s *steps) challengeForm(ctx context.Context, q *query) reply {
	q.form = s.forms.keep(ctx, q)
	q.lost = q.form == nil
	if q.asked != nil && q.form != nil {
		q.asked.Form = formName(q.form.Sealed)
		s.bind(q)
	}
	current, stop := s.look(ctx, q)
	if stop != nil {
		return *stop
	}
	rep := s.asking(q)
	rep.status = http.StatusUnauthorized
	if rep.ending == "" {
		rep.ending = ending(current)
	}
	return rep
}

// challengeProgram tells a program what is missing. It sends nothing: a
// program asks for a message by POST.
func (s *steps) challengeProgram(ctx context.Context, q *query) reply {
	current, f := s.admissions.ask(ctx, q.from)
	if f != nil {
		return s.failed(ctx, q, f)
	}
	q.decision = s.judged(q, current.Session)
	if q.decision.satisfied {
		return reply{code: contract.CodeStepUpRequired, standing: current, again: true}
	}
	if q.decision.needsLogin() {
		return reply{code: contract.CodeReauthenticationRequired}
	}
	if stop := s.locked(ctx, q); stop != nil {
		return *stop
	}
	s.offer(q, current)
	if len(q.offered)+len(q.addable) == 0 && q.policy.takesLogin(q.decision) {
		return reply{code: contract.CodeReauthenticationRequired}
	}
	return reply{code: contract.CodeStepUpRequired}
}
