// Package limitertest is the test suite that every implementation of
// stepup.Limiter has to pass.
//
//	func TestLimiter(t *testing.T) {
//		limitertest.Run(t, func(t *testing.T) limitertest.Limiter {
//			return new(MyLimiter)
//		})
//	}
//
// Use [Run] for a limiter that lives in the process and gets the time from
// package time, and [RunRealTime] for one that asks a server.
//
// The suite keeps its own log of granted events and judges every answer by it. In
// real time it knows only that an event happened between two moments, and it
// reports only what is wrong for every moment between them. So a slow machine
// makes the suite less sharp, but never makes it fail.
package limitertest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Limiter has the methods of stepup.Limiter. It is repeated here so that the suite
// imports only the standard library. Every stepup.Limiter is a Limiter.
type Limiter interface {
	Take(ctx context.Context, key string, windows map[time.Duration]int) (retryAfter time.Duration, err error)
	Undo(ctx context.Context, key string) error
	Reset(ctx context.Context, key string) error
}

// Run tests the limiters that open returns, a new one for each case. Each case
// runs in a bubble of testing/synctest, where hours pass at once; open is called
// inside the bubble. A limiter with goroutines must end them in t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) Limiter) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.run(&trial{
					T: t, limiter: open(t), span: time.Hour, hours: 200,
					ledgers: make(map[string]*ledger),
				})
			})
		})
	}
}

// RunRealTime is [Run] for limiters whose time cannot be faked. Its spans are
// short, so it takes about three seconds. Open must return a limiter without
// events; on a shared server, give each its own prefix. Cases run in parallel.
func RunRealTime(t *testing.T, open func(t *testing.T) Limiter) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(&trial{
				T: t, limiter: open(t), span: 150 * time.Millisecond, hours: 15,
				drift:   time.Millisecond,
				ledgers: make(map[string]*ledger),
			})
		})
	}
}

type testCase struct {
	name string
	run  func(*trial)
}

func cases() []testCase {
	return []testCase{
		{"n events are allowed and no more", nEventsAndNoMore},
		{"all windows are taken or none", allWindowsOrNone},
		{"1,000 parallel takes get exactly n", parallelTakes},
		{"parallel takes that are undone leave nothing", parallelUndo},
		{"undo gives back one event", undoGivesBackOne},
		{"undo without events gives nothing", undoOfNothing},
		{"reset forgets one key", resetForgetsOneKey},
		{"keys never share events", keysNeverShare},
		{"what could mean no limit is refused", badArguments},
		{"a done context changes nothing", doneContext},
		{"extreme windows are windows", extremeWindows},
		{"a greedy client never gets more than n in any span", greedyClient},
		{"a span ends on time under constant hits", spanEndsOnTime},
		{"refused takes do not prolong the wait", refusedTakesRecordNothing},
		{"the wait is that of the slowest window", slowestWindow},
		{"undo removes the newest event and not the oldest", undoRemovesNewest},
		{"windows may change between calls", changingWindows},
	}
}

// trial is one case with its limiter. Its unit of time is the span: an hour, or
// 150 ms in real time.
type trial struct {
	*testing.T
	limiter Limiter
	span    time.Duration
	hours   int           // how many spans a greedy client gets
	drift   time.Duration // how far the limiter's clock may drift from ours
	ledgers map[string]*ledger
}

// take takes once and reports whether it was granted. It fails the case if the
// answer is wrong given the events so far.
func (c *trial) take(key string, windows map[time.Duration]int) bool {
	c.Helper()
	return c.wait(key, windows) == 0
}

// wait is like take, but returns the wait.
func (c *trial) wait(key string, windows map[time.Duration]int) time.Duration {
	c.Helper()
	sent := time.Now()
	wait, err := c.limiter.Take(c.Context(), key, windows)
	answered := time.Now()
	if err != nil {
		c.Fatalf("Take(%q, %v): %v", key, windows, err)
	}
	book := c.ledger(key)
	event := moment{sent, answered}
	if fault := book.judge(windows, event, wait, c.drift); fault != "" {
		c.Fatalf("Take(%q, %v) = %v: %s", key, windows, wait, fault)
	}
	if wait == 0 {
		book.events = append(book.events, event)
	}
	return wait
}

func (c *trial) granted(key string, windows map[time.Duration]int) {
	c.Helper()
	if !c.take(key, windows) {
		c.Fatalf("Take(%q, %v) was refused, want granted", key, windows)
	}
}

func (c *trial) refused(key string, windows map[time.Duration]int) {
	c.Helper()
	if c.take(key, windows) {
		c.Fatalf("Take(%q, %v) was granted, want refused", key, windows)
	}
}

func (c *trial) undo(key string) {
	c.Helper()
	if err := c.limiter.Undo(c.Context(), key); err != nil {
		c.Fatalf("Undo(%q): %v", key, err)
	}
	book := c.ledger(key)
	book.events = book.events[:max(len(book.events)-1, 0)]
}

func (c *trial) reset(key string) {
	c.Helper()
	if err := c.limiter.Reset(c.Context(), key); err != nil {
		c.Fatalf("Reset(%q): %v", key, err)
	}
	delete(c.ledgers, key)
}

func (c *trial) ledger(key string) *ledger {
	if c.ledgers[key] == nil {
		c.ledgers[key] = new(ledger)
	}
	return c.ledgers[key]
}

// pass sleeps until d has passed by the limiter's clock.
func (c *trial) pass(d time.Duration) { time.Sleep(d + c.drift) }
