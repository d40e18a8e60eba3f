// Counts retries that cost no message, to end redirects in a circle and
// guessing of tokens. stepup/look.go and stepup/renew.go call it.

package quota

import (
	"context"
	"time"
)

// TakeReturn reports whether a browser may be sent back to the very address
// that it was refused at, now that it has new cookies: three times in ten
// seconds. A browser that drops them would go in a circle.
func (c *Counters) TakeReturn(ctx context.Context, who Subject) bool {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	windows := map[time.Duration]int{10 * time.Second: 3}
	_, err := c.takeAll(ctx, who, take{limit: "return", key: c.name("retry", c.project, who.Anchor), windows: windows, quiet: true})
	return err == nil
}

// TakeRenewal counts an opaque token that is tried for a session whose JWT
// alone is too old to renew it: nobody has vouched for the token yet. Ten are
// tried in a minute. The error is a *Refused or wraps ErrUnavailable.
func (c *Counters) TakeRenewal(ctx context.Context, who Subject) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	windows := map[time.Duration]int{time.Minute: 10}
	_, err := c.takeAll(ctx, who, take{limit: "renewal", key: c.name("renew", c.project, who.Anchor), windows: windows, quiet: true})
	return err
}
