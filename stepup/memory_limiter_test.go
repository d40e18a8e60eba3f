package stepup_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/limitertest"
)

// The suite has an interface of its own, which must stay the same as ours.
var (
	_ stepup.Limiter      = limitertest.Limiter(nil)
	_ limitertest.Limiter = stepup.Limiter(nil)
)

func TestMemoryLimiterBehavesAsALimiter(t *testing.T) {
	limitertest.Run(t, func(t *testing.T) limitertest.Limiter {
		return new(stepup.MemoryLimiter)
	})
}

// limiterCase asserts on one MemoryLimiter.
type limiterCase struct {
	*testing.T
	stepup.MemoryLimiter
}

func (c *limiterCase) want(key string, windows map[time.Duration]int, wantWait time.Duration, wantErr error) {
	c.Helper()
	rooms, err := c.Take(context.Background(), []stepup.Count{{Key: key, Windows: windows}})
	if !errors.Is(err, wantErr) || err == nil && (len(rooms) != 1 || rooms[0].Wait != wantWait) {
		c.Errorf("Take(%q, %v) = %v, %v, want a wait of %v, %v", key, windows, rooms, err, wantWait, wantErr)
	}
}

// wantAll takes several keys with the same windows.
func (c *limiterCase) wantAll(windows map[time.Duration]int, wantErr error, keys ...string) {
	c.Helper()
	var counts []stepup.Count
	for _, key := range keys {
		counts = append(counts, stepup.Count{Key: key, Windows: windows})
	}
	if rooms, err := c.Take(context.Background(), counts); !errors.Is(err, wantErr) {
		c.Errorf("Take of %q = %v, %v, want %v", keys, rooms, err, wantErr)
	}
}

func (c *limiterCase) forget(key string, n int) {
	c.Helper()
	if err := c.Forget(context.Background(), map[string]int{key: n}); err != nil {
		c.Error(err)
	}
}

func TestMemoryLimiterFullOfLiveKeys(t *testing.T) {
	minute := map[time.Duration]int{time.Minute: 1}
	hour := map[time.Duration]int{time.Hour: 1}
	tests := []struct {
		name string
		run  func(*limiterCase)
	}{
		{"refuses new keys and keeps counting the old ones", func(c *limiterCase) {
			for i := range 1000 {
				c.want(fmt.Sprint("made up ", i), hour, 0, stepup.ErrLimiterFull)
			}
			c.want("a", hour, time.Hour, nil)
			c.want("b", minute, time.Minute, nil)
			c.want("c", minute, time.Minute, nil)
		}},
		{"has room as soon as one key has expired and not before", func(c *limiterCase) {
			time.Sleep(time.Minute - 1)
			c.want("new", hour, 0, stepup.ErrLimiterFull)
			time.Sleep(time.Nanosecond)
			c.want("new", hour, 0, nil)
			c.want("newer", hour, 0, nil)
			c.want("newest", hour, 0, stepup.ErrLimiterFull)
			c.want("a", hour, 59*time.Minute, nil)
		}},
		{"does not evict a key that was renewed", func(c *limiterCase) {
			time.Sleep(30 * time.Second)
			c.want("b", map[time.Duration]int{time.Minute: 2}, 0, nil)
			time.Sleep(30 * time.Second)
			c.want("new", hour, 0, nil) // in place of c
			c.want("newer", hour, 0, stepup.ErrLimiterFull)
			time.Sleep(30 * time.Second)
			c.want("newer", hour, 0, nil) // in place of b
		}},
		{"has room after a key was forgotten", func(c *limiterCase) {
			c.forget("b", 1)
			c.want("new", hour, 0, nil)
			c.want("b", minute, 0, stepup.ErrLimiterFull)
			c.forget("a", 1000)
			c.want("a", hour, 0, nil)
			c.want("b", minute, 0, stepup.ErrLimiterFull)
		}},
		{"gets no room from unknown keys that are forgotten", func(c *limiterCase) {
			for range 5 {
				c.forget("unknown", 1000)
			}
			c.want("new", hour, 0, stepup.ErrLimiterFull)
		}},
		{"adds none of several new keys if not all fit", func(c *limiterCase) {
			c.forget("b", 1)
			c.forget("c", 1)
			c.wantAll(hour, stepup.ErrLimiterFull, "new", "newer", "newest")
			c.wantAll(map[time.Duration]int{time.Hour: 2}, stepup.ErrLimiterFull, "a", "new", "newer", "newest")
			c.wantAll(hour, nil, "new", "newer")
			c.want("a", map[time.Duration]int{time.Hour: 2}, 0, nil) // none was recorded with the new ones
			c.want("a", map[time.Duration]int{time.Hour: 2}, time.Hour, nil)
		}},
		{"has room for several as soon as several have expired", func(c *limiterCase) {
			c.wantAll(hour, stepup.ErrLimiterFull, "new", "newer")
			time.Sleep(time.Minute)
			c.wantAll(hour, stepup.ErrLimiterFull, "new", "newer", "newest")
			c.wantAll(hour, nil, "new", "newer")
			c.want("newest", hour, 0, stepup.ErrLimiterFull)
		}},
		{"answers a look at a new key, for which it needs no room", func(c *limiterCase) {
			look := []stepup.Count{{Key: "new", Windows: hour, LookOnly: true}, {Key: "a", Windows: map[time.Duration]int{time.Hour: 2}}}
			rooms, err := c.Take(context.Background(), look)
			if err != nil || len(rooms) != 2 || rooms[0] != (stepup.Room{}) || rooms[1].Events != 2 {
				c.Errorf("Take(%v) = %v, %v, want room in both", look, rooms, err)
			}
		}},
		{"tells a full counter rather than that it is full of keys", func(c *limiterCase) {
			counts := []stepup.Count{{Key: "new", Windows: hour}, {Key: "a", Windows: hour}}
			rooms, err := c.Take(context.Background(), counts)
			if err != nil || len(rooms) != 2 || rooms[1].Wait != time.Hour {
				c.Errorf("Take(%v) = %v, %v, want the second to wait for an hour", counts, rooms, err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &limiterCase{T: t, MemoryLimiter: stepup.MemoryLimiter{MaxKeys: 3}}
				c.want("a", hour, 0, nil)
				c.want("b", minute, 0, nil)
				c.want("c", minute, 0, nil)
				tt.run(c)
			})
		})
	}
}

