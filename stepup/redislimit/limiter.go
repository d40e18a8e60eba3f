// Package redislimit is the limiter for apps that run on more than one machine:
// the same as stepup.MemoryLimiter, with its counters in Redis or Valkey, so
// that twenty instances behind a load balancer allow as much as one.
//
//	client := redislimit.NewClient(&redis.Options{Addr: "localhost:6379"})
//	limiter, err := redislimit.New(client, redislimit.Config{})
//
// It fails closed: while Redis does not answer, nothing is sent and no code is
// judged, and routes whose policy is satisfied notice nothing, because they
// need no limiter. [NewClient] makes that quick.
//
// # The server
//
// Redis 6 or later, or Valkey; one node, Sentinel or Cluster. A limiter key is
// one Redis key, named by a hash tag, with an expiry. It should run with
// maxmemory-policy noeviction: any other may drop a counter, and with it a
// limit, when somebody fills the memory; [Limiter.Check] tells. Replication is
// asynchronous, so a failover may forget the last events, and a restart without
// persistence forgets all: up to one more n for each window then.
//
// The package imports nothing of its parent module. That [Limiter] keeps the
// contract of stepup.Limiter is tested with package limitertest.
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

// Config holds what may differ between two limiters on one server.
type Config struct {
	// Prefix starts the name of every Redis key; "" means "rung:". Apps that
	// share a server need one each, or they share their members' counters. It
	// must not contain braces, which mark the hash tag.
	Prefix string
}

// Limiter counts events in Redis. It keeps the contract of stepup.Limiter and
// is safe for concurrent use. It owns no connection: closing the client is the
// caller's business.
type Limiter struct {
	client redis.Scripter
	prefix string
	take   *redis.Script
	undo   *redis.Script
}

// New returns a limiter on client, which may be any client of go-redis:
// [redis.Client], [redis.ClusterClient], [redis.Ring], best made by [NewClient]
// or [NewClusterClient]. It does not talk to the server. One of those clients
// whose ContextTimeoutEnabled is off is refused: it would ignore the deadline of
// a request and hold it for seconds while Redis hangs.
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

// Take records one event under key if every window {per: n} allows it, and
// returns 0; otherwise it records nothing and returns how long to wait. It is
// one round trip, two after the server lost its scripts. Spans are counted in
// microseconds of the server's clock, rounded up.
//
// An error means deny: arguments were refused as the contract says, or it wraps
// what the client returned, such as a time-out. The event may have been recorded
// if only the answer was lost.
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

// Undo removes the newest event of key; without events, nothing.
func (l *Limiter) Undo(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("redislimit: undo: %w", err)
	}
	if err := l.undo.Run(ctx, l.client, l.keys(key)).Err(); err != nil {
		return fmt.Errorf("redislimit: undo: %w", err)
	}
	return nil
}

// Reset forgets all events of key.
func (l *Limiter) Reset(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("redislimit: reset: %w", err)
	}
	if err := l.client.Eval(ctx, "return redis.call('DEL', KEYS[1])", l.keys(key)).Err(); err != nil {
		return fmt.Errorf("redislimit: reset: %w", err)
	}
	return nil
}

// keys names the one Redis key of a limiter key. What precedes the first brace
// is the prefix, so no two keys have one name; the hash tag lets a cluster keep
// all that may ever belong to a key on one node.
func (l *Limiter) keys(key string) []string {
	return []string{l.prefix + "{" + key + "}"}
}

// microseconds rounds up: rounding down would let n+1 events into a span.
func microseconds(d time.Duration) int64 {
	us := d / time.Microsecond
	if d%time.Microsecond != 0 {
		us++
	}
	return int64(us)
}

// duration is the way back; what was rounded up may be too large for it.
func duration(us int64) time.Duration {
	return time.Duration(min(us, math.MaxInt64/int64(time.Microsecond))) * time.Microsecond
}
