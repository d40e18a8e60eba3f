package stepup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rungauth/rung/stepup/stytch"
)

// verdict is what became of one code.
type verdict struct {
	answer  answer
	current *standing // the session with its new factor; nil = the code opened nothing
}

const (
	codesPerSessionWindow = 24 * time.Hour
	codesPerMemberWindow  = time.Hour
)

// attempt is one guess, counted before Stytch sees it: counted afterwards, a
// thousand guesses at once would all pass before the first is counted.
type attempt struct {
	member, session take
	left            int // guesses that remain in this session
}

// takeAttempt counts a guess under the member and the session, or under
// neither. The member comes first, so that somebody who signs in again and
// again can not fill the limiter with sessions. A nil attempt means that there
// is none left; the answer says so.
func (g *Guard) takeAttempt(ctx context.Context, id *identity) (*attempt, answer) {
	project, limits := g.stytch.client.ProjectID(), g.config.Limits
	t := &attempt{
		member: take{
			reason:  "codes-member",
			key:     g.limitKey("codes-member", project, id.session.OrganizationID(), id.session.MemberID()),
			windows: Windows{codesPerMemberWindow: limits.CodesPerMember},
		},
		session: take{
			reason: "codes-session",
			key:    g.limitKey("codes-session", project, id.session.ID()),
		},
	}
	refused, wait, err := g.takeAll(ctx, id, []take{t.member})
	if err == nil && refused == nil {
		refused, wait, err = g.takeFromSession(ctx, id, t)
		if err != nil || refused != nil {
			g.undo(ctx, []take{t.member})
		}
	}
	switch {
	case err != nil:
		g.tell(ctx, id, Event{Kind: EventFailed, Reason: "limiter", Err: err})
		return nil, answer{code: CodeProviderUnavailable, retryAfter: retryUnavailable}
	case refused != nil:
		g.tell(ctx, id, Event{Kind: EventLocked, Method: SMS, Reason: refused.reason})
		a := answer{code: CodeLocked, scope: ScopeSession, retryAfter: wait}
		if refused.reason == t.member.reason {
			a.scope = ScopeMember
		}
		return nil, a
	}
	return t, answer{}
}

// takeFromSession climbs the windows {24 h: 1}, {24 h: 2} and so on up to the
// limit. A refused take records nothing, so the first that is allowed counts
// once and tells how many there were before.
func (g *Guard) takeFromSession(ctx context.Context, id *identity, t *attempt) (*take, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, limiterPatience)
	defer cancel()
	limit := g.config.Limits.CodesPerSession
	var wait time.Duration
	for n := 1; n <= limit; n++ {
		var err error
		wait, err = g.config.Limiter.Take(ctx, t.session.key, Windows{codesPerSessionWindow: n})
		if err != nil {
			return nil, 0, fmt.Errorf("%w: limiter: %w", ErrUnavailable, err)
		}
		if wait <= 0 {
			t.left = limit - n
			return nil, 0, nil
		}
	}
	return &t.session, wait, nil
}

// cleared forgets the wrong codes of a session after a right one, and gives
// back the right one itself under the member.
func (g *Guard) cleared(ctx context.Context, id *identity, t *attempt) {
	g.undo(ctx, []take{t.member})
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limiterPatience)
	defer cancel()
	for _, key := range []string{t.session.key, g.automaticKey(id)} {
		if err := g.config.Limiter.Reset(ctx, key); err != nil {
			g.tell(ctx, id, Event{Kind: EventFailed, Reason: "limiter", Err: fmt.Errorf("stepup: limiter: reset: %w", err)})
		}
	}
}

// judge lets Stytch judge a code. The same code of the same session that comes
// twice at once, as with a double click, is judged once, and what was right is
// right for the second too.
func (g *Guard) judge(ctx context.Context, id *identity, policy Policy, code string, claims map[string]any) (*verdict, error) {
	return g.verdicts.do(ctx, id.session.ID(), id.flightKey("code", policy.Name, code), func() (*verdict, bool, error) {
		ctx := context.WithoutCancel(ctx)
		t, refusal := g.takeAttempt(ctx, id)
		if t == nil {
			return &verdict{answer: refusal}, false, nil
		}
		current, err := g.authenticate(ctx, id, policy, code, claims)
		if err != nil {
			return &verdict{answer: g.misjudged(ctx, id, policy, t, err)}, false, nil
		}
		g.cleared(ctx, id, t)
		g.standings.forget(id.session.ID())
		g.tell(ctx, id, Event{Kind: EventVerified, Policy: policy.Name, Method: SMS, RequestID: current.requestID, Duration: current.took})
		return &verdict{answer: answer{code: CodeVerified}, current: current}, true, nil
	})
}

