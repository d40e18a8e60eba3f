// Cases of the suite that give events back and need no time to pass. Listed in
// cases in limitertest.go.

package limitertest

import "math"

func forgetGivesBack(c *trial) {
	for range 5 {
		c.granted("k", perHour(5))
	}
	c.granted("other", perHour(1))
	c.forget("k", 1)
	c.granted("k", perHour(5))
	c.refused("k", perHour(5))
	c.forget("k", 3)
	c.holds("k", 2)
	for range 3 {
		c.granted("k", perHour(5))
	}
	c.refused("k", perHour(5))
	c.forget("k", 5)
	c.holds("k", 0)
	c.refused("other", perHour(1))
}

func forgetOfMore(c *trial) {
	for _, n := range []int{1, 2, 7, all, math.MaxInt} {
		c.forget("k", n)
		c.forget("k", n)
		c.granted("k", perHour(2))
		c.granted("k", perHour(2))
		c.refused("k", perHour(2))
		c.forget("k", max(n, 3))
		c.holds("k", 0)
	}
}

func forgetOfAll(c *trial) {
	c.forget("unknown", all)
	for _, key := range []string{"k", "other"} {
		c.granted(key, perHour(2))
		c.granted(key, perHour(2))
	}
	c.forget("k", all)
	c.forget("k", all)
	c.refused("other", perHour(2))
	c.granted("k", perHour(2))
	c.granted("k", perHour(2))
	c.refused("k", perHour(2))
}

func forgetOfSeveral(c *trial) {
	keys := []string{"a", "b", "c", "d"}
	for range 4 {
		for _, key := range keys {
			c.granted(key, perHour(4))
		}
	}
	c.forgetAll(map[string]int{"a": 1, "b": 3, "c": 9, "unknown": 2})
	for i, want := range []int{3, 1, 0, 4} {
		c.holds(keys[i], want)
	}
	c.forgetAll(nil)
	c.forgetAll(map[string]int{})
	c.holds("a", 3)
}

func forgetBadNumbers(c *trial) {
	for range 2 {
		c.grantedAll(needs("k", 2), needs("l", 2))
	}
	for _, newest := range []map[string]int{
		{"k": 0},
		{"k": -1},
		{"k": math.MinInt},
		{"": 1},
		{"k": 1, "l": 0},
		{"k": -2, "l": 2},
		{"k": 1, "l": 1, "": 1},
		{"k": 1, "l": 1, "unknown": 0},
	} {
		for range 20 { // a map has a new order each time
			if err := c.limiter.Forget(c.Context(), newest); err == nil {
				c.Errorf("Forget(%v): no error", newest)
			}
		}
	}
	c.holds("k", 2)
	c.holds("l", 2)
}

// parallelForget gives back whatever it got.
func parallelForget(c *trial) {
	counts := []Count{needs("k", 7), needs("l", 9)}
	inParallel(func(int) {
		rooms, err := c.limiter.Take(c.Context(), counts)
		if err != nil {
			c.Errorf("Take: %v", err)
		} else if hadRoom(counts, rooms) {
			if err := c.limiter.Forget(c.Context(), map[string]int{"k": 1, "l": 1}); err != nil {
				c.Errorf("Forget: %v", err)
			}
		}
	})
	for range 7 {
		c.grantedAll(counts...)
	}
	c.refusedAll(counts...)
}
