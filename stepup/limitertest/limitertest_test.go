package limitertest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/limitertest"
)

// naive is the shortest correct limiter, which never forgets an event. Its flaw, if
// any, is one that real limiters have.
type naive struct {
	flaw string

	mu   sync.Mutex
	logs map[string][]time.Time
}

func (l *naive) Take(ctx context.Context, counts []limitertest.Count) ([]limitertest.Room, error) {
	if err := ctx.Err(); err != nil && l.flaw != "ignores the context" {
		return nil, err
	}
	if err := l.check(counts); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	rooms := make([]limitertest.Room, len(counts))
	granted := true
	for i, c := range counts {
		rooms[i] = l.look(c, now)
		granted = granted && (rooms[i].Wait == 0 || c.Advisory && l.flaw != "advisory stops the others" ||
			c.LookOnly && l.flaw == "looks without needing room")
		if l.flaw == "stops at the first that is full" && !granted {
			break
		}
		if l.flaw == "records key by key" && granted {
			l.record(c, rooms[i], now)
		}
	}
	if l.flaw == "checks before it locks" {
		l.pause()
	}
	for i, c := range counts {
		switch {
		case l.flaw == "records key by key",
			!granted && l.flaw == "records the advisory though others are refused" && !c.Advisory,
			!granted && l.flaw != "records refused takes" && l.flaw != "records the advisory though others are refused":
			continue
		}
		if l.record(c, rooms[i], now) && l.flaw != "tells the events from before" {
			rooms[i].Events++
		}
	}
	if l.flaw == "takes back in a crowd what is another's" && !granted {
		l.recordForAMoment(counts, now)
	}
	switch l.flaw {
	case "tells the slowest wait for all":
		for i := range rooms {
			rooms[i].Wait = max(rooms[i].Wait, rooms[0].Wait, rooms[len(rooms)-1].Wait)
		}
	case "answers in the order of the keys":
		slices.SortStableFunc(rooms, func(a, b limitertest.Room) int { return a.Events - b.Events })
	case "answers only for the first":
		rooms = rooms[:1]
	}
	return rooms, nil
}

func (l *naive) check(counts []limitertest.Count) error {
	if len(counts) == 0 && l.flaw != "grants no counts at all" {
		return errors.New("no counts")
	}
	keys := make(map[string]bool)
	for _, c := range counts {
		if c.Key == "" && l.flaw != "counts an empty key" {
			return errors.New("empty key")
		}
		if keys[c.Key] && l.flaw != "accepts a key that comes twice" {
			return errors.New("key comes twice")
		}
		keys[c.Key] = true
		if len(c.Windows) == 0 && l.flaw != "allows all without windows" {
			return errors.New("no windows")
		}
		for per, n := range c.Windows {
			if per <= 0 && l.flaw != "accepts a span of 0" || n <= 0 && l.flaw != "accepts n of 0" {
				return errors.New("bad window")
			}
		}
	}
	return nil
}

// look answers one count without recording.
func (l *naive) look(c limitertest.Count, now time.Time) (room limitertest.Room) {
	log := l.logs[l.name(c.Key)]
	var longest time.Duration
	for per, n := range c.Windows {
		wait := l.room(log, now, per, n)
		if l.flaw == "tells the shortest wait" && room.Wait > 0 && wait > 0 {
			room.Wait = min(room.Wait, wait)
		} else {
			room.Wait = max(room.Wait, wait)
		}
		longest = max(longest, per)
	}
	for _, t := range log {
		if now.Sub(t) < longest || l.flaw == "tells events that are over" {
			room.Events++
		}
	}
	return room
}

func (l *naive) record(c limitertest.Count, room limitertest.Room, now time.Time) bool {
	if c.LookOnly && l.flaw != "records what it should look at" {
		return false
	}
	if room.Wait != 0 && c.Advisory && l.flaw != "records the advisory without room" {
		return false
	}
	log := l.logs[l.name(c.Key)]
	l.logs[l.name(c.Key)] = append(slices.Clip(log), now)
	return true
}

// pause lets others in.
func (l *naive) pause() {
	l.mu.Unlock()
	time.Sleep(time.Microsecond)
	l.mu.Lock()
}

// recordForAMoment is a refused take that is recorded and then taken back, unless
// another came in between.
func (l *naive) recordForAMoment(counts []limitertest.Count, now time.Time) {
	logs := make(map[string]int)
	for _, c := range counts {
		if !c.LookOnly {
			l.record(limitertest.Count{Key: c.Key}, limitertest.Room{}, now)
			logs[l.name(c.Key)] = len(l.logs[l.name(c.Key)])
		}
	}
	l.pause()
	for key, n := range logs {
		if log := l.logs[key]; len(log) == n {
			l.logs[key] = log[:n-1]
		}
	}
}

// room is how long a window stays full.
func (l *naive) room(log []time.Time, now time.Time, per time.Duration, n int) time.Duration {
	switch l.flaw {
	case "fixed windows":
		if len(log) == 0 {
			return 0
		}
		begin := log[0].Add(now.Sub(log[0]) / per * per)
		count := 0
		for _, t := range log {
			if !t.Before(begin) {
				count++
			}
		}
		if count >= n {
			return per - now.Sub(begin)
		}
		return 0
	case "token bucket":
		every := per / time.Duration(n)
		var full time.Time // when the bucket is full again
		for _, t := range log {
			if t.After(full) {
				full = t
			}
			full = full.Add(every)
		}
		return max(full.Add(every).Sub(now)-per, 0)
	case "renews the span at each event":
		if len(log) >= n && now.Sub(log[len(log)-1]) < per {
			return per - now.Sub(log[len(log)-1])
		}
		return 0
	case "allows one more":
		n++
	case "forgets what is older than the window at hand":
		for len(log) > 0 && now.Sub(log[0]) >= per {
			log = slices.Delete(log, 0, 1)
		}
	case "closes a span late":
		per += 2 * time.Millisecond
	}
	if n <= 0 || n > len(log) {
		return 0
	}
	return max(per-now.Sub(log[len(log)-n]), 0)
}

