// Package redislimit is the limiter for apps that run on more than one machine. It
// is like stepup.MemoryLimiter with its counters in Redis or Valkey, so that
// twenty instances behind a load balancer allow no more than one does.
//
//	client := redislimit.NewClient(&redis.Options{Addr: "localhost:6379"})
//	limiter, err := redislimit.New(client, redislimit.Config{})
//
// It fails closed: while Redis does not answer, no code is sent or checked. Members
// whose step-up is fresh notice nothing, because they need no limiter. A client
// of [NewClient] fails fast.
//
// # The server
//
// The server is Redis 6 or later, or Valkey, as one node, with Sentinel or as a
// Cluster. A limiter key is one Redis key with a hash tag and an expiry. Set
// maxmemory-policy to noeviction: with any other, somebody who fills the memory
// may make the server drop counters, and with them limits. [Limiter.Check] looks.
// Replication is asynchronous, so a failover may forget the last events, and a
// restart without persistence forgets all. Each window may then grant up to n
// events more.
//
// The package does not import its parent module. Package limitertest tests that
// [Limiter] keeps the contract of stepup.Limiter.
package redislimit

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed take.lua
var takeScript string

//go:embed undo.lua
var undoScript string

// Config configures a [Limiter].
type Config struct {
	// Prefix begins the name of every Redis key. Apps that share a server need
	// different ones, or they share their members' counters. It must not
	// contain braces, which mark the hash tag. "" = "rung:".
	Prefix string
}

// Limiter counts events in Redis. It implements stepup.Limiter and is safe for
// concurrent use. It does not close the client; the caller does.
type Limiter struct {
	client redis.Scripter
	prefix string
	take   *redis.Script
	undo   *redis.Script
}

// New returns a limiter on client, which may be a [redis.Client], a
// [redis.ClusterClient] or a [redis.Ring], best made by [NewClient] or
// [NewClusterClient]. It does not talk to the server. It fails if client is nil,
// if config is bad, or if client has ContextTimeoutEnabled off: such a client
// ignores the deadline of a request and holds it for seconds while Redis hangs.
func New(client redis.Scripter, config Config) (*Limiter, error) {
	if client == nil {
		return nil, errors.New("redislimit: client is nil")
	}
	if !heedsContext(client) {
		return nil, errors.New("redislimit: client ignores deadlines: set ContextTimeoutEnabled in its options, or use NewClient")
	}
	prefix := config.Prefix
	if prefix == "" {
		prefix = "rung:"
	}
	if strings.ContainsAny(prefix, "{}") {
		return nil, errors.New("redislimit: Config.Prefix contains a brace")
	}
	return &Limiter{
		client: client,
		prefix: prefix,
		take:   redis.NewScript(takeScript),
		undo:   redis.NewScript(undoScript),
	}, nil
}

// Take records one event under key and returns 0 if every window {per: n} has
// room. Otherwise it records nothing and returns how long to wait. It takes one
// round trip, or two if the server has lost its scripts. Time is measured in
// microseconds, rounded up, by the server's clock.
//
// On an error the caller must deny. The arguments were bad, or the error wraps
// that of ctx or of the client, such as a timeout. If only the answer was lost,
// the event may have been recorded.
func (l *Limiter) Take(ctx context.Context, key string, windows map[time.Duration]int) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("redislimit: take: %w", err)
	}
	if key == "" {
		return 0, errors.New("redislimit: take: empty key")
	}
	if len(windows) == 0 {
		return 0, errors.New("redislimit: take: no windows")
	}
	args := make([]any, 0, 2*len(windows))
	for per, n := range windows {
		if per <= 0 || n <= 0 {
			return 0, fmt.Errorf("redislimit: take: window of %d events per %v: both must be positive", n, per)
		}
		args = append(args, microseconds(per), n)
	}
	wait, err := l.take.Run(ctx, l.client, l.keys(key), args...).Int64()
	if err != nil {
		return 0, fmt.Errorf("redislimit: take: %w", err)
	}
	if wait < 0 {
		return 0, fmt.Errorf("redislimit: take: answer %d", wait)
	}
	return duration(wait), nil
}

// Undo removes the newest event of key, if any. An error wraps that of ctx or of
// the client.
func (l *Limiter) Undo(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("redislimit: undo: %w", err)
	}
	if err := l.undo.Run(ctx, l.client, l.keys(key)).Err(); err != nil {
		return fmt.Errorf("redislimit: undo: %w", err)
	}
	return nil
}

// Reset removes all events of key. An error wraps that of ctx or of the client.
func (l *Limiter) Reset(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("redislimit: reset: %w", err)
	}
	if err := l.client.Eval(ctx, "return redis.call('DEL', KEYS[1])", l.keys(key)).Err(); err != nil {
		return fmt.Errorf("redislimit: reset: %w", err)
	}
	return nil
}

// keys returns the name of the one Redis key of a limiter key. The prefix ends at
// the first brace, so no two keys have the same name. The hash tag keeps all that
// may ever belong to a limiter key on one node of a cluster.
func (l *Limiter) keys(key string) []string {
	return []string{l.prefix + "{" + key + "}"}
}

// microseconds rounds up. Rounding down would allow n+1 events in a span.
func microseconds(d time.Duration) int64 {
	us := d / time.Microsecond
	if d%time.Microsecond != 0 {
		us++
	}
	return int64(us)
}

// duration is the inverse of microseconds. It is capped, because rounding up may
// have made the number too large for a Duration.
func duration(us int64) time.Duration {
	return time.Duration(min(us, math.MaxInt64/int64(time.Microsecond))) * time.Microsecond
}
