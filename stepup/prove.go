// Has a passcode judged, and makes a reply of the verdict. submitPasscode
// calls it.

package stepup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
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
	sent := quota.Send{IP: clientIP(q.r, s.config.ClientIP)}
	if !q.factor.ready(before) && q.factor.sends {
		sent.Number = string(before.Member.MFAPhoneNumber)
	}
	purpose := ""
	if q.asked != nil {
		purpose = q.asked.Nonce
	}
	f := q.factor
	v, failed := s.provider.Judge(ctx, proof.Of, string(f.method), passcode, purpose, func() provider.Verdict {
		return s.judge(context.WithoutCancel(ctx), who, f, before.Session, proof, sent)
	})
	switch {
	case failed != nil:
		return s.failed(ctx, q, failed)
	case v.Standing == nil:
		return s.notProved(ctx, q, v)
	}
	return s.proved(ctx, q, before, v.Standing)
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

// judge counts the guess, lets Stytch judge it, and settles the count. sent is
// the message that the passcode came in.
func (s *steps) judge(ctx context.Context, who subject, by *factor, before *jwks.Session, proof provider.Proof, sent quota.Send) provider.Verdict {
	attempt, err := s.quota.TakeAttempt(ctx, who.counted())
	if err != nil {
		var refused *quota.Refused
		if !errors.As(err, &refused) {
			s.events.tell(ctx, who, Event{Kind: EventFailed, Reason: "limiter", Err: err})
		}
		return provider.Verdict{Refused: err}
	}
	// Whatever comes of it, what is remembered of the session is out of date.
	defer s.provider.Forget(who.anchor)
	current, f := s.provider.Prove(ctx, proof, by.prove, func(after *jwks.Session) bool {
		return s.isNewer(by.method, before, after)
	})
	if f != nil {
		if f.Refund {
			s.quota.RefundAttempt(ctx, who.counted(), attempt)
		}
		s.events.tellFailure(ctx, who, "", by.method, f)
		return provider.Verdict{Failure: f, Left: attempt.Left}
	}
	s.quota.Proved(ctx, who.counted(), attempt, sent)
	return provider.Verdict{Standing: current}
}

// isNewer reports whether a session shows a proof that it did not before; before
// is nil if there was none.
func (s *steps) isNewer(m Method, before, after *jwks.Session) bool {
	at := provedAt(m, after, s.config.Leeway)
	return !at.IsZero() && (before == nil || at.After(provedAt(m, before, s.config.Leeway)))
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
	if s != nil && c.MaxSession > 0 { // but not below what Stytch makes at least
		d = min(d, s.StartedAt().Add(c.MaxSession).Sub(now))
	}
	return int(min(max(d, minSessionDuration), maxSessionDuration) / time.Minute)
}

// proved lets the member go on if the session now satisfies the policy: a
// right passcode is no proof unless its factor shows in the signed session.
func (s *steps) proved(ctx context.Context, q *query, before, current *provider.Standing) reply {
	event := Event{Policy: q.policy.Name, Method: q.factor.method, RequestID: current.RequestID}
	if !s.isNewer(q.factor.method, nil, current.Session) {
		event.Kind, event.Err = EventFailed, fmt.Errorf("%w: the session lacks the factor", provider.ErrMismatch)
		s.events.tell(ctx, q.from.who, event)
		return failure(provider.Unavailable(event.Err))
	}
	s.tellProved(ctx, q, event, before, current)
	mine := *current
	mine.Proved = before.Proved
	q.decision = s.judged(q, current.Session)
	if !q.decision.satisfied {
		return s.notYet(ctx, q, &mine)
	}
	rep := s.satisfied(ctx, q, q.decision, &mine)
	rep.code, rep.recoveryRemain = contract.CodeVerified, current.RecoveryRemain
	if q.setup != nil {
		rep.recoveryCodes = q.setup.RecoveryCodes
	}
	if len(rep.recoveryCodes) > 0 || rep.recoveryRemain != nil {
		rep.see = "" // the member must see them
	}
	return rep
}

// tellProved reports a right passcode, and what it was the first or one of few
// of.
func (s *steps) tellProved(ctx context.Context, q *query, event Event, before, current *provider.Standing) {
	event.Kind, event.Duration = EventVerified, current.Took
	if q.isLogin() {
		event.Kind = EventLoggedIn
	}
	who := q.from.who
	s.events.tell(ctx, who, event)
	event.Duration = 0
	if !q.factor.ready(before) && q.factor.ready(current) {
		event.Kind = EventEnrolled
		s.events.tell(ctx, who, event)
	}
	if q.factor.method == RecoveryCode {
		event.Kind = EventRecovered
		s.events.tell(ctx, who, event)
	}
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
		rep := s.notEnrolled(q)
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
	if q.setup != nil && rep.code.State() == contract.StateCode {
		rep.state = contract.StateAuthenticator
	}
	return rep
}
