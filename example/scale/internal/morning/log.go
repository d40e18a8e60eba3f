// A sliding log that is small enough for a million members. A test compares it
// with stepup.MemoryLimiter. limits.go counts with it.

package morning

import (
	"cmp"
	"slices"
	"time"
)

// window allows n events in any span of length per.
type window struct {
	per moment
	n   int
}

type windows []window

// compact makes windows of those that a guard uses.
func compact(spans map[time.Duration]int) (ws windows) {
	for per, n := range spans {
		ws = append(ws, window{moment(per.Milliseconds()), n})
	}
	slices.SortFunc(ws, func(a, b window) int { return cmp.Compare(a.per, b.per) })
	return ws
}

func (ws windows) longest() (longest moment) {
	for _, w := range ws {
		longest = max(longest, w.per)
	}
	return longest
}

// log holds the times of the events of one key, oldest first.
type log []moment

// wait is how long until all windows have room; 0 = they have.
func (l log) wait(now moment, ws windows) (wait moment) {
	for _, w := range ws {
		if w.n <= len(l) {
			wait = max(wait, w.per-(now-l[len(l)-w.n]))
		}
	}
	return wait
}

// within counts the events that are younger than a span.
func (l log) within(now, span moment) (n int) {
	for n < len(l) && now-l[len(l)-1-n] < span {
		n++
	}
	return n
}

// add records an event, and drops those that are older than keep.
func (l *log) add(now, keep moment) {
	over := 0
	for over < len(*l) && now-(*l)[over] >= keep {
		over++
	}
	*l = append(slices.Delete(*l, 0, over), now)
}

// forget removes the newest events, n or as many as there are.
func (l *log) forget(n int) { *l = (*l)[:max(0, len(*l)-n)] }

// count is a log that is asked about, like stepup.Count.
type count struct {
	log      *log
	windows  windows
	limit    limit
	lookOnly bool
	advisory bool
	wait     moment // the answer
}

// take records one event in all logs if all have room and in none otherwise, as
// stepup.Limiter.Take does, and leaves the waits in counts.
func take(now moment, counts []count) (granted bool) {
	granted = true
	for i := range counts {
		c := &counts[i]
		c.wait = c.log.wait(now, c.windows)
		granted = granted && (c.wait == 0 || c.advisory)
	}
	if !granted {
		return false
	}
	for i := range counts {
		if c := &counts[i]; !c.lookOnly && c.wait == 0 {
			c.log.add(now, c.windows.longest())
		}
	}
	return true
}
