// Asks Stytch how a session stands before anything is sent or judged.
// challenge.go, show.go, submit.go and phone.go call it.

package stepup

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/provider"
)

// look asks Stytch how the session stands before a message is sent or a passcode
// asked for: a revoked session is refused, a step-up in another tab counts, and a
// member who lacks the factor is told so. A reply ends the request.
func (s *steps) look(ctx context.Context, q *query) (*provider.Standing, *reply) {
	current, stop := s.lookAtSession(ctx, q)
	if stop != nil {
		return nil, stop
	}
	s.offer(q, current)
	if len(q.offered) > 0 {
		return current, s.locked(ctx, q)
	}
	rep := q.notEnrolled()
	return nil, &rep
}

// lookAtSession is look for members with or without a factor. With a reply that
// is done, it returns the session too.
func (s *steps) lookAtSession(ctx context.Context, q *query) (*provider.Standing, *reply) {
	current, f := s.admissions.ask(ctx, q.from)
	if f != nil {
		rep := s.failed(ctx, q, f)
		return nil, &rep
	}
	q.decision = s.judged(q, current.Session)
	if stop := s.decided(ctx, q, q.decision, current); stop != nil {
		return current, stop
	}
	if wait := current.LockedFor(); wait > 0 {
		return nil, &reply{code: contract.CodeLocked, scope: contract.ScopeMember, retryAfter: wait}
	}
	return current, nil
}

// judged is what a session says about the policy at stake, and about the very
// action that the member is asked to approve.
func (s *steps) judged(q *query, session *jwks.Session) decision {
	d := q.policy.decide(session, s.config.Leeway)
	hash := ""
	if q.asked != nil {
		hash = q.asked.Hash
	}
	d, nonce := s.approvals.judge(q.r, q.policy, session, hash, d)
	if d.satisfied && q.asked != nil && nonce != q.asked.Nonce {
		return decision{} // of an earlier request, and maybe used
	}
	return d
}

// offer finds out which of the factors that the policy wants the member can
// prove, the strongest first, and which of them the page asks for: the one that
// the member chose, or the one that a message is on its way for, or the first.
// With none, it is what the member may add.
func (s *steps) offer(q *query, current *provider.Standing) {
	q.offered, q.addable = nil, nil
	wanted := q.policy.wanted(q.decision)
	for _, f := range s.factors {
		if !slices.Contains(wanted, f.method) || !f.allowed(current.Organization) {
			continue
		}
		if f.ready(current) {
			q.offered = append(q.offered, f.method)
		} else if s.mayEnroll(q, current, f.method) {
			q.addable = append(q.addable, f.method)
		}
	}
	if len(q.offered) > 0 {
		q.addable = nil
	}
	q.factor = s.pick(q, q.offered)
}

// pick returns the factor that a request is about, of those in methods, or of
// those that the policy wants if there are none.
func (s *steps) pick(q *query, methods []Method) *factor {
	if len(methods) == 0 {
		methods = q.policy.wanted(q.decision)
	}
	chosen := q.in.method
	if !slices.Contains(methods, chosen) {
		chosen = ""
	}
	if chosen == "" && q.mark.works() && slices.Contains(methods, SMS) {
		chosen = SMS
	}
	var first *factor
	for _, f := range s.factors {
		if f.method == chosen {
			return f
		}
		if first == nil && slices.Contains(methods, f.method) {
			first = f
		}
	}
	return first
}

// mayEnroll reports whether the member may add a factor here and now.
func (s *steps) mayEnroll(q *query, current *provider.Standing, m Method) bool {
	enroll := s.config.Enroll
	if !enroll.adds(m) || !slices.Contains(q.policy.wanted(q.decision), m) || !enroll.allows(current, s.config.Leeway) {
		return false
	}
	for _, f := range s.factors {
		if f.method == m && !f.allowed(current.Organization) {
			return false
		}
	}
	return s.hasProvedOthers(current, m, enroll.PrimaryMaxAge)
}

// mayBeFirst reports whether a passcode may be the first of a factor: of an app
// that is being set up, or of a number that was never proved. The member may
// have taken some time since mayEnroll.
func (s *steps) mayBeFirst(q *query, current *provider.Standing, m Method) bool {
	var begun bool
	switch m {
	case TOTP:
		begun = q.setup.isPending() && authenticatorApp().allowed(current.Organization)
	case SMS:
		begun = current.Member.MFAPhoneNumber != "" && !current.Member.MFAPhoneNumberVerified && textMessage().allowed(current.Organization)
	}
	return begun && slices.Contains(q.policy.wanted(q.decision), m) && s.hasProvedOthers(current, m, s.config.Enroll.timeToFinish())
}

