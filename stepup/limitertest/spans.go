// Cases of the suite that let time pass. Listed in cases in limitertest.go.

package limitertest

import (
	"math/rand/v2"
	"time"
)

// These cases leave it to the ledger what to expect at which time: it allows for
// a machine that stalls.

// per returns a window of n events in one span.
func (c *trial) per(n int) map[time.Duration]int { return map[time.Duration]int{c.span: n} }

// greedyClient takes whatever it can get. It begins in the way that gets 2n events
// through fixed windows and token buckets: a rest of almost a span, and then eight
// tries per sixtieth of a span.
func greedyClient(c *trial) {
	windows := map[time.Duration]int{c.span: 5, c.span / 10: 3, 6 * c.span: 20}
	minute := c.span / 60
	random := rand.New(rand.NewPCG(1, 2))
	start := time.Now()
	c.granted("k", windows)
	c.pass(50 * minute)
	for time.Since(start) < 3*c.span {
		for range 8 {
			c.take("k", windows)
		}
		c.pass(minute)
	}
	for time.Since(start) < time.Duration(c.hours)*c.span {
		if wait := c.wait("k", windows); wait > 0 && random.IntN(3) == 0 {
			c.pass(wait) // the earliest time allowed
		} else {
			c.pass(rand.N(2 * minute))
		}
		if random.IntN(20) == 0 {
			c.forget("k", 1)
		}
	}
}

// greedyClientOfSeveral takes any of four keys in any order, together with whatever
// else it can ask for.
func greedyClientOfSeveral(c *trial) {
	windows := map[string]map[time.Duration]int{
		"a": {c.span: 5, c.span / 10: 2},
		"b": {2 * c.span: 6},
		"c": {c.span / 2: 1},
		"d": {c.span: 4, 3 * c.span: 7},
	}
	keys := []string{"a", "b", "c", "d"}
	random := rand.New(rand.NewPCG(5, 6))
	for start := time.Now(); time.Since(start) < time.Duration(c.hours)*c.span; {
		var counts []Count
		for _, i := range random.Perm(len(keys))[:1+random.IntN(len(keys))] {
			counts = append(counts, Count{
				Key: keys[i], Windows: windows[keys[i]],
				LookOnly: random.IntN(4) == 0, Advisory: random.IntN(4) == 0,
			})
		}
		c.takeAll(counts...)
		if random.IntN(10) == 0 {
			c.forgetAll(map[string]int{keys[random.IntN(4)]: 1, keys[random.IntN(4)]: 1 + random.IntN(3)})
		}
		c.pass(c.span / 30)
	}
}

func spanEndsOnTime(c *trial) {
	c.granted("k", c.per(2))
	c.granted("k", c.per(2))
	for start := time.Now(); !c.take("k", c.per(2)); c.pass(c.span / 100) {
		if time.Since(start) > 100*c.span {
			c.Fatal("the span never ends")
		}
	}
}

func refusedTakesRecordNothing(c *trial) {
	windows := map[time.Duration]int{c.span: 1, 3 * c.span: 2}
	for range 3 {
		for range 5 {
			c.take("k", windows)
		}
		c.pass(c.span / 3)
	}
	// The ledger judges the waits too. They end a span after the last granted
	// take, however many were refused since.
	for granted := 0; granted < 3; {
		if wait := c.wait("k", windows); wait > 0 {
			c.pass(wait / 2)
			c.take("k", windows)
			c.pass(wait - wait/2)
		} else {
			granted++
		}
	}
}

func slowestWindow(c *trial) {
	windows := map[time.Duration]int{c.span: 3, 2 * c.span: 3, c.span / 2: 1}
	for range 3 {
		for wait := c.wait("k", windows); wait > 0; wait = c.wait("k", windows) {
			c.pass(wait)
		}
	}
	for range 3 {
		wait := c.wait("k", windows)
		c.pass(wait)
		if wait > 0 {
			c.granted("k", windows)
		}
	}
}

// eventsEnd takes and looks while events leave the longest window. The ledger
// judges the numbers.
func eventsEnd(c *trial) {
	windows := map[time.Duration]int{c.span / 2: 1, 2 * c.span: 4}
	for range 40 {
		c.take("k", windows)
		c.pass(c.span / 8)
		c.takeAll(Count{Key: "k", Windows: c.per(9), LookOnly: true})
	}
	c.pass(2*c.span + resolution)
	if got := c.takeAll(Count{Key: "k", Windows: windows, LookOnly: true})[0].Events; got != 0 {
		c.Fatalf("%d events are told after the longest window, want none", got)
	}
}

func forgetRemovesNewest(c *trial) {
	windows := map[time.Duration]int{4 * c.span: 2}
	c.granted("k", windows)
	c.pass(c.span)
	c.granted("k", windows)
	c.forget("k", 1)
	c.granted("k", windows)
	// Full again until the first event expires, not the second. The ledger judges
	// the wait by that.
	wait := c.wait("k", windows)
	c.forget("k", 2)
	c.granted("k", windows)
	c.pass(wait)
	c.take("k", windows)
	c.take("k", windows)
}

// changingWindows takes with several sets of windows. All have the same longest
// span.
func changingWindows(c *trial) {
	sets := []map[time.Duration]int{
		{3 * c.span: 6, c.span: 2},
		{3 * c.span: 4},
		{3 * c.span: 8, c.span / 4: 1},
		{3 * c.span: 1},
		{3 * c.span: 20, c.span / 8: 4, c.span: 7},
	}
	random := rand.New(rand.NewPCG(3, 4))
	for start := time.Now(); time.Since(start) < time.Duration(c.hours)*c.span; {
		c.take("k", sets[random.IntN(len(sets))])
		c.pass(c.span / 20)
	}
	// Takes with a short span must not make the limiter forget the events that a
	// longer one needs.
	c.forget("k", all)
	day := map[time.Duration]int{1000 * c.span: 4}
	c.granted("k", day)
	for len(c.ledger("k").events) < 4 {
		c.take("k", c.per(2))
		c.pass(c.span)
	}
	c.refused("k", day)
}
