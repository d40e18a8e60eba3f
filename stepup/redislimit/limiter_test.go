//go:build unix

package redislimit_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rungauth/rung/stepup/redislimit"
)

func TestNewRefuses(t *testing.T) {
	deaf := redis.NewClient(&redis.Options{})
	defer deaf.Close()
	deafCluster := redis.NewClusterClient(&redis.ClusterOptions{})
	defer deafCluster.Close()
	ring := redis.NewRing(&redis.RingOptions{ContextTimeoutEnabled: true})
	defer ring.Close()
	good := redislimit.NewClient(&redis.Options{})
	defer good.Close()
	tests := []struct {
		name   string
		client redis.Scripter
		config redislimit.Config
		want   string // "" = accepted
	}{
		{"no client", nil, redislimit.Config{}, "client is nil"},
		{"a client that ignores deadlines", deaf, redislimit.Config{}, "ContextTimeoutEnabled"},
		{"a cluster client that ignores deadlines", deafCluster, redislimit.Config{}, "ContextTimeoutEnabled"},
		{"a ring, which forgets when a shard dies", ring, redislimit.Config{}, "redis.Ring"},
		{"a prefix with a brace", good, redislimit.Config{Prefix: "a{b"}, "Config.Prefix"},
		{"nothing about a good client", good, redislimit.Config{Prefix: "app:"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := redislimit.New(tt.client, tt.config)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("New: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("New: %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestNewClientKeepsWhatIsSet(t *testing.T) {
	options := &redis.Options{Addr: "redis.test:1", PoolSize: 3, ReadTimeout: time.Second, MaxRetries: 7}
	client := redislimit.NewClient(options)
	defer client.Close()
	got := client.Options()
	if got.Addr != "redis.test:1" || got.PoolSize != 3 || got.ReadTimeout != time.Second {
		t.Errorf("options that were set have changed: %q %d %v", got.Addr, got.PoolSize, got.ReadTimeout)
	}
	if !got.ContextTimeoutEnabled || got.MaxRetries != 0 || got.DialerRetries != 1 || got.WriteTimeout != 100*time.Millisecond {
		t.Errorf("not tuned: %+v", got)
	}
	if options.MaxRetries != 7 || options.ContextTimeoutEnabled {
		t.Error("the caller's options have changed")
	}
}

func TestNewClusterClientFollowsFailovers(t *testing.T) {
	for set, want := range map[time.Duration]time.Duration{0: time.Second, time.Minute: time.Minute} {
		client := redislimit.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"redis.test:1"}, ClusterStateReloadInterval: set})
		defer client.Close()
		if got := client.Options().ClusterStateReloadInterval; got != want {
			t.Errorf("ClusterStateReloadInterval %v became %v, want %v", set, got, want)
		}
		if !client.Options().ContextTimeoutEnabled || client.Options().DialTimeout != 100*time.Millisecond {
			t.Errorf("not tuned: %+v", client.Options())
		}
	}
}

// A limiter key is one Redis key, in the slot of its hash tag, which expires by
// itself.
func TestOneKeyWithAnExpiry(t *testing.T) {
	limiter, client, _ := started(t)
	ctx := t.Context()
	take(t, limiter, "member", map[time.Duration]int{time.Minute: 2, time.Hour: 3})
	take(t, limiter, "member", map[time.Duration]int{time.Minute: 2, time.Hour: 3})
	if keys := client.Keys(ctx, "*").Val(); !slices.Equal(keys, []string{"rung:{member}"}) {
		t.Fatalf("keys %q, want one", keys)
	}
	if ttl := client.PTTL(ctx, "rung:{member}").Val(); ttl <= 59*time.Minute || ttl > time.Hour+2*time.Millisecond {
		t.Errorf("the key lives for %v, want the longest span", ttl)
	}
	// A shorter span must not make it expire earlier. A longer one makes it
	// live longer, even if the take is refused.
	take(t, limiter, "member", map[time.Duration]int{time.Second: 9})
	if ttl := client.PTTL(ctx, "rung:{member}").Val(); ttl <= 59*time.Minute {
		t.Errorf("after a shorter span the key lives for %v", ttl)
	}
	if take(t, limiter, "member", map[time.Duration]int{24 * time.Hour: 1}) == 0 {
		t.Error("a fourth event was granted, want refused")
	}
	if ttl := client.PTTL(ctx, "rung:{member}").Val(); ttl <= 23*time.Hour {
		t.Errorf("after a longer span the key lives for %v", ttl)
	}
	for range 3 {
		forget(t, limiter, "member", 1)
	}
	if n := client.DBSize(ctx).Val(); n != 0 {
		t.Errorf("%d keys after the last event was forgotten, want none", n)
	}
	take(t, limiter, "member", perHour(1))
	forget(t, limiter, "member", 1000)
	if n := client.DBSize(ctx).Val(); n != 0 {
		t.Errorf("%d keys after all events were forgotten, want none", n)
	}
}

func TestPrefixesDoNotShare(t *testing.T) {
	_, client, _ := started(t)
	for _, prefix := range []string{"", "a:", "a:b:"} {
		limiter, err := redislimit.New(client, redislimit.Config{Prefix: prefix})
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"k", "b:k", "{k}"} {
			if take(t, limiter, key, perHour(1)) != 0 {
				t.Errorf("prefix %q and key %q: refused, so another has the same name", prefix, key)
			}
		}
	}
}

// Expired events are dropped, the rest keep their span, and the key lives exactly
// as long as its newest event. A millisecond less, and the limit would open early.
func TestLogForgetsWhatIsOver(t *testing.T) {
	limiter, client, _ := started(t)
	ctx := t.Context()
	hour, day := time.Hour, 24*time.Hour
	tests := []struct {
		name string
		keep time.Duration   // of the log before the take
		ages []time.Duration // of its events
		span time.Duration   // of the take
		want []time.Duration // ages after the take, without the new event
		kept time.Duration
	}{
		{"an empty log", 0, nil, hour, nil, hour},
		{"no event has expired", hour, []time.Duration{50 * time.Minute, time.Minute}, hour, []time.Duration{50 * time.Minute, time.Minute}, hour},
		{"one event has expired", hour, []time.Duration{61 * time.Minute, 10 * time.Minute}, hour, []time.Duration{10 * time.Minute}, hour},
		{"most events have expired", hour, []time.Duration{90 * time.Minute, 80 * time.Minute, 70 * time.Minute, 61 * time.Minute, 59 * time.Minute}, hour, []time.Duration{59 * time.Minute}, hour},
		{"few events have expired", hour, []time.Duration{70 * time.Minute, 61 * time.Minute, 4, 3, 2, 1}, hour, []time.Duration{4, 3, 2, 1}, hour},
		{"all events have expired", day, []time.Duration{26 * hour, 25 * hour}, hour, nil, hour},
		{"only the shorter span has expired", day, []time.Duration{3 * hour, 2 * hour}, hour, []time.Duration{3 * hour, 2 * hour}, day},
		{"a longer span keeps the rest and brings nothing back", hour, []time.Duration{2 * hour, time.Minute}, day, []time.Duration{time.Minute}, day},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			key := "rung:{" + tt.name + "}"
			now := client.Time(ctx).Val().UnixMicro()
			log := []any{tt.keep.Microseconds()}
			for _, age := range tt.ages {
				log = append(log, now-age.Microseconds())
			}
			if tt.ages != nil {
				client.RPush(ctx, key, log...)
				client.PExpire(ctx, key, day)
			}
			if wait := take(t, limiter, tt.name, map[time.Duration]int{tt.span: 1000}); wait != 0 {
				t.Fatalf("wait %v, want none", wait)
			}
			got := client.LRange(ctx, key, 0, -1).Val()
			want := []string{strconv.FormatInt(tt.kept.Microseconds(), 10)}
			for _, age := range tt.want {
				want = append(want, strconv.FormatInt(now-age.Microseconds(), 10))
			}
			if len(got) != len(want)+1 || !slices.Equal(got[:len(want)], want) {
				t.Fatalf("log %q, want %q and the new event", got, want)
			}
			end := time.UnixMicro(number(t, got[len(got)-1])).Add(tt.kept)
			expiry := time.UnixMilli(client.PExpireTime(ctx, key).Val().Milliseconds())
			if expiry.Before(end) || expiry.After(end.Add(5*time.Second)) {
				t.Errorf("the key expires at %v, its newest event is over at %v", expiry, end)
			}
		})
	}
}

