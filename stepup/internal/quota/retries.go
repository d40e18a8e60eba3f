// Counts what costs no message: retries, to end redirects in a circle and
// guessing of tokens, and what may be done only so often. stepup/look.go,
// renew.go, authenticator.go and approval.go call it.

package quota

import (
	"context"
	"time"
)

// TakeReturn reports whether a browser may be sent back to the very address
// that it was refused at, now that it has new cookies: three times in ten
// seconds. A browser that drops them would go in a circle.
func (c *Counters) TakeReturn(ctx context.Context, who Subject) bool {
	_, err := c.take(ctx, who, []counter{{
		limit: "return", quiet: true,
		Count: Count{Key: c.name("retry", c.project, who.Anchor), Windows: Windows{10 * time.Second: 3}},
	}})
	return err == nil
}

// TakeRenewal counts an opaque token that is tried for a session whose JWT
// alone is too old to renew it: nobody has vouched for the token yet. Ten are
// tried in a minute. The error is a *Refused or wraps ErrUnavailable.
func (c *Counters) TakeRenewal(ctx context.Context, who Subject) error {
	_, err := c.take(ctx, who, []counter{{
		limit: "renewal", quiet: true,
		Count: Count{Key: c.name("renew", c.project, who.Anchor), Windows: Windows{time.Minute: 10}},
	}})
	return err
}

// TakeSetup counts an authenticator app that a member begins to set up: ten in an
// hour. The error is a *Refused or wraps ErrUnavailable.
func (c *Counters) TakeSetup(ctx context.Context, who Subject) (Taken, error) {
	counters := []counter{{
		limit: "setup",
		Count: Count{Key: c.name("setup", c.project, who.Organization, who.Member), Windows: Windows{time.Hour: 10}},
	}}
	rooms, err := c.take(ctx, who, counters)
	if err != nil {
		return nil, err
	}
	return recorded(counters, rooms), nil
}

// TakeApproval counts the one use of an approval, which has to be remembered for
// as long as it would count. The error is a *Refused if it was used before, or
// wraps ErrUnavailable. The name of the counter holds the random number as it
// is: nobody is told by it, and it must stay the same when the key of the others
// is replaced.
func (c *Counters) TakeApproval(ctx context.Context, who Subject, once string, life time.Duration) error {
	_, err := c.take(ctx, who, []counter{{
		limit: "approval", quiet: true,
		Count: Count{Key: "approval:" + once, Windows: Windows{life: 1}},
	}})
	return err
}
