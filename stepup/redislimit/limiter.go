// The limiter: New, Take and Forget. The package comment is in doc.go; what goes to
// the servers is made in wire.go and sent in run.go.

package redislimit

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed take.lua
var takeScript string

//go:embed undo.lua
var undoScript string

//go:embed forget.lua
var forgetScript string

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
	client  redis.Scripter
	cluster *redis.ClusterClient // the client, if it is one of a Cluster
	prefix  string
	take    *redis.Script
	undo    *redis.Script
	forget  *redis.Script
}

// Count and Room are stepup.Count and stepup.Room, which say what the fields mean.
type (
	Count = struct {
		Key      string
		Windows  map[time.Duration]int
		LookOnly bool
		Advisory bool
	}
	Room = struct {
		Wait   time.Duration
		Events int
	}
)

// New returns a limiter on client: a [redis.Client], also one with Sentinel, or a
// [redis.ClusterClient], best made by [NewClient] or [NewClusterClient]. It does
// not talk to the server. It fails if client is nil, if config is bad, if client
// has ContextTimeoutEnabled off (such a client ignores the deadline of a request
// and holds it for seconds while Redis hangs), and if client is a [redis.Ring]: when
// a shard dies, a Ring looks for its keys elsewhere, where they have no events, so
// that every limit opens again.
func New(client redis.Scripter, config Config) (*Limiter, error) {
	if client == nil {
		return nil, errors.New("redislimit: client is nil")
	}
	if _, ring := client.(*redis.Ring); ring {
		return nil, errors.New("redislimit: client is a redis.Ring, which forgets events when a shard dies: use Redis Cluster or Sentinel")
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
	cluster, _ := client.(*redis.ClusterClient)
	return &Limiter{
		client:  client,
		cluster: cluster,
		prefix:  prefix,
		take:    redis.NewScript(takeScript),
		undo:    redis.NewScript(undoScript),
		forget:  redis.NewScript(forgetScript),
	}, nil
}

// Take records one event under the key of every count if all have room, and under
// none otherwise. Time is measured in microseconds, rounded up, by the server's
// clock. The package comment says what it costs and, for a Cluster, what other
// callers may see meanwhile.
//
// On an error the caller must deny. The arguments were bad, or the error wraps
// that of ctx or of the client, such as a timeout. If only an answer was lost,
// events may have been recorded.
func (l *Limiter) Take(ctx context.Context, counts []Count) ([]Room, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("redislimit: take: %w", err)
	}
	if err := checkCounts(counts); err != nil {
		return nil, fmt.Errorf("redislimit: take: %w", err)
	}
	names := make([]string, len(counts))
	for i, c := range counts {
		names[i] = l.name(c.Key)
	}
	calls := l.split(names, func(place int) []any { return takeArgs(counts[place]) })
	cmds := l.run(ctx, l.take, calls)

	rooms, granted, err := make([]Room, len(counts)), true, failed(cmds)
	var recorded []call // that must be taken back if not all is granted
	for i, cmd := range cmds {
		answer, bad := readAnswer(cmd, len(calls[i].keys))
		if bad != nil {
			err = cmp.Or(err, bad)
			continue
		}
		granted = granted && answer.granted
		undo := call{args: []any{answer.time}}
		for j, place := range calls[i].places {
			rooms[place] = answer.rooms[j]
			if answer.granted && !counts[place].LookOnly && rooms[place].Wait == 0 {
				undo.keys = append(undo.keys, names[place])
				undo.places = append(undo.places, place)
			}
		}
		if len(undo.keys) > 0 {
			recorded = append(recorded, undo)
		}
	}
	if err == nil && granted {
		return rooms, nil
	}
	if len(recorded) > 0 {
		err = cmp.Or(err, l.takeBack(ctx, recorded))
		for _, undo := range recorded {
			for _, place := range undo.places {
				rooms[place].Events--
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("redislimit: take: %w", err)
	}
	return rooms, nil
}

// takeBack removes what was recorded in some slots while another had no room or
// did not answer. It must be tried even if that used up ctx: what stays would be
// counted for nothing. So it may outlast ctx, by no more than a timeout.
func (l *Limiter) takeBack(ctx context.Context, recorded []call) error {
	end, ends := ctx.Deadline()
	ctx = context.WithoutCancel(ctx)
	if ends {
		if soonest := time.Now().Add(timeout); end.Before(soonest) {
			end = soonest
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end)
		defer cancel()
	}
	if err := failed(l.run(ctx, l.undo, recorded)); err != nil {
		return fmt.Errorf("taking back: %w", err)
	}
	return nil
}

// Forget removes the newest events of keys, as many as the map says, or all where
// there are fewer. An error wraps that of ctx or of the client. On a Cluster the
// keys of those nodes that did answer are forgotten all the same.
func (l *Limiter) Forget(ctx context.Context, newest map[string]int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("redislimit: forget: %w", err)
	}
	var names []string
	var numbers []int
	for key, n := range newest {
		if key == "" {
			return errors.New("redislimit: forget: empty key")
		}
		if n < 1 {
			return fmt.Errorf("redislimit: forget: %d events, want 1 or more", n)
		}
		names, numbers = append(names, l.name(key)), append(numbers, n)
	}
	calls := l.split(names, func(place int) []any { return []any{numbers[place]} })
	if err := failed(l.run(ctx, l.forget, calls)); err != nil {
		return fmt.Errorf("redislimit: forget: %w", err)
	}
	return nil
}

// name is the Redis key of a limiter key. The prefix ends at the first brace, so no
// two keys have the same name. The hash tag keeps all that may ever belong to a
// limiter key on one node of a Cluster.
func (l *Limiter) name(key string) string { return l.prefix + "{" + key + "}" }
