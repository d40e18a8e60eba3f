// Counts a passcode before it is judged, and settles the count after a right
// one. stepup/prove.go calls it.

package quota

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	codesPerSessionWindow = 24 * time.Hour
	codesPerMemberWindow  = time.Hour
)

// TakeAttempt counts a guess before Stytch sees it: counted afterwards, a
// thousand guesses at once would all pass before the first is counted. It
// returns what to give back if nothing was judged, and how many guesses remain
// in the session. The error is a *Refused or wraps ErrUnavailable.
//
// The session comes first: a thief whose session has no guesses left must not
// use up the member's, not even until they are given back.
func (c *Counters) TakeAttempt(ctx context.Context, who Subject) (taken Taken, left int, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Patience)
	defer cancel()
	member := take{
		limit:   "codes-member",
		key:     c.name("codes-member", c.project, who.Organization, who.Member),
		windows: map[time.Duration]int{codesPerMemberWindow: c.limits.CodesPerMember},
	}
	// A refused take records nothing, so climbing the windows {24 h: 1},
	// {24 h: 2} and so on counts once and tells how many there were before.
	session := take{limit: "codes-session", key: c.sessionKey(who)}
	for n := 1; n <= c.limits.CodesPerSession; n++ {
		session.windows = map[time.Duration]int{codesPerSessionWindow: n}
		session.quiet = n < c.limits.CodesPerSession
		_, err = c.takeAll(ctx, who, session)
		if err == nil {
			if _, err = c.takeAll(ctx, who, member); err != nil {
				c.Refund(ctx, who, Taken{session})
				var refused *Refused
				if errors.As(err, &refused) {
					refused.Member = true
				}
				return nil, 0, err
			}
			return Taken{member, session}, c.limits.CodesPerSession - n, nil
		}
		var refused *Refused
		if !errors.As(err, &refused) {
			break
		}
	}
	return nil, 0, err
}

func (c *Counters) sessionKey(who Subject) string {
	return c.name("codes-session", c.project, who.Anchor)
}

// Proved resets the wrong guesses of a session after a right one, and gives
// the right one itself back to the member. taken is what TakeAttempt returned.
func (c *Counters) Proved(ctx context.Context, who Subject, taken Taken) {
	c.Refund(ctx, who, taken[:1])
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Patience)
	defer cancel()
	for _, key := range []string{c.sessionKey(who), c.automaticKey(who)} {
		if err := c.limiter.Reset(ctx, key); err != nil {
			c.told(ctx, who, Report{Limit: "limiter", Err: fmt.Errorf("stepup: limiter: reset: %w", err)})
		}
	}
}
