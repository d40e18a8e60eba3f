//go:build unix

// Package conformance tests that redislimit keeps the contract of stepup.Limiter.
// It is a separate module, so that redislimit does not require the root module.
package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rungauth/rung/stepup/limitertest"
	"github.com/rungauth/rung/stepup/redislimit"
	"github.com/rungauth/rung/stepup/redislimit/internal/redistest"
)

// dial returns a client that is slow to give up, because these tests do not
// measure speed.
func dial(t *testing.T, server *redistest.Server) *redis.Client {
	client := redislimit.NewClient(&redis.Options{
		Network: "unix", Addr: server.Socket,
		DialTimeout: time.Minute, ReadTimeout: time.Minute, WriteTimeout: time.Minute, PoolTimeout: time.Minute,
	})
	t.Cleanup(func() { client.Close() })
	return client
}

func one(key string, windows map[time.Duration]int) []redislimit.Count {
	return []redislimit.Count{{Key: key, Windows: windows}}
}

// open returns an empty limiter on client.
func open(t *testing.T, client redis.Scripter) *redislimit.Limiter {
	t.Helper()
	limiter, err := redislimit.New(client, redislimit.Config{Prefix: fmt.Sprintf("%x:", rand.Uint64())})
	if err != nil {
		t.Fatal(err)
	}
	return limiter
}

func TestRedisLimiterBehavesAsALimiter(t *testing.T) {
	for name, args := range map[string][]string{
		"by default":                nil,
		"with a small list element": {"--list-max-listpack-size", "3"}, // logs of several nodes
	} {
		t.Run(name, func(t *testing.T) {
			client := dial(t, redistest.Start(t, args...))
			limitertest.RunRealTime(t, func(t *testing.T) limitertest.Limiter { return open(t, client) })
		})
	}
}

// The keys of one take are in several slots, on three masters.
func TestRedisLimiterBehavesAsALimiterOnACluster(t *testing.T) {
	client := redislimit.NewClusterClient(&redis.ClusterOptions{
		Addrs:       redistest.StartCluster(t).Addrs(),
		DialTimeout: time.Minute, ReadTimeout: time.Minute, WriteTimeout: time.Minute, PoolTimeout: time.Minute,
	})
	t.Cleanup(func() { client.Close() })
	limitertest.RunRealTime(t, func(t *testing.T) limitertest.Limiter { return open(t, client) })
}

// Each process of an app has its own client.
func TestManyInstancesAllowAsMuchAsOne(t *testing.T) {
	server := redistest.Start(t)
	for round := range 10 {
		prefix := fmt.Sprintf("round%d:", round)
		var granted atomic.Int64
		var wg sync.WaitGroup
		for range 3 {
			limiter, err := redislimit.New(dial(t, server), redislimit.Config{Prefix: prefix})
			if err != nil {
				t.Fatal(err)
			}
			for range 334 {
				wg.Go(func() {
					rooms, err := limiter.Take(t.Context(), one("member", map[time.Duration]int{time.Hour: 5, 24 * time.Hour: 8}))
					if err != nil {
						t.Error(err)
					} else if rooms[0].Wait == 0 {
						granted.Add(1)
					}
				})
			}
		}
		wg.Wait()
		if got := granted.Load(); got != 5 {
			t.Errorf("round %d: 1,002 takes by three instances: %d were granted, want 5", round, got)
		}
	}
}

// A greedy client with spans of milliseconds, judged by the times that the server
// recorded.
func TestNeverMoreThanNByTheServersOwnClock(t *testing.T) {
	client := dial(t, redistest.Start(t))
	limiter, err := redislimit.New(client, redislimit.Config{})
	if err != nil {
		t.Fatal(err)
	}
	windows := map[time.Duration]int{20 * time.Millisecond: 3, 100 * time.Millisecond: 5, time.Hour: 1000}
	var times []int64
	for start := time.Now(); time.Since(start) < 1500*time.Millisecond; {
		rooms, err := limiter.Take(t.Context(), one("k", windows))
		if err != nil {
			t.Fatal(err)
		}
		if wait := rooms[0].Wait; wait > 0 {
			time.Sleep(rand.N(2 * wait))
			continue
		}
		newest, err := client.LIndex(t.Context(), "rung:{k}", -1).Int64()
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, newest)
	}
	for per, n := range windows {
		for i := n; i < len(times); i++ {
			if gap := time.Duration(times[i]-times[i-n]) * time.Microsecond; gap < per {
				t.Errorf("%d events within %v, want %d at most in %v", n+1, gap, n, per)
			}
		}
	}
	if len(times) < 6 {
		t.Errorf("%d events in 1.5 s: nothing was tested", len(times))
	}
}

// Random calls. After each, Redis must hold exactly one list for each key with
// events, with one element per event, and an expiry.
func TestRandomCallsKeepTheLogInOrder(t *testing.T) {
	client := dial(t, redistest.Start(t))
	limiter, err := redislimit.New(client, redislimit.Config{})
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	counts := make(map[string]int64)
	windows := map[time.Duration]int{time.Hour: 4, 24 * time.Hour: 6}
	for range 3000 {
		key := strings.Repeat("k", 1+random.IntN(4))
		switch random.IntN(8) {
		default:
			rooms, err := limiter.Take(t.Context(), one(key, windows))
			if err != nil {
				t.Fatal(err)
			}
			wait := rooms[0].Wait
			if (wait == 0) != (counts[key] < 4) {
				t.Fatalf("wait %v with %d events", wait, counts[key])
			}
			if wait == 0 {
				counts[key]++
			}
		case 1, 2:
			n := 1 + random.IntN(2)
			if err := limiter.Forget(t.Context(), map[string]int{key: n}); err != nil {
				t.Fatal(err)
			}
			counts[key] = max(counts[key]-int64(n), 0)
		case 3:
			if random.IntN(4) == 0 {
				if err := limiter.Forget(t.Context(), map[string]int{key: 1000}); err != nil {
					t.Fatal(err)
				}
				counts[key] = 0
			}
		}
		want := counts[key]
		if want > 0 {
			want++ // the span before the times
		}
		name := "rung:{" + key + "}"
		if got := client.LLen(t.Context(), name).Val(); got != want {
			t.Fatalf("%d elements with %d events", got, counts[key])
		}
		if ttl := client.PTTL(t.Context(), name).Val(); want > 0 && ttl < 23*time.Hour {
			t.Fatalf("the log expires in %v", ttl)
		}
	}
}
