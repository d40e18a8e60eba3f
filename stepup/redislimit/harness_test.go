//go:build unix

package redislimit_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rungauth/rung/stepup/redislimit"
	"github.com/rungauth/rung/stepup/redislimit/internal/redistest"
)

// patient returns a client without short timeouts, for the setup of a test.
func patient(t *testing.T, socket string) *redis.Client {
	client := redislimit.NewClient(&redis.Options{
		Network: "unix", Addr: socket,
		DialTimeout: time.Minute, ReadTimeout: time.Minute, WriteTimeout: time.Minute, PoolTimeout: time.Minute,
	})
	t.Cleanup(func() { client.Close() })
	return client
}

// tuned returns a client as an app would use it.
func tuned(t *testing.T, socket string) *redis.Client {
	client := redislimit.NewClient(&redis.Options{Network: "unix", Addr: socket})
	t.Cleanup(func() { client.Close() })
	return client
}

func open(t *testing.T, client redis.Scripter) *redislimit.Limiter {
	t.Helper()
	limiter, err := redislimit.New(client, redislimit.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return limiter
}

// started returns a limiter on its own server, and a client that shows what is in
// the server.
func started(t *testing.T, args ...string) (*redislimit.Limiter, *redis.Client, *redistest.Server) {
	t.Helper()
	server := redistest.Start(t, args...)
	client := patient(t, server.Socket)
	return open(t, client), client, server
}

func take(t *testing.T, limiter *redislimit.Limiter, key string, windows map[time.Duration]int) time.Duration {
	t.Helper()
	rooms, err := limiter.Take(context.Background(), one(key, windows))
	if err != nil {
		t.Fatalf("Take(%q, %v): %v", key, windows, err)
	}
	return rooms[0].Wait
}

func one(key string, windows map[time.Duration]int) []redislimit.Count {
	return []redislimit.Count{{Key: key, Windows: windows}}
}

// nine are as many counts as a guard takes before it sends a message. Their keys
// are all over the slots of a cluster.
func nine(key string, n int) []redislimit.Count {
	counts := make([]redislimit.Count, 9)
	for i := range counts {
		counts[i] = redislimit.Count{Key: fmt.Sprintf("%s %d", key, i), Windows: perHour(n)}
	}
	return counts
}

// hadRoom reports whether a take was granted.
func hadRoom(counts []redislimit.Count, rooms []redislimit.Room) bool {
	for i, room := range rooms {
		if room.Wait > 0 && !counts[i].Advisory {
			return false
		}
	}
	return len(rooms) == len(counts)
}

func forget(t *testing.T, limiter *redislimit.Limiter, key string, n int) {
	t.Helper()
	if err := limiter.Forget(context.Background(), map[string]int{key: n}); err != nil {
		t.Fatalf("Forget(%q, %d): %v", key, n, err)
	}
}

func perHour(n int) map[time.Duration]int { return map[time.Duration]int{time.Hour: n} }