// Dead keys make room by themselves, even while all traffic is for other keys.
func TestMemoryLimiterForgetsDeadKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &limiterCase{T: t, MemoryLimiter: stepup.MemoryLimiter{MaxKeys: 61}}
		c.want("lasting", map[time.Duration]int{100 * time.Hour: 1}, 0, nil)
		for i := range 10_000 {
			c.want(fmt.Sprint("key ", i), map[time.Duration]int{time.Minute: 1}, 0, nil)
			time.Sleep(time.Second)
		}
		c.want("lasting", map[time.Duration]int{100 * time.Hour: 1}, 100*time.Hour-10_000*time.Second, nil)
	})
}

// The longest span ends later than a time can be, on a clock that has run for
// a while: if that overflowed, the key would count as dead.
func TestMemoryLimiterLongestSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &limiterCase{T: t}
		c.want("start the clock", map[time.Duration]int{1: 1}, 0, nil)
		time.Sleep(1000 * time.Hour)
		forever := map[time.Duration]int{math.MaxInt64: 1}
		c.want("k", forever, 0, nil)
		c.want("k", forever, math.MaxInt64, nil)
		time.Sleep(1000 * time.Hour)
		c.want("k", forever, math.MaxInt64-1000*time.Hour, nil)
	})
}

func TestMemoryLimiterIsBounded(t *testing.T) {
	windows := map[time.Duration]int{30 * time.Second: 1, time.Hour: 5, 24 * time.Hour: 10}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	limiter := new(stepup.MemoryLimiter)
	full := 0
	for i := range 300_000 {
		_, err := limiter.Take(t.Context(), []stepup.Count{{Key: limiterKey(i), Windows: windows}})
		switch {
		case errors.Is(err, stepup.ErrLimiterFull):
			full++
		case err != nil:
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if full != 200_000 {
		t.Errorf("%d of 300,000 live keys were refused, want 200,000", full)
	}
	grown := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) >> 20
	t.Logf("100,000 live keys take %d MiB", grown)
	if grown > 64 {
		t.Errorf("the heap grew by %d MiB, want 64 at most", grown)
	}
	runtime.KeepAlive(limiter)
}

// The same with several keys in each take, all made up.
func TestMemoryLimiterIsBoundedWithSeveralKeys(t *testing.T) {
	windows := map[time.Duration]int{time.Hour: 5}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	limiter := new(stepup.MemoryLimiter)
	granted := 0
	for i := range 30_000 {
		counts := make([]stepup.Count, 9)
		for j := range counts {
			counts[j] = stepup.Count{Key: limiterKey(9*i + j), Windows: windows}
		}
		switch _, err := limiter.Take(t.Context(), counts); {
		case err == nil:
			granted++
		case !errors.Is(err, stepup.ErrLimiterFull):
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if want := 100_000 / 9; granted != want {
		t.Errorf("%d takes of nine new keys were granted, want %d", granted, want)
	}
	if grown := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) >> 20; grown > 64 {
		t.Errorf("the heap grew by %d MiB, want 64 at most", grown)
	}
	runtime.KeepAlive(limiter)
}

// Many takes of several keys at once. A refused one must have met a full key: the
// limiter is one process, so nobody is refused because of a take that was taken
// back.
func TestMemoryLimiterRefusesNobodyForNothing(t *testing.T) {
	limiter := new(stepup.MemoryLimiter)
	windows := map[time.Duration]int{time.Hour: 50}
	var mu sync.Mutex
	events := make(map[string]int)
	var refused [][]stepup.Count
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() {
			var counts []stepup.Count
			for j := range 3 {
				counts = append(counts, stepup.Count{Key: fmt.Sprint((i + j*(1+i%3)) % 7), Windows: windows})
			}
			rooms, err := limiter.Take(t.Context(), counts)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for _, room := range rooms {
				if room.Wait > 0 {
					refused = append(refused, counts)
					return
				}
			}
			for _, count := range counts {
				events[count.Key]++
			}
		})
	}
	wg.Wait()
	for _, counts := range refused {
		full := 0
		for _, count := range counts {
			if events[count.Key] == 50 {
				full++
			}
		}
		if full == 0 {
			t.Errorf("%v was refused, and none of its keys is full: %v", counts, events)
		}
	}
	if len(refused) == 0 {
		t.Error("none of 1,000 takes was refused")
	}
}