// Events are in the future after the server's clock was set back. They go on
// refusing, but only for one span.
func TestServerClockSetBack(t *testing.T) {
	limiter, client, _ := started(t)
	ctx := t.Context()
	ahead := client.Time(ctx).Val().Add(1000 * time.Hour).UnixMicro()
	client.RPush(ctx, "rung:{k}", time.Hour.Microseconds(), ahead, ahead+1, ahead+2)
	client.PExpire(ctx, "rung:{k}", 1001*time.Hour)

	wait := take(t, limiter, "k", perHour(3))
	if wait <= 59*time.Minute || wait > time.Hour {
		t.Fatalf("wait %v, want an hour: no more, and no less", wait)
	}
	if wait := take(t, limiter, "k", perHour(4)); wait != 0 {
		t.Errorf("wait %v with room for a fourth", wait)
	}
	log := client.LRange(ctx, "rung:{k}", 1, -1).Val()
	if len(log) != 4 || !slices.IsSortedFunc(log, func(a, b string) int { return int(number(t, a) - number(t, b)) }) {
		t.Errorf("log %q, want four times in order", log)
	}
}

// A key has no expiry if somebody restored, renamed or planted it. It may refuse,
// but must not refuse forever.
func TestPlantedKeyRepairsItself(t *testing.T) {
	limiter, client, _ := started(t)
	ctx := t.Context()
	now := client.Time(ctx).Val().UnixMicro()
	span := map[time.Duration]int{100 * time.Millisecond: 1}
	plants := map[string]func(key string){
		"a counter":                 func(key string) { client.Set(ctx, key, 5, 0) },
		"a text":                    func(key string) { client.Set(ctx, key, "x", 0) },
		"a hash":                    func(key string) { client.HSet(ctx, key, "a", 1) },
		"a log without expiry":      func(key string) { client.RPush(ctx, key, 100_000, now) },
		"a log of the future":       func(key string) { client.RPush(ctx, key, 100_000, now+int64(1e12)) },
		"a log with no events":      func(key string) { client.RPush(ctx, key, 100_000) },
		"a list of something else":  func(key string) { client.RPush(ctx, key, "a", "b", "c") },
		"a log with a broken event": func(key string) { client.RPush(ctx, key, 100_000, "b") },
	}
	for name, plant := range plants {
		t.Run(name, func(t *testing.T) {
			key := "rung:{" + name + "}"
			plant(key)
			_, err := limiter.Take(ctx, one(name, span)) // may be granted, refused or an error
			if ttl := client.PTTL(ctx, key).Val(); ttl < 0 && client.Exists(ctx, key).Val() > 0 {
				t.Errorf("after a take (error %v) the key has no expiry", err)
			}
			for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
				if rooms, err := limiter.Take(ctx, one(name, span)); err == nil && rooms[0].Wait == 0 {
					break
				}
				if time.Since(start) > 30*time.Second {
					t.Fatal("it refuses forever")
				}
			}
		})
	}
}

