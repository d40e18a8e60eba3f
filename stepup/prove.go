// Has a passcode judged, and makes a reply of the verdict. submitPasscode
// calls it.

package stepup

import (
	"context"
	"errors"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/provider"
	"github.com/rungauth/rung/stepup/internal/quota"
)

// prove has a passcode judged. before is the session as Stytch has it.
func (g *Guard) prove(ctx context.Context, q *query, mark *bookmark, before *provider.Standing, passcode string) reply {
	proof := provider.Proof{
		Organization: q.from.who.organization, Member: q.from.who.member, Passcode: passcode,
		SessionJWT: before.JWT, Minutes: sessionMinutes(before.Session, g.config.SessionDuration, time.Now()),
	}
	if g.config.SessionCustomClaims != nil {
		proof.Claims = g.config.SessionCustomClaims(q.r, q.from.who.session)
	}
	sent := quota.Send{IP: clientIP(q.r, g.config.ClientIP)}
	if !g.factor.ready(before) {
		sent.Number = string(before.Member.MFAPhoneNumber)
	}
	v, f := g.provider.Judge(ctx, before.Session, passcode, func() provider.Verdict {
		return g.judge(context.WithoutCancel(ctx), q.from.who, before.Session, proof, sent)
	})
	switch {
	case f != nil:
		return g.failed(ctx, q, f)
	case v.Standing == nil:
		return g.notProved(ctx, q, mark, v)
	}
	return g.proved(ctx, q, before, v.Standing)
}

// judge counts the guess, lets Stytch judge it, and settles the count. sent is
// the message that the passcode came in.
func (g *Guard) judge(ctx context.Context, who subject, before *jwks.Session, proof provider.Proof, sent quota.Send) provider.Verdict {
	attempt, err := g.quota.TakeAttempt(ctx, who.counted())
	if err != nil {
		var refused *quota.Refused
		if !errors.As(err, &refused) {
			g.events.tell(ctx, who, Event{Kind: EventFailed, Reason: "limiter", Err: err})
		}
		return provider.Verdict{Refused: err}
	}
	// Whatever comes of it, what is remembered of the session is out of date.
	defer g.provider.Forget(who.anchor)
	current, f := g.provider.Prove(ctx, before, proof, g.factor.prove, func(after *jwks.Session) bool {
		proofs := &Policy{Methods: []Method{g.factor.method}}
		return proofs.decide(after, g.config.Leeway).newest.After(proofs.decide(before, g.config.Leeway).newest)
	})
	if f != nil {
		if f.Refund {
			g.quota.RefundAttempt(ctx, who.counted(), attempt)
		}
		g.events.tellFailure(ctx, who, "", g.factor.method, f)
		return provider.Verdict{Failure: f, Left: attempt.Left}
	}
	g.quota.Proved(ctx, who.counted(), attempt, sent)
	return provider.Verdict{Standing: current}
}

// sessionMinutes is how long the session is to live. It is always sent:
// without it Stytch may set 60 minutes, which would shorten a long login or
// lengthen one that was about to end.
func sessionMinutes(s *jwks.Session, d time.Duration, now time.Time) int {
	if d == 0 {
		d = max(s.ExpiresAt().Sub(now), minSessionDuration)
	}
	return int(min(d, maxSessionDuration) / time.Minute)
}

// proved lets the member go on if the session now satisfies the policy: a
// right passcode is no proof unless its factor shows in the signed session.
func (g *Guard) proved(ctx context.Context, q *query, before, current *provider.Standing) reply {
	event := Event{Policy: q.policy.Name, Method: g.factor.method, RequestID: current.RequestID}
	d := q.policy.decide(current.Session, g.config.Leeway)
	if err := d.err(q.policy); err != nil {
		event.Kind, event.Err = EventFailed, err
		g.events.tell(ctx, q.from.who, event)
		return failure(provider.Unavailable(err))
	}
	event.Kind, event.Duration = EventVerified, current.Took
	g.events.tell(ctx, q.from.who, event)
	if !g.factor.ready(before) && g.factor.ready(current) {
		event.Kind, event.Duration = EventEnrolled, 0
		g.events.tell(ctx, q.from.who, event)
	}
	mine := *current
	mine.Proved = before.Proved
	rep := g.satisfied(ctx, q, d, &mine)
	rep.code = contract.CodeVerified
	return rep
}

// notProved says why a passcode was refused, with what the bookmark knows.
func (g *Guard) notProved(ctx context.Context, q *query, mark *bookmark, v provider.Verdict) reply {
	known := g.marked(mark)
	var rep reply
	var refused *quota.Refused
	switch {
	case errors.As(v.Refused, &refused):
		rep = lockedBy(refused)
		g.events.tell(ctx, q.from.who, Event{Kind: EventLocked, Policy: q.policy.Name, Method: g.factor.method, Reason: refused.Limit})
	case v.Refused != nil:
		rep = failure(provider.Unavailable(v.Refused))
	default:
		rep = failure(v.Failure)
	}
	rep.ending, rep.expiresAt, rep.resendAt = known.ending, known.expiresAt, known.resendAt
	if rep.code == contract.CodeIncorrect && v.Left == 0 {
		if stop := g.locked(ctx, q); stop != nil { // that was the last one
			return *stop
		}
	}
	if rep.code == contract.CodeIncorrect {
		rep.left, rep.superseded = &v.Left, mark != nil && len(mark.Sent) > 1
		// Stytch calls an old passcode a wrong one, and does not say which it was.
		if mark != nil && !mark.works() {
			rep.code, rep.left = contract.CodeExpired, nil
		}
	}
	return rep
}