// What an attacker can do all day must cost little: a refused take allocates its
// answer and nothing else.
func TestMemoryLimiterRefusesWithoutGarbage(t *testing.T) {
	limiter := new(stepup.MemoryLimiter)
	counts := make([]stepup.Count, 9)
	for i := range counts {
		counts[i] = stepup.Count{Key: limiterKey(i), Windows: map[time.Duration]int{time.Hour: 1}}
	}
	ctx := t.Context()
	refuse := func() { limiter.Take(ctx, counts) }
	refuse() // the first is allowed
	if got := testing.AllocsPerRun(1000, refuse); got > 1 {
		t.Errorf("%v allocations in a refused take, want 1", got)
	}
}

// limiterKey is a key as long as those of the guard.
func limiterKey(i int) string {
	sum := sha256.Sum256(fmt.Append(nil, i))
	return hex.EncodeToString(sum[:])
}

// BenchmarkMemoryLimiter compares a take with the least that counts anything: a
// map with a mutex. Both run in turns, so that x-bare-map compares like with like.
func BenchmarkMemoryLimiter(b *testing.B) {
	keys := make([]string, 1<<14)
	for i := range keys {
		keys[i] = limiterKey(i)
	}
	for _, bench := range []struct {
		name    string
		windows map[time.Duration]int
	}{
		{"refused", map[time.Duration]int{1000 * time.Hour: 1}},
		{"refused by three windows", map[time.Duration]int{1000 * time.Hour: 1, 2000 * time.Hour: 1, 3000 * time.Hour: 1}},
		{"granted to dead keys", map[time.Duration]int{1: 1}},
	} {
		for _, goroutines := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/goroutines=%d", bench.name, goroutines), func(b *testing.B) {
				var limiter stepup.MemoryLimiter
				var mu sync.Mutex
				counts := make(map[string]int)
				take := func(i int) {
					limiter.Take(context.Background(), []stepup.Count{{Key: keys[i%len(keys)], Windows: bench.windows}})
				}
				count := func(i int) {
					mu.Lock()
					counts[keys[i%len(keys)]]++
					mu.Unlock()
				}
				for i := range keys {
					take(i)
					count(i)
				}
				const chunk = 1 << 15
				var took, counted time.Duration
				calls := 0
				b.ReportAllocs()
				for b.Loop() {
					took += spread(goroutines, chunk, take)
					counted += spread(goroutines, chunk, count)
					calls += chunk
				}
				b.ReportMetric(0, "ns/op") // of a chunk of both: says nothing
				b.ReportMetric(float64(took.Nanoseconds())/float64(calls), "ns/take")
				b.ReportMetric(float64(counted.Nanoseconds())/float64(calls), "ns/bare")
				b.ReportMetric(float64(took)/float64(counted), "x-bare-map")
			})
		}
	}
}

// spread calls f(0) to f(calls-1) from several goroutines and returns how long it
// took.
func spread(goroutines, calls int, f func(int)) time.Duration {
	start := time.Now()
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := g; i < calls; i += goroutines {
				f(i)
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}
