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
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// Limiter has the methods of stepup.Limiter. It is repeated here so that the suite
// imports only the standard library. Every stepup.Limiter is a Limiter.
type Limiter interface {
	Take(ctx context.Context, counts []Count) ([]Room, error)
	Forget(ctx context.Context, newest map[string]int) error
}

// Count and Room are stepup.Count and stepup.Room.
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
		{"keys never share events", keysNeverShare},
		{"what could mean no limit is refused", badArguments},
		{"a done context changes nothing", doneContext},
		{"extreme windows are windows", extremeWindows},

		{"several keys are taken all or none", severalAllOrNone},
		{"1,000 parallel takes of several keys are taken all or none", parallelSeveral},
		{"each count gets its own room", ownRoom},
		{"look-only records nothing and needs room", lookOnly},
		{"advisory never stops the others", advisory},
		{"what is advisory and look-only does nothing but answer", advisoryLookOnly},
		{"a key that comes twice is refused", keyTwice},

		{"forget gives back as many as it is told", forgetGivesBack},
		{"forget of more than there are gives no credit", forgetOfMore},
		{"forget of all forgets one key", forgetOfAll},
		{"forget takes several keys at once", forgetOfSeveral},
		{"forget of numbers below 1 removes nothing", forgetBadNumbers},
		{"parallel takes that are forgotten leave nothing", parallelForget},

		{"a greedy client never gets more than n in any span", greedyClient},
		{"a greedy client of several keys never gets more than n", greedyClientOfSeveral},
		{"a span ends on time under constant hits", spanEndsOnTime},
		{"refused takes do not prolong the wait", refusedTakesRecordNothing},
		{"the wait is that of the slowest window", slowestWindow},
		{"events that are over are not told", eventsEnd},
		{"forget removes the newest event and not the oldest", forgetRemovesNewest},
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

// takeAll takes all counts once. It fails the case if any part of the answer is
// wrong given the events so far.
func (c *trial) takeAll(counts ...Count) []Room {
	c.Helper()
	sent := time.Now()
	rooms, err := c.limiter.Take(c.Context(), counts)
	event := moment{sent, time.Now()}
	if err != nil {
		c.Fatalf("Take(%v): %v", counts, err)
	}
	if len(rooms) != len(counts) {
		c.Fatalf("Take(%v) = %v: want one room for each count", counts, rooms)
	}
	all := hadRoom(counts, rooms)
	for i, count := range counts {
		book := c.ledger(count.Key)
		recorded := all && !count.LookOnly && rooms[i].Wait == 0
		fault := book.judge(count.Windows, event, rooms[i].Wait, c.drift)
		if fault == "" {
			fault = book.judgeEvents(count.Windows, event, rooms[i].Events, recorded, c.drift)
		}
		if fault != "" {
			c.Fatalf("Take(%v) = %v: key %q: %s", counts, rooms, count.Key, fault)
		}
		if recorded {
			book.events = append(book.events, event)
		}
	}
	return rooms
}

// hadRoom reports whether a take was granted.
func hadRoom(counts []Count, rooms []Room) bool {
	for i, room := range rooms {
		if room.Wait != 0 && !counts[i].Advisory {
			return false
		}
	}
	return true
}

// grantedAll is takeAll of counts that must have room.
func (c *trial) grantedAll(counts ...Count) []Room {
	c.Helper()
	rooms := c.takeAll(counts...)
	if !hadRoom(counts, rooms) {
		c.Fatalf("Take(%v) = %v, want granted", counts, rooms)
	}
	return rooms
}

// refusedAll is takeAll of counts of which one must have no room.
func (c *trial) refusedAll(counts ...Count) []Room {
	c.Helper()
	rooms := c.takeAll(counts...)
	if hadRoom(counts, rooms) {
		c.Fatalf("Take(%v) = %v, want refused", counts, rooms)
	}
	return rooms
}

// wait takes one key and returns the wait.
func (c *trial) wait(key string, windows map[time.Duration]int) time.Duration {
	c.Helper()
	return c.takeAll(Count{Key: key, Windows: windows})[0].Wait
}

// take takes one key and reports whether it was granted.
func (c *trial) take(key string, windows map[time.Duration]int) bool {
	c.Helper()
	return c.wait(key, windows) == 0
}

func (c *trial) granted(key string, windows map[time.Duration]int) {
	c.Helper()
	c.grantedAll(Count{Key: key, Windows: windows})
}

func (c *trial) refused(key string, windows map[time.Duration]int) {
	c.Helper()
	c.refusedAll(Count{Key: key, Windows: windows})
}

// all is more events than any key of the suite has.
const all = math.MaxInt32

func (c *trial) forget(key string, n int) {
	c.Helper()
	c.forgetAll(map[string]int{key: n})
}

func (c *trial) forgetAll(newest map[string]int) {
	c.Helper()
	if err := c.limiter.Forget(c.Context(), newest); err != nil {
		c.Fatalf("Forget(%v): %v", newest, err)
	}
	for key, n := range newest {
		book := c.ledger(key)
		book.events = book.events[:max(len(book.events)-n, 0)]
	}
}

func (c *trial) ledger(key string) *ledger {
	if c.ledgers[key] == nil {
		c.ledgers[key] = new(ledger)
	}
	return c.ledgers[key]
}

// pass sleeps until d has passed by the limiter's clock.
func (c *trial) pass(d time.Duration) { time.Sleep(d + c.drift) }
