// The suite's own log of granted events. The trial in limitertest.go judges
// every answer by it.

package limitertest

import (
	"fmt"
	"math"
	"time"
)

// resolution is how coarse a limiter's clock may be. The limiter may round a span
// up by this much, and never down.
const resolution = time.Millisecond

// moment is when a call happened, as far as the caller knows.
type moment struct{ sent, answered time.Time }

// atLeast and atMost bound the time that passed since m.
func (now moment) atLeast(m moment) time.Duration { return now.sent.Sub(m.answered) }
func (now moment) atMost(m moment) time.Duration  { return now.answered.Sub(m.sent) }

// ledger is the log of one key: all events that were granted and not
// forgotten, however old, oldest first.
type ledger struct{ events []moment }

// judge returns what is certainly wrong with an answer, or "". Drift is how far
// the limiter's clock and ours may have run apart.
func (l *ledger) judge(windows map[time.Duration]int, now moment, wait, drift time.Duration) string {
	// Bounds of the wait. If shortest is 0 or less there may be room, if longest
	// is 0 or less there certainly is.
	shortest, longest := time.Duration(math.MinInt64), time.Duration(math.MinInt64)
	for per, n := range windows {
		if n > len(l.events) {
			continue
		}
		nth := l.events[len(l.events)-n] // the window is full while this one is in it
		shortest = max(shortest, per-now.atMost(nth))
		longest = max(longest, per-max(now.atLeast(nth), 0))
	}
	switch {
	case wait < 0:
		return "a negative wait"
	case wait == 0 && shortest > drift:
		return fmt.Sprintf("too many: the windows %v are full for another %v", windows, shortest)
	case wait == 0:
		return ""
	case longest <= -drift-resolution:
		return "refused, and there is room in every window"
	case wait < shortest-drift:
		return fmt.Sprintf("the wait is too short, want %v", shortest)
	case wait-longest > drift+resolution:
		return fmt.Sprintf("the wait is too long, want %v", longest)
	}
	return ""
}

// judgeEvents returns what is certainly wrong with the number of events that an
// answer tells, or "". recorded says that the answer itself recorded one.
func (l *ledger) judgeEvents(windows map[time.Duration]int, now moment, told int, recorded bool, drift time.Duration) string {
	var span time.Duration
	for per := range windows {
		span = max(span, per)
	}
	fewest, most := 0, 0
	for _, event := range l.events {
		if now.atMost(event) < span-drift {
			fewest++
		}
		if now.atLeast(event)-drift-resolution < span {
			most++
		}
	}
	if recorded {
		fewest, most = fewest+1, most+1
	}
	switch {
	case told < fewest:
		return fmt.Sprintf("%d events are told, there are %d", told, fewest)
	case told > most:
		return fmt.Sprintf("%d events are told, there are no more than %d", told, most)
	}
	return ""
}