// authenticate shows the code to Stytch (POST
// /v1/b2b/otps/sms/authenticate) and returns the session with its new factor.
// Where the reply was lost, or says that the code was used before, Stytch is
// asked once how the session stands: a member whose code was right must not
// need a second message.
func (g *Guard) authenticate(ctx context.Context, id *identity, policy Policy, code string, claims map[string]any) (current *standing, err error) {
	err = g.stytch.call(ctx, codePatience, func(ctx context.Context) (err error) {
		current, err = g.authenticateOnce(ctx, id, code, claims)
		return err
	})
	if err != nil {
		if f := failureOf(err); !f.unclear && f.code != CodeExpired {
			return nil, err
		}
		lost := err
		err = g.stytch.call(ctx, askPatience, func(ctx context.Context) (err error) {
			current, err = g.askOnce(ctx, id)
			return err
		})
		if err != nil || policy.check(current.session, now(), g.config.Leeway) != nil {
			return nil, lost
		}
		return current, nil
	}
	if err := policy.check(current.session, now(), g.config.Leeway); err != nil {
		return nil, fmt.Errorf("%w: %w", errMismatch, err)
	}
	return current, nil
}

func (g *Guard) authenticateOnce(ctx context.Context, id *identity, code string, claims map[string]any) (*standing, error) {
	began := now()
	resp, err := g.stytch.client.AuthenticateSMS(ctx, stytch.AuthenticateSMSRequest{
		OrganizationID:         id.session.OrganizationID(),
		MemberID:               id.session.MemberID(),
		Code:                   code,
		SessionJWT:             id.jwt,
		SessionDurationMinutes: g.sessionMinutes(id, began),
		SessionCustomClaims:    claims,
	})
	if err != nil {
		return nil, err
	}
	session, err := g.confirm(ctx, id, resp.SessionJWT)
	if err != nil {
		return nil, err
	}
	if resp.MemberID != id.session.MemberID() {
		return nil, fmt.Errorf("%w: other member", errMismatch)
	}
	return &standing{
		session: session, jwt: resp.SessionJWT, token: resp.SessionToken,
		member: resp.Member, requestID: resp.RequestID, took: now().Sub(began),
	}, nil
}

// The shortest session that Stytch makes.
const minSessionDuration = 5 * time.Minute

// sessionMinutes is always sent: left out, Stytch may make it a session of 60
// minutes, which would shorten a long login or lengthen one that was to end.
func (g *Guard) sessionMinutes(id *identity, now time.Time) int {
	d := g.config.SessionDuration
	if d == 0 {
		d = max(id.session.ExpiresAt().Sub(now), minSessionDuration)
	}
	return int(min(d, maxSessionDuration) / time.Minute)
}

// misjudged accounts for a code that opened nothing. The attempt is given back
// only if Stytch surely did not look at it.
func (g *Guard) misjudged(ctx context.Context, id *identity, policy Policy, t *attempt, err error) answer {
	f := failureOf(err)
	event := Event{Kind: EventFailed, Policy: policy.Name, Method: SMS, Reason: f.code, RequestID: f.requestID, Err: err}
	switch f.code {
	case CodeIncorrect, CodeExpired:
		event.Kind = EventCodeRejected
	case CodeLocked:
		event.Kind = EventLocked
	case CodeSessionExpired:
		event.Kind = EventSessionRejected
	}
	g.tell(ctx, id, event)
	if f.refund {
		g.undo(ctx, []take{t.member, t.session})
	}
	a := answerTo(f)
	a.attemptsLeft = t.left
	if errors.Is(err, errMismatch) {
		a.code, a.retryAfter = CodeProviderUnavailable, retryUnavailable
	}
	return a
}