func (l *naive) name(key string) string {
	switch l.flaw {
	case "folds keys":
		return strings.ToLower(key)
	case "cuts keys":
		return key[:min(len(key), 512)]
	case "trims keys":
		return strings.TrimSpace(key)
	}
	return key
}

func (l *naive) Forget(ctx context.Context, newest map[string]int) error {
	if err := ctx.Err(); err != nil && l.flaw != "ignores the context" {
		return err
	}
	var bad error
	for key, n := range newest {
		if key == "" && l.flaw != "forgets an empty key" || n < 1 && l.flaw != "forgets numbers below 1" {
			bad = errors.New("empty key or bad number")
		}
	}
	if bad != nil && l.flaw != "refuses to forget after it did" {
		return bad
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.flaw == "forgets all keys" {
		clear(l.logs)
	}
	for key, n := range newest {
		log := l.logs[l.name(key)]
		switch {
		case n < 1:
			continue
		case len(log) == 0 && l.flaw == "forget of nothing is an error":
			return errors.New("unknown key")
		case n > len(log) && l.flaw == "forgets nothing where there are fewer":
			continue
		case l.flaw == "forget does nothing":
			continue
		case l.flaw == "forgets one instead of n":
			n = 1
		case l.flaw == "forgets all instead of n":
			n = len(log)
		}
		n = min(n, len(log))
		if l.flaw == "forgets the oldest" {
			l.logs[l.name(key)] = log[n:]
		} else {
			l.logs[l.name(key)] = log[:len(log)-n]
		}
		if l.flaw == "forgets one key only" {
			break
		}
	}
	return bad
}

func open(flaw string) func(*testing.T) limitertest.Limiter {
	return func(*testing.T) limitertest.Limiter {
		return &naive{flaw: flaw, logs: make(map[string][]time.Time)}
	}
}

func TestRunPassesARightLimiter(t *testing.T) { limitertest.Run(t, open("")) }

func TestRunRealTimePassesARightLimiter(t *testing.T) { limitertest.RunRealTime(t, open("")) }

// The suite itself is tested with wrong limiters. It must fail each of them in the
// case that names the flaw, so they run in another process.
var flaws = map[string]string{
	"fixed windows":                                  "a greedy client",
	"token bucket":                                   "a greedy client",
	"allows one more":                                "n events are allowed",
	"checks before it locks":                         "1,000 parallel takes of several",
	"records refused takes":                          "all windows are taken or none",
	"renews the span at each event":                  "a greedy client",
	"forgets what is older than the window at hand":  "windows may change",
	"closes a span late":                             "a span ends on time",
	"tells the shortest wait":                        "the wait is that of the slowest",
	"forgets the oldest":                             "forget removes the newest",
	"forgets all instead of n":                       "forget gives back as many",
	"forgets one instead of n":                       "forget gives back as many",
	"forget does nothing":                            "parallel takes that are forgotten",
	"forget of nothing is an error":                  "forget of more than there are",
	"forgets nothing where there are fewer":          "forget of more than there are",
	"forgets all keys":                               "forget of all forgets one",
	"forgets one key only":                           "forget takes several keys",
	"forgets numbers below 1":                        "forget of numbers below 1",
	"forgets an empty key":                           "forget of numbers below 1",
	"refuses to forget after it did":                 "forget of numbers below 1",
	"records key by key":                             "several keys are taken all or none",
	"stops at the first that is full":                "each count gets its own room",
	"tells the slowest wait for all":                 "several keys are taken all or none",
	"answers in the order of the keys":               "each count gets its own room",
	"answers only for the first":                     "several keys are taken all or none",
	"tells the events from before":                   "each count gets its own room",
	"tells events that are over":                     "events that are over",
	"takes back in a crowd what is another's":        "1,000 parallel takes of several",
	"records what it should look at":                 "look-only records nothing",
	"looks without needing room":                     "look-only records nothing",
	"advisory stops the others":                      "advisory never stops",
	"records the advisory without room":              "advisory never stops",
	"records the advisory though others are refused": "advisory never stops",
	"accepts a key that comes twice":                 "a key that comes twice",
	"grants no counts at all":                        "what could mean no limit",
	"folds keys":                                     "keys never share",
	"cuts keys":                                      "keys never share",
	"trims keys":                                     "keys never share",
	"counts an empty key":                            "what could mean no limit",
	"allows all without windows":                     "what could mean no limit",
	"accepts a span of 0":                            "what could mean no limit",
	"accepts n of 0":                                 "what could mean no limit",
	"ignores the context":                            "a done context",
}

const flawVariable = "LIMITERTEST_FLAW"

func TestSuiteFailsAFlawedLimiter(t *testing.T) {
	if flaw := os.Getenv(flawVariable); flaw != "" {
		limitertest.Run(t, open(flaw))
		return
	}
	for flaw, failing := range flaws {
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			test := exec.Command(os.Args[0], "-test.run=^TestSuiteFailsAFlawedLimiter$")
			test.Env = append(os.Environ(), flawVariable+"="+flaw)
			output, err := test.CombinedOutput()
			if err == nil {
				t.Fatal("the suite passed it")
			}
			want := "--- FAIL: TestSuiteFailsAFlawedLimiter/" + strings.ReplaceAll(failing, " ", "_")
			if !strings.Contains(string(output), want) {
				t.Errorf("no %q in the output:\n%s", want, output)
			}
		})
	}
}