// hasProvedOthers reports whether a member who has other factors than m has
// proved one of them within the last while: else whoever signs in with a stolen
// password could put their own phone beside the member's.
func (s *steps) hasProvedOthers(current *provider.Standing, m Method, while time.Duration) bool {
	others := false
	for _, f := range s.factors {
		if f.method == m || !f.ready(current) {
			continue
		}
		others = true
		if current.Session != nil && time.Since(provedAt(f.method, current.Session, s.config.Leeway)) < while {
			return true
		}
	}
	return !others
}

// notEnrolled is the reply to a member who has none of the factors that the
// policy wants.
func (q *query) notEnrolled() reply {
	switch {
	case len(q.addable) > 0:
	case q.policy.takesLogin(q.decision):
		return reply{code: contract.CodeReauthenticationRequired}
	default:
		return reply{code: contract.CodeFactorNotEnrolled}
	}
	rep := reply{code: contract.CodeEnrollmentRequired}
	if !slices.Contains(q.addable, SMS) || q.in.method == TOTP && slices.Contains(q.addable, TOTP) {
		rep.state = contract.StateAuthenticator
	}
	if q.kind == inbound.Browser && !inbound.IsUnsafe(q.r.Method) {
		rep.status = http.StatusOK
	}
	return rep
}

// locked answers a request of a session or a member whose passcodes are used up:
// no message may be sent whose passcode would be refused. A nil reply means that
// they are not, or that the limiter does not answer: a page can be shown all the
// same, and nothing will be sent or judged.
func (s *steps) locked(ctx context.Context, q *query) *reply {
	if !q.looked {
		q.looked = true
		q.lock, q.limiter = s.quota.Lock(ctx, q.from.who.counted())
	}
	if q.lock == nil {
		return nil
	}
	rep := lockedBy(q.lock)
	return &rep
}

// decided answers a request for which there is nothing left to do: the policy
// is already satisfied, in another tab for instance, or never can be, or not by a
// passcode. current is nil if d is about the session that the request showed. A
// nil reply means go on.
func (s *steps) decided(ctx context.Context, q *query, d decision, current *provider.Standing) *reply {
	switch {
	case d.satisfied:
		rep := s.satisfied(ctx, q, d, current)
		return &rep
	case d.impersonated:
		return &reply{code: contract.CodeImpersonation}
	case current != nil && d.needsLogin():
		return &reply{code: contract.CodeReauthenticationRequired, standing: current}
	}
	return nil
}

// satisfied gives the client its new tokens, if there are any, and sends the
// member on to where they were going.
func (s *steps) satisfied(ctx context.Context, q *query, d decision, current *provider.Standing) reply {
	rep := reply{code: contract.CodeAlreadySatisfied, standing: current, done: true, until: d.until}
	switch {
	case q.kind != inbound.Browser, q.form != nil: // a document, or the page with the button
	case s.links.isVerify(s.links.path(q.r)):
		rep.see = q.next
	case !inbound.IsUnsafe(q.r.Method) && s.quota.TakeReturn(ctx, q.from.who.counted()):
		rep.see = q.next
	}
	return rep
}

// asking is the reply that asks for the passcode of q.factor. Of a message it
// says what the bookmark knows: a passcode that still works is asked for,
// otherwise a new one is offered.
func (s *steps) asking(q *query) reply {
	if q.factor != nil && !q.factor.sends {
		return reply{code: contract.CodeStepUpRequired, state: contract.StateCode}
	}
	rep := reply{code: contract.CodeStepUpRequired, resendAt: s.quota.ResendAt(q.mark.times())}
	if !q.mark.works() {
		return rep
	}
	rep.code, rep.expiresAt, rep.ending = contract.CodeChallengePending, q.mark.expires(), q.mark.Ending
	if len(q.mark.Sent) > 1 {
		rep.code = contract.CodeResent
	}
	return rep
}

// askAgain is the reply to a form that was for something else than the member
// has to do now: a browser gets the page again.
func (s *steps) askAgain(q *query) reply {
	rep := s.asking(q)
	rep.code = contract.CodeStepUpRequired
	if q.form == nil {
		rep.see = s.links.page(q)
	}
	return rep
}

// failed reports a failed call about the session, and returns the reply to it.
func (s *steps) failed(ctx context.Context, q *query, f *provider.Failure) reply {
	if errors.Is(ctx.Err(), context.Canceled) { // the client has hung up: nobody's fault
		return failure(provider.Unavailable(ctx.Err()))
	}
	s.events.tellFailure(ctx, q.from.who, q.policy.Name, "", f)
	return q.failure(f)
}
