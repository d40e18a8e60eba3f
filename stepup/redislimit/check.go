// A look at the server's configuration. Called by the app at startup.

package redislimit

import (
	"bufio"
	"context"
	"fmt"
	"strings"
)

// Check returns an error if limits would be unreliable: the server cannot be
// reached, or it drops keys when its memory is full (maxmemory is set and
// maxmemory-policy is not noeviction), so that an attacker who fills it reopens
// every limit. In a cluster it asks one node.
//
// Call it at startup, not from a readiness probe: an instance without Redis still
// serves every member whose step-up is fresh. An app that cannot change its
// server may log the error and go on.
func (l *Limiter) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("redislimit: check: %w", err)
	}
	info, err := l.client.Eval(ctx, "return redis.call('INFO', 'memory')", l.keys("check")).Text()
	if err != nil {
		return fmt.Errorf("redislimit: check: %w", err)
	}
	var limit, policy string
	for lines := bufio.NewScanner(strings.NewReader(info)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		switch name {
		case "maxmemory":
			limit = value
		case "maxmemory_policy":
			policy = value
		}
	}
	if limit != "0" && policy != "noeviction" {
		return fmt.Errorf("redislimit: check: maxmemory-policy is %q, so a full server forgets limits: want noeviction", policy)
	}
	return nil
}
