// Has a passcode judged, and makes a reply of the verdict. submitPasscode
// calls it.

package stepup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/provider"
	"github.com/rungauth/rung/stepup/internal/quota"
	"github.com/rungauth/rung/stepup/stytch"
)

// prove has a passcode judged. before is the session as Stytch has it.
func (s *steps) prove(ctx context.Context, q *query, before *provider.Standing, passcode string) reply {
	who := q.from.who
	claims, stop := s.claims(ctx, q)
	if stop != nil {
		return *stop
	}
	proof := provider.Proof{
		Of: who.asked(), Passcode: passcode,
		SessionJWT: before.JWT, Intermediate: q.from.shown.intermediate,
		Minutes:   s.config.minutes(before.Session, time.Now()),
		Claims:    claims,
		EnrollMFA: q.isLogin() && s.config.Logins.EnrollMFA, SetDefault: q.isLogin() && s.config.Logins.SetDefault,
	}
	t := trial{
		who: who, by: q.factor, policy: q.policy.Name, login: q.isLogin(), before: before, proof: proof,
		sent: quota.Send{IP: clientIP(q.r, s.config.ClientIP)},
	}
	if t.by.sends && !t.by.ready(before) {
		t.sent.Number = string(before.Member.MFAPhoneNumber)
	}
	v, failed := s.provider.Judge(ctx, guess(q, passcode), func() provider.Verdict {
		return s.judge(context.WithoutCancel(ctx), t)
	})
	switch {
	case failed != nil:
		return s.failed(ctx, q, failed)
	case v.Standing == nil:
		return s.notProved(ctx, q, v)
	}
	return s.proved(ctx, q, before, v)
}

// guess is a passcode as it is judged, once for all who send it.
func guess(q *query, passcode string) provider.Guess {
	g := provider.Guess{Of: q.from.who.asked(), Method: string(q.factor.method), Passcode: passcode}
	if q.asked != nil {
		g.Purpose = q.asked.Nonce
	}
	return g
}

// claims are the custom claims that a right passcode sets: the app's and ours. A
// reply means that Stytch would refuse them, so that no message may be sent and
// no passcode judged.
func (s *steps) claims(ctx context.Context, q *query) (map[string]any, *reply) {
	asked := q.asked
	if asked == nil && q.policy.isUsedUp() {
		// A program that asks for a message need not say yet what for. This
		// stands in for it, and opens nothing.
		asked = newApproval(hashOf(q.policy, "", "", "", ""), "")
	}
	claims := s.approvals.claims(q.r, q.from.who, q.policy, asked)
	var err error
	if custom := s.config.SessionCustomClaims; custom != nil {
		for name, value := range custom(q.r, q.from.who.session) {
			if strings.HasPrefix(name, claimPrefix) {
				err = errClaims
			}
			claims[name] = value
		}
	}
	if err = cmp.Or(err, stytch.CheckClaims(claims)); err == nil {
		return claims, nil
	}
	s.events.tell(ctx, q.from.who, Event{Kind: EventFailed, Policy: q.policy.Name, Reason: string(contract.CodeMisconfigured), Err: err})
	return nil, &reply{code: contract.CodeMisconfigured}
}

// trial is a passcode that is to be judged. It may take longer than the request
// that brings it.
type trial struct {
	who    subject
	by     *factor
	policy string // its name
	login  bool   // it completes a login
	before *provider.Standing
	proof  provider.Proof
	sent   quota.Send // the message that the passcode came in
}

// judge counts the guess, lets Stytch judge it, settles the count and reports
// what became of it, once for all requests that wait for it.
func (s *steps) judge(ctx context.Context, t trial) provider.Verdict {
	attempt, err := s.quota.TakeAttempt(ctx, t.who.counted())
	if err != nil {
		var refused *quota.Refused
		if !errors.As(err, &refused) {
			s.events.tell(ctx, t.who, Event{Kind: EventFailed, Reason: "limiter", Err: err})
		}
		return provider.Verdict{Refused: err}
	}
	// Whatever comes of it, what is remembered of the session is out of date.
	defer s.provider.Forget(t.who.anchor)
	current, f := s.provider.Prove(ctx, t.proof, t.by.prove, func(after *jwks.Session) bool {
		return isNewer(t.by.method, t.before.Session, after, s.config.Leeway)
	})
	if f != nil {
		if f.Refund {
			s.quota.RefundAttempt(ctx, t.who.counted(), attempt)
		}
		s.events.tellFailure(ctx, t.who, "", t.by.method, f)
		return provider.Verdict{Failure: f, Left: attempt.Left}
	}
	s.quota.Proved(ctx, t.who.counted(), attempt, t.sent)
	event := Event{Policy: t.policy, Method: t.by.method, RequestID: current.RequestID}
	// A right passcode is no proof unless its factor shows in the signed session,
	// and the session that a login becomes has no other proof.
	if !isNewer(t.by.method, nil, current.Session, s.config.Leeway) ||
		t.login && !s.config.Logins.policy().decide(current.Session, s.config.Leeway).satisfied {
		event.Kind, event.Err = EventFailed, fmt.Errorf("%w: the session lacks the factor", provider.ErrMismatch)
		s.events.tell(ctx, t.who, event)
		return provider.Verdict{Failure: provider.Unavailable(event.Err)}
	}
	v := provider.Verdict{Standing: current, Enrolled: !t.by.ready(t.before) && t.by.ready(current)}
	s.tellProved(ctx, t, v, event)
	return v
}

