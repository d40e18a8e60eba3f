// A limiter that counts what it is asked. New in instance.go gives it to the
// guard.

package instance

import (
	"context"
	"strings"
	"sync"

	"github.com/rungauth/rung/stepup"
)

// Limiter passes everything on to another one and counts the round trips.
type Limiter struct {
	of stepup.Limiter

	mu    sync.Mutex
	trips int
	rules map[string]stepup.Count
}

// Take implements stepup.Limiter.
func (l *Limiter) Take(ctx context.Context, counts []stepup.Count) ([]stepup.Room, error) {
	l.mu.Lock()
	l.trips++
	for _, c := range counts {
		purpose, _, _ := strings.Cut(c.Key, ":")
		if known, ok := l.rules[purpose]; !ok || known.LookOnly {
			if l.rules == nil {
				l.rules = make(map[string]stepup.Count)
			}
			l.rules[purpose] = c
		}
	}
	l.mu.Unlock()
	return l.of.Take(ctx, counts)
}

// Forget implements stepup.Limiter.
func (l *Limiter) Forget(ctx context.Context, newest map[string]int) error {
	l.mu.Lock()
	l.trips++
	l.mu.Unlock()
	return l.of.Forget(ctx, newest)
}

// Trips is the number of calls of the guard so far. Each is one round trip to a
// limiter in Redis.
func (l *Limiter) Trips() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.trips
}

// Rules are what the guard asked about, by the first part of the key, such as
// "send-member".
func (l *Limiter) Rules() map[string]stepup.Count {
	l.mu.Lock()
	defer l.mu.Unlock()
	rules := make(map[string]stepup.Count, len(l.rules))
	for purpose, c := range l.rules {
		rules[purpose] = c
	}
	return rules
}
