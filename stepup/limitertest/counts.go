// Cases of the suite that take one key and need no time to pass. Listed in cases
// in limitertest.go.

package limitertest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The windows of these cases are long, so that the time they take does not matter.

// perHour returns a new map on every call, so that a limiter that changes its
// argument spoils no other case.
func perHour(n int) map[time.Duration]int { return map[time.Duration]int{time.Hour: n} }

func nEventsAndNoMore(c *trial) {
	for range 5 {
		c.granted("k", perHour(5))
	}
	for range 20 {
		c.refused("k", perHour(5))
	}
	c.granted("k", perHour(6))
	c.refused("k", perHour(6))
}

func allWindowsOrNone(c *trial) {
	both := map[time.Duration]int{time.Hour: 1, 24 * time.Hour: 5}
	want := maps.Clone(both)
	c.granted("k", both)
	for range 50 {
		c.refused("k", both)
	}
	if !maps.Equal(both, want) {
		c.Fatalf("Take changed the windows to %v", both)
	}
	// If refused takes had counted for the day, it would be full.
	for range 4 {
		c.granted("k", map[time.Duration]int{24 * time.Hour: 5})
	}
	c.refused("k", map[time.Duration]int{24 * time.Hour: 5})

	// The other way around: the longer window is full, the shorter has room.
	day := map[time.Duration]int{time.Hour: 5, 24 * time.Hour: 2}
	c.granted("l", day)
	c.granted("l", day)
	for range 50 {
		c.refused("l", day)
	}
	for range 3 {
		c.granted("l", perHour(5))
	}
	c.refused("l", perHour(5))
}

// inParallel calls f with 0 to 999 from 1,000 goroutines that start together.
func inParallel(f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range 1000 {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

func parallelTakes(c *trial) {
	counts := []Count{{Key: "k", Windows: map[time.Duration]int{time.Hour: 7, 24 * time.Hour: 9}}}
	var granted atomic.Int64
	inParallel(func(int) {
		rooms, err := c.limiter.Take(c.Context(), counts)
		if err != nil {
			c.Errorf("Take: %v", err)
		} else if hadRoom(counts, rooms) {
			granted.Add(1)
		}
	})
	if got := granted.Load(); got != 7 {
		c.Errorf("1,000 parallel takes: %d were granted, want 7", got)
	}
}

func keysNeverShare(c *trial) {
	keys := []string{
		"a", "A", "a ", " a", "a\x00", "a\x00b", "a\n", "ab", "a:b", "a:b:c", "a|b", "a/b",
		"{a}", "{a}b", "a{b}", "{a", "a}", "}a{", "{}", "{}a", "a*", "?", "[a]", "\\a",
		"é", "e\u0301", "\xff", "\xfe", "\ufffd", "3600", "0", "a:3600000000000",
		strings.Repeat("k", 512), strings.Repeat("k", 513),
	}
	for _, key := range keys {
		c.granted(key, perHour(1))
	}
	for _, key := range keys {
		c.refused(key, perHour(1))
	}
	c.forget("{a}", all)
	c.forget("a", 1)
	for _, key := range keys {
		if key == "a" || key == "{a}" {
			c.granted(key, perHour(1))
		}
		c.refused(key, perHour(1))
	}
}

func badArguments(c *trial) {
	for _, windows := range []map[time.Duration]int{
		nil,
		{},
		{time.Hour: 0},
		{time.Hour: -1},
		{0: 1},
		{-time.Hour: 1},
		{math.MinInt64: 1},
		{time.Hour: math.MinInt},
		{time.Hour: 5, time.Minute: 0},
		{time.Hour: 5, 0: 5},
	} {
		bad := Count{Key: "k", Windows: windows}
		lookOnly, advisory := bad, bad
		lookOnly.LookOnly, advisory.Advisory = true, true
		for _, bad := range []Count{bad, lookOnly, advisory} {
			c.bad(bad)
			c.bad(bad, Count{Key: "good", Windows: perHour(1)})
			c.bad(Count{Key: "good", Windows: perHour(1)}, bad)
		}
	}
	c.bad()
	c.bad(Count{Windows: perHour(5)})
	c.bad(Count{Key: "good", Windows: perHour(1)}, Count{Windows: perHour(5)})
	c.granted("k", perHour(1))
	c.granted("good", perHour(1))
}

// bad takes counts that must be refused with an error.
func (c *trial) bad(counts ...Count) {
	c.Helper()
	if rooms, err := c.limiter.Take(c.Context(), counts); err == nil {
		c.Errorf("Take(%v) = %v, want an error", counts, rooms)
	}
}

func doneContext(c *trial) {
	canceled, cancel := context.WithCancel(c.Context())
	cancel()
	late, cancel := context.WithDeadline(c.Context(), time.Now().Add(-time.Second))
	defer cancel()
	c.granted("k", perHour(2))
	for ctx, cause := range map[context.Context]error{canceled: context.Canceled, late: context.DeadlineExceeded} {
		rooms, err := c.limiter.Take(ctx, []Count{{Key: "k", Windows: perHour(2)}})
		if !errors.Is(err, cause) {
			c.Errorf("Take = %v, %v, want an error that wraps %q", rooms, err, cause)
		}
		if err := c.limiter.Forget(ctx, map[string]int{"k": 1}); !errors.Is(err, cause) {
			c.Errorf("Forget: %v, want an error that wraps %q", err, cause)
		}
	}
	c.granted("k", perHour(2))
	c.refused("k", perHour(2))
}

func extremeWindows(c *trial) {
	for i, windows := range []map[time.Duration]int{
		{math.MaxInt64: 1},
		{math.MaxInt64: 1, time.Hour: math.MaxInt},
		{math.MaxInt64 - 1: 1, 1: math.MaxInt},
		{1000000*time.Hour + 1: 1},
	} {
		key := fmt.Sprint("k", i)
		c.granted(key, windows)
		c.refused(key, windows)
		c.forget(key, 1)
		c.granted(key, windows)
		c.refused(key, windows)
	}
	for range 50 {
		c.granted("many", perHour(math.MaxInt))
		c.take("short", map[time.Duration]int{1: 1})
	}
}