// A log that lost its expiry keeps the events that a longer span needs, even if
// the next take has a shorter one.
func TestRepairDoesNotForget(t *testing.T) {
	limiter, client, _ := started(t)
	ctx := t.Context()
	take(t, limiter, "k", perHour(1))
	client.Persist(ctx, "rung:{k}")
	take(t, limiter, "k", map[time.Duration]int{time.Millisecond: 1})
	if ttl := client.PTTL(ctx, "rung:{k}").Val(); ttl <= 59*time.Minute {
		t.Errorf("the key lives for %v, want an hour", ttl)
	}
}

func TestScriptFlush(t *testing.T) {
	limiter, client, _ := started(t)
	ctx := t.Context()
	for range 3 {
		if err := client.ScriptFlush(ctx).Err(); err != nil {
			t.Fatal(err)
		}
		if wait := take(t, limiter, "k", perHour(3)); wait != 0 {
			t.Errorf("wait %v, want none", wait)
		}
	}
	client.ScriptFlush(ctx)
	if take(t, limiter, "k", perHour(3)) == 0 {
		t.Error("a fourth event was granted")
	}
	client.ScriptFlush(ctx)
	forget(t, limiter, "k", 1)
	if take(t, limiter, "k", perHour(3)) != 0 {
		t.Error("forget had no effect")
	}
}

func TestCheck(t *testing.T) {
	limiter, client, server := started(t)
	ctx := t.Context()
	check := func(want string) {
		t.Helper()
		err := limiter.Check(ctx)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Check: %v, want %q", err, want)
		}
	}
	check("")
	client.ConfigSet(ctx, "maxmemory-policy", "allkeys-lru")
	check("") // without a limit nothing is evicted
	client.ConfigSet(ctx, "maxmemory", "100mb")
	check("allkeys-lru")
	client.ConfigSet(ctx, "maxmemory-policy", "volatile-ttl")
	check("volatile-ttl")
	client.ConfigSet(ctx, "maxmemory-policy", "noeviction")
	check("")
	server.Kill()
	check("redislimit: check: ")
}

func number(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
