// Cases of the suite that take several keys at once and need no time to pass.
// Listed in cases in limitertest.go.

package limitertest

import (
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// needs, looks and advises are counts of n events in an hour.
func needs(key string, n int) Count { return Count{Key: key, Windows: perHour(n)} }

func looks(key string, n int) Count {
	return Count{Key: key, Windows: perHour(n), LookOnly: true}
}

func advises(key string, n int) Count {
	return Count{Key: key, Windows: perHour(n), Advisory: true}
}

// holds fails the case unless exactly n events are under key.
func (c *trial) holds(key string, n int) {
	c.Helper()
	if got := c.takeAll(looks(key, all))[0].Events; got != n {
		c.Fatalf("%d events under %q, want %d", got, key, n)
	}
}

func severalAllOrNone(c *trial) {
	c.granted("full", perHour(1))
	for place := range 3 {
		var keys []string
		var counts []Count
		for i := range 3 {
			key := fmt.Sprintf("k%d of %d", i, place)
			keys = append(keys, key)
			counts = append(counts, needs(key, 2))
		}
		stopped := slices.Clone(counts)
		stopped[place] = needs("full", 1)
		c.grantedAll(counts...)
		for range 20 {
			c.refusedAll(stopped...)
		}
		for _, key := range keys {
			c.holds(key, 1)
		}
		c.grantedAll(counts...)
		c.refusedAll(counts...)
		for _, key := range keys {
			c.holds(key, 2)
		}
	}
	c.holds("full", 1)
	// As many as a guard asks for, and more.
	var many []Count
	for i := range 40 {
		many = append(many, needs(fmt.Sprint("one of many ", i), 1))
	}
	c.grantedAll(many...)
	c.refusedAll(many...)
	for _, count := range many {
		c.refusedAll(count)
	}
}

// parallelSeveral takes sets of keys that overlap, each in several orders. A
// limiter over several servers may refuse some that had room, for a moment; it may
// not grant one too many, and nothing of a refused take may stay.
func parallelSeveral(c *trial) {
	limits := []int{3, 20, 40, 60, 80, 100}
	var granted [6]atomic.Int64
	inParallel(func(i int) {
		// Three of the six keys, and which comes first differs.
		first, step := i%6, 1+i/6%2
		var counts []Count
		var keys []int
		for j := range 3 {
			key := (first + j*step) % 6
			keys = append(keys, key)
			counts = append(counts, needs(strconv.Itoa(key), limits[key]))
		}
		rooms, err := c.limiter.Take(c.Context(), counts)
		switch {
		case err != nil:
			c.Errorf("Take: %v", err)
		case len(rooms) != len(counts):
			c.Errorf("Take: %d rooms for %d counts", len(rooms), len(counts))
		case hadRoom(counts, rooms):
			for _, key := range keys {
				granted[key].Add(1)
			}
		}
	})
	for key, limit := range limits {
		want := int(granted[key].Load())
		if want > limit {
			c.Errorf("key %d: %d were granted in parallel, want %d at most", key, want, limit)
		}
		looked := []Count{looks(strconv.Itoa(key), all)}
		rooms, err := c.limiter.Take(c.Context(), looked)
		if err != nil || len(rooms) != 1 {
			c.Fatalf("Take(%v) = %v, %v", looked, rooms, err)
		}
		if rooms[0].Events != want {
			c.Errorf("key %d: %d events, and %d were granted", key, rooms[0].Events, want)
		}
	}
}

func ownRoom(c *trial) {
	for range 3 {
		c.granted("three", perHour(3))
	}
	c.granted("one", map[time.Duration]int{24 * time.Hour: 1})
	counts := []Count{
		needs("none", 1),
		needs("three", 3),
		{Key: "one", Windows: map[time.Duration]int{24 * time.Hour: 1}},
		looks("three again", 3),
	}
	// The ledger judges every number. What it tells apart is told here once more.
	for range 2 {
		rooms := c.refusedAll(counts...)
		if rooms[0] != (Room{}) || rooms[3] != (Room{}) || rooms[1].Events != 3 || rooms[2].Events != 1 {
			c.Fatalf("Take(%v) = %v, want 0, 3, 1 and 0 events and no wait for the first and the last", counts, rooms)
		}
		if rooms[1].Wait > time.Hour || rooms[2].Wait <= time.Hour {
			c.Fatalf("Take(%v) = %v, want the second to wait for an hour and the third for a day", counts, rooms)
		}
	}
	if rooms := c.grantedAll(needs("three", 9), needs("one", 9), needs("none", 9)); rooms[0].Events != 4 || rooms[1].Events != 2 || rooms[2].Events != 1 {
		c.Fatalf("a granted take tells %v, want 4, 2 and 1 events", rooms)
	}
}

func lookOnly(c *trial) {
	for range 5 {
		c.grantedAll(looks("k", 1))
		c.grantedAll(looks("k", 1), looks("l", 1))
	}
	c.grantedAll(needs("other", 10), looks("k", 1))
	c.holds("k", 0)
	c.holds("other", 1)
	c.granted("k", perHour(1))
	for range 5 {
		c.refusedAll(looks("k", 1))
		c.refusedAll(looks("k", 1), needs("other", 10))
		c.refusedAll(needs("other", 10), looks("k", 1), advises("third", 10))
	}
	c.grantedAll(needs("other", 10), looks("k", 2))
	c.holds("k", 1)
	c.holds("other", 2)
	c.holds("third", 0)
}

func advisory(c *trial) {
	// Recorded where there is room.
	c.grantedAll(advises("k", 2), needs("l", 10))
	c.grantedAll(needs("l", 10), advises("k", 2))
	c.holds("k", 2)
	// Without room it stops nobody, tells its wait, and records nothing.
	for range 3 {
		if rooms := c.grantedAll(advises("k", 2), needs("l", 10), advises("m", 10)); rooms[0].Wait == 0 {
			c.Fatalf("%v: a full advisory count tells no wait", rooms)
		}
	}
	c.holds("k", 2)
	c.holds("l", 5)
	c.holds("m", 3)
	// If another is refused, nothing is recorded, though there is room.
	for range 3 {
		c.refusedAll(advises("m", 10), needs("l", 5))
		c.refusedAll(needs("l", 5), advises("m", 10))
		c.refusedAll(looks("l", 5), advises("m", 10), advises("new", 10))
	}
	c.holds("l", 5)
	c.holds("m", 3)
	c.holds("new", 0)
	// Alone it is always granted.
	for range 3 {
		c.grantedAll(advises("alone", 2))
	}
	c.holds("alone", 2)
	c.grantedAll(advises("alone", 2), advises("k", 2), advises("m", 4))
	c.holds("m", 4)
	c.holds("k", 2)
}

func advisoryLookOnly(c *trial) {
	glances := func(key string, n int) Count {
		return Count{Key: key, Windows: perHour(n), LookOnly: true, Advisory: true}
	}
	c.granted("full", perHour(1))
	c.grantedAll(glances("full", 1))
	c.grantedAll(glances("new", 1))
	rooms := c.grantedAll(glances("full", 1), glances("new", 1), needs("k", 1))
	if rooms[0].Wait == 0 || rooms[0].Events != 1 || rooms[1] != (Room{}) {
		c.Fatalf("got %v, want a wait and one event for the first, and nothing for the second", rooms)
	}
	c.refusedAll(glances("new", 1), needs("k", 1))
	c.holds("full", 1)
	c.holds("new", 0)
	c.holds("k", 1)
}

func keyTwice(c *trial) {
	c.bad(needs("k", 1), needs("k", 1))
	c.bad(needs("k", 1), needs("l", 1), needs("k", 2))
	c.bad(needs("k", 1), looks("k", 1))
	c.bad(advises("k", 1), looks("k", 1))
	c.bad(looks("k", 1), looks("k", 1))
	c.grantedAll(needs("k", 1), needs("l", 1))
}
