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

func (l *naive) Take(ctx context.Context, key string, windows map[time.Duration]int) (time.Duration, error) {
	if err := ctx.Err(); err != nil && l.flaw != "ignores the context" {
		return 0, err
	}
	if key == "" && l.flaw != "counts an empty key" {
		return 0, errors.New("empty key")
	}
	if len(windows) == 0 && l.flaw != "allows all without windows" {
		return 0, errors.New("no windows")
	}
	for per, n := range windows {
		if per <= 0 && l.flaw != "accepts a span of 0" || n <= 0 && l.flaw != "accepts n of 0" {
			return 0, errors.New("bad window")
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	key = l.name(key)
	log := l.logs[key]
	var wait time.Duration
	for per, n := range windows {
		room := l.room(log, now, per, n)
		if l.flaw == "tells the shortest wait" && wait > 0 && room > 0 {
			wait = min(wait, room)
		} else {
			wait = max(wait, room)
		}
	}
	if l.flaw == "checks before it locks" {
		l.mu.Unlock()
		time.Sleep(time.Microsecond)
		l.mu.Lock()
		log = l.logs[key]
	}
	if wait == 0 || l.flaw == "records refused takes" {
		l.logs[key] = append(slices.Clip(log), now)
	}
	return wait, nil
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

func (l *naive) Undo(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	log := l.logs[l.name(key)]
	switch {
	case len(log) == 0 && l.flaw == "undo of nothing is an error":
		return errors.New("unknown key")
	case len(log) == 0:
		return nil
	case l.flaw == "undo removes the oldest":
		log = log[1:]
	case l.flaw == "undo removes all":
		log = nil
	case l.flaw == "undo does nothing":
	default:
		log = log[:len(log)-1]
	}
	l.logs[l.name(key)] = log
	return nil
}

func (l *naive) Reset(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.flaw == "reset forgets all keys" {
		clear(l.logs)
	}
	delete(l.logs, l.name(key))
	return nil
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
	"fixed windows":                                 "a greedy client",
	"token bucket":                                  "a greedy client",
	"allows one more":                               "n events are allowed",
	"checks before it locks":                        "1,000 parallel takes",
	"records refused takes":                         "all windows are taken or none",
	"renews the span at each event":                 "a greedy client",
	"forgets what is older than the window at hand": "windows may change",
	"closes a span late":                            "a span ends on time",
	"tells the shortest wait":                       "the wait is that of the slowest",
	"undo removes the oldest":                       "undo removes the newest",
	"undo removes all":                              "undo gives back one",
	"undo does nothing":                             "parallel takes that are undone",
	"undo of nothing is an error":                   "undo without events",
	"reset forgets all keys":                        "reset forgets one key",
	"folds keys":                                    "keys never share",
	"cuts keys":                                     "keys never share",
	"trims keys":                                    "keys never share",
	"counts an empty key":                           "what could mean no limit",
	"allows all without windows":                    "what could mean no limit",
	"accepts a span of 0":                           "what could mean no limit",
	"accepts n of 0":                                "what could mean no limit",
	"ignores the context":                           "a done context",
}

const flawVariable = "LIMITERTEST_FLAW"

func TestSuiteFailsAFlawedLimiter(t *testing.T) {
	if flaw := os.Getenv(flawVariable); flaw != "" {
		limitertest.Run(t, open(flaw))
		return
	}
	for flaw, failing := range flaws {
		t.Run(flaw, func(t *testing.T) {
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
