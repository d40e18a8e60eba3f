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
	current *standing // the session with its new factor; nil = the code opened nothing
	failure failure   // why, if it opened nothing
	refused *refusedTake
	left    int // guesses that remain in this session
}

const (
	codesPerSessionWindow = 24 * time.Hour
	codesPerMemberWindow  = time.Hour
)

// judge lets Stytch judge a code. The same code of the same session that comes
// twice at once, as with a double click, is judged once, and what was right is
// right for the second too. Whether the session then satisfies a policy is the
// caller's question.
func (g *Guard) judge(ctx context.Context, id *identity, code string, claims map[string]any) (*verdict, error) {
	key := digest("code", id.session.OrganizationID(), id.session.MemberID(), id.session.ID(), code)
	return g.verdicts.do(ctx, id.session.ID(), key, func() (*verdict, bool, error) {
		taken, left, err := g.takeAttempt(ctx, id)
		var refused *refusedTake
		switch {
		case errors.As(err, &refused):
			return &verdict{refused: refused}, false, nil
		case err != nil:
			g.tell(ctx, id, Event{Kind: EventFailed, Reason: "limiter", Err: err})
			return &verdict{failure: failureOf(err)}, false, nil
		}
		// Whatever comes of it, what is kept of the session is from before.
		defer g.standings.forget(id.session.ID())
		current, err := g.authenticate(ctx, id, code, claims)
		if err != nil {
			f := failureOf(err)
			if f.refund {
				g.refund(ctx, taken)
			}
			g.tellRejected(ctx, id, f, err)
			return &verdict{failure: f, left: left}, false, nil
		}
		g.clear(ctx, id, taken)
		return &verdict{current: current}, true, nil
	})
}

// takeAttempt counts a guess before Stytch sees it: counted afterwards, a
// thousand guesses at once would all pass before the first is counted. The
// session comes first: a thief whose session has no guesses left must not hold
// the member's, not even for the moment until they are given back. It returns
// what to give back if nothing was judged, and how many guesses remain in the
// session.
func (g *Guard) takeAttempt(ctx context.Context, id *identity) (taken []take, left int, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limiterPatience)
	defer cancel()
	limits := g.config.Limits
	member := take{
		reason:  "codes-member",
		key:     g.limitKey("codes-member", g.projectID, id.session.OrganizationID(), id.session.MemberID()),
		windows: Windows{codesPerMemberWindow: limits.CodesPerMember},
	}
	// A refused take records nothing, so climbing the windows {24 h: 1},
	// {24 h: 2} and so on counts once and tells how many there were before.
	session := take{reason: "codes-session", key: g.sessionCodesKey(id)}
	for n := 1; n <= limits.CodesPerSession; n++ {
		session.windows = Windows{codesPerSessionWindow: n}
		session.quiet = n < limits.CodesPerSession
		_, err = g.takeAll(ctx, id, []take{session})
		if err == nil {
			if _, err = g.takeAll(ctx, id, []take{member}); err != nil {
				g.refund(ctx, []take{session})
				return nil, 0, err
			}
			return []take{member, session}, limits.CodesPerSession - n, nil
		}
		var refused *refusedTake
		if !errors.As(err, &refused) {
			break
		}
	}
	return nil, 0, err
}

func (g *Guard) sessionCodesKey(id *identity) string {
	return g.limitKey("codes-session", g.projectID, id.session.ID())
}

// clear forgets the wrong codes of a session after a right one, and gives the
// right one itself back to the member.
func (g *Guard) clear(ctx context.Context, id *identity, taken []take) {
	g.refund(ctx, taken[:1])
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limiterPatience)
	defer cancel()
	for _, key := range []string{g.sessionCodesKey(id), g.automaticKey(id)} {
		if err := g.config.Limiter.Reset(ctx, key); err != nil {
			g.tell(ctx, id, Event{Kind: EventFailed, Reason: "limiter", Err: fmt.Errorf("stepup: limiter: reset: %w", err)})
		}
	}
}

// authenticate shows the code to Stytch (POST
// /v1/b2b/otps/sms/authenticate) and returns the session with its new factor.
// Where the reply was lost, or says that the code was used before, Stytch is
// asked once how the session stands: a member whose code was right must not
// need a second message.
func (g *Guard) authenticate(ctx context.Context, id *identity, code string, claims map[string]any) (current *standing, err error) {
	err = g.stytch.call(ctx, codePatience, func(ctx context.Context) (err error) {
		current, err = g.authenticateOnce(ctx, id, code, claims)
		return err
	})
	if f := failureOf(err); err == nil || !f.unclear && f.code != CodeExpired {
		return current, err
	}
	lost := err
	err = g.stytch.call(ctx, askPatience, func(ctx context.Context) (err error) {
		current, err = g.askBy(ctx, id, stytch.AuthenticateSessionRequest{SessionJWT: id.jwt})
		return err
	})
	if err != nil || !g.hasNewFactor(id, current) {
		return nil, lost
	}
	return current, nil
}

// hasNewFactor tells whether a code was accepted since id's JWT was made.
func (g *Guard) hasNewFactor(id *identity, current *standing) bool {
	var sms Policy
	before, _ := sms.newest(id.session, time.Now(), g.config.Leeway)
	after, _ := sms.newest(current.session, time.Now(), g.config.Leeway)
	return after.After(before)
}

func (g *Guard) authenticateOnce(ctx context.Context, id *identity, code string, claims map[string]any) (*standing, error) {
	began := time.Now()
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
		member: resp.Member, organization: resp.Organization,
		requestID: resp.RequestID, took: time.Since(began),
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

// tellRejected reports a code that opened nothing.
func (g *Guard) tellRejected(ctx context.Context, id *identity, f failure, err error) {
	event := Event{Kind: EventFailed, Method: SMS, Reason: f.code, RequestID: f.requestID, Err: err}
	switch f.code {
	case CodeIncorrect, CodeExpired:
		event.Kind = EventCodeRejected
	case CodeLocked:
		event.Kind = EventLocked
	case CodeSessionExpired:
		event.Kind = EventSessionRejected
	}
	g.tell(ctx, id, event)
}