// tellProved reports a right passcode, and what it was the first or one of few
// of.
func (s *steps) tellProved(ctx context.Context, t trial, v provider.Verdict, event Event) {
	who := t.who
	event.Kind, event.Duration = EventVerified, v.Standing.Took
	if t.login {
		who, event.Kind = subjectOf(v.Standing.Session), EventLoggedIn
	}
	s.events.tell(ctx, who, event)
	event.Duration = 0
	if v.Enrolled {
		event.Kind = EventEnrolled
		s.events.tell(ctx, who, event)
	}
	if t.by.method == RecoveryCode {
		event.Kind = EventRecovered
		s.events.tell(ctx, who, event)
	}
}

// isNewer reports whether a session shows a proof that it did not before; before
// is nil if there was none.
func isNewer(m Method, before, after *jwks.Session, leeway time.Duration) bool {
	at := provedAt(m, after, leeway)
	return !at.IsZero() && (before == nil || at.After(provedAt(m, before, leeway)))
}

// minutes is how long a session is to live. It is always sent: without it Stytch
// may set 60 minutes, which would shorten a long login or lengthen one that was
// about to end. A session that is nil is the new one of a login.
func (c *Config) minutes(s *jwks.Session, now time.Time) int {
	d := c.SessionDuration
	switch {
	case s == nil:
		d = c.Logins.SessionDuration
	case d == 0:
		d = s.ExpiresAt().Sub(now) + c.ExtendBy
	}
	if c.MaxSession > 0 { // but not below what Stytch makes at least
		start := now
		if s != nil {
			start = s.StartedAt()
		}
		d = min(d, start.Add(c.MaxSession).Sub(now))
	}
	return int(min(max(d, minSessionDuration), maxSessionDuration) / time.Minute)
}

// proved lets the member go on if the session now satisfies the policy.
func (s *steps) proved(ctx context.Context, q *query, before *provider.Standing, v provider.Verdict) reply {
	mine := *v.Standing
	mine.Proved = before.Proved
	q.decision = s.judged(q, mine.Session)
	var rep reply
	if q.decision.satisfied {
		rep = s.satisfied(ctx, q, q.decision, &mine)
		rep.code = contract.CodeVerified
	} else {
		rep = s.notYet(ctx, q, &mine)
	}
	rep.recoveryRemain = mine.RecoveryRemain
	if v.Enrolled && q.setup != nil && q.setup.Registration == mine.Member.TOTPRegistrationID {
		rep.recoveryCodes = q.setup.RecoveryCodes
	}
	if len(rep.recoveryCodes) > 0 || rep.recoveryRemain != nil {
		// The member must see them now. The button leads to what is still asked for.
		rep.see = ""
		if q.kind == inbound.Browser {
			rep.state, rep.status = contract.StateContinue, http.StatusOK
		}
	}
	return rep
}

// notYet is the reply to a right passcode that is not all that the policy wants.
func (s *steps) notYet(ctx context.Context, q *query, current *provider.Standing) reply {
	switch {
	case q.decision.impersonated:
		return reply{code: contract.CodeImpersonation, standing: current}
	case len(q.decision.missing)+len(q.decision.expired) == 0: // proved for something else a moment ago
		return reply{code: contract.CodeExpired, standing: current}
	case q.decision.needsLogin():
		return reply{code: contract.CodeReauthenticationRequired, standing: current}
	}
	q.in.method, q.mark = "", nil
	s.offer(q, current)
	if len(q.offered) == 0 {
		rep := q.notEnrolled()
		rep.standing = current
		return rep
	}
	rep := s.askAgain(q)
	rep.standing, rep.ending = current, ending(current)
	return rep
}

// notProved says why a passcode was refused, with what the bookmark knows.
func (s *steps) notProved(ctx context.Context, q *query, v provider.Verdict) reply {
	known := s.asking(q)
	var rep reply
	var refused *quota.Refused
	switch {
	case errors.As(v.Refused, &refused):
		rep = lockedBy(refused)
		s.events.tell(ctx, q.from.who, Event{Kind: EventLocked, Policy: q.policy.Name, Method: q.factor.method, Reason: refused.Limit})
	case v.Refused != nil:
		rep = failure(provider.Unavailable(v.Refused))
	default:
		rep = q.failure(v.Failure)
	}
	rep.ending, rep.expiresAt, rep.resendAt = known.ending, known.expiresAt, known.resendAt
	if rep.code == contract.CodeIncorrect && v.Left == 0 {
		if stop := s.locked(ctx, q); stop != nil { // that was the last one
			return *stop
		}
	}
	if rep.code == contract.CodeIncorrect {
		rep.left, rep.superseded = &v.Left, q.factor.sends && q.mark != nil && len(q.mark.Sent) > 1
		// Stytch calls an old passcode a wrong one, and does not say which it was.
		if q.factor.sends && q.mark != nil && !q.mark.works() {
			rep.code, rep.left = contract.CodeExpired, nil
		}
	}
	switch {
	case !q.setup.isPending():
	case rep.code == contract.CodeFactorNotEnrolled: // Stytch has forgotten it
		q.setup = nil
		return q.notEnrolled()
	case rep.code.State() == contract.StateCode:
		rep.state = contract.StateAuthenticator
	}
	return rep
}
