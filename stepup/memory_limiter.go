// The limiter of an app of one process. New uses it if Config.Limiter is nil.

package stepup

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrLimiterFull is returned by [MemoryLimiter.Take] for a new key while
// MaxKeys other keys hold events that still count.
var ErrLimiterFull = errors.New("stepup: limiter is full of live keys")

// MemoryLimiter is a [Limiter] for an app of one process. Its zero value is
// ready to use. It may be used concurrently, and must not be copied after
// first use. Two processes with one MemoryLimiter each allow twice as much,
// and a restart loses every counter: where that matters, use package
// redislimit.
//
// It keeps a sliding log: the time of each event that still counts, 8 bytes
// each. Token buckets and fixed windows are smaller and let up to 2n events
// through in some span of length per.
//
// An attacker who can make up keys must not be able to push out the counter
// that stops them. So a key is evicted only when all its events have expired,
// and while MaxKeys keys are live a new one is refused with [ErrLimiterFull].
// There is no goroutine that cleans up: each Take removes one more dead key
// than it can add.
type MemoryLimiter struct {
	// MaxKeys bounds the number of keys with live events; 0 or less means
	// 100,000, about 25 MB with five events each. It is read by each Take and
	// must not be changed while the limiter is in use.
	MaxKeys int

	mu    sync.Mutex
	start time.Time // all times below are counted from here, on the monotonic clock
	logs  map[string]*eventLog
	queue expiryQueue // the same logs, the first to die on top
}

const defaultMaxKeys = 100_000

var _ Limiter = (*MemoryLimiter)(nil)

// eventLog holds the events of one key that may still count.
type eventLog struct {
	key     string
	times   []time.Duration // oldest first
	keep    time.Duration   // the longest span that this key was taken with
	expires time.Duration   // newest event + keep
	index   int             // in the queue
}

// Take implements [Limiter]. It blocks only for the lock, and returns an error
// only for a done context, for arguments that are refused, and
// [ErrLimiterFull].
func (m *MemoryLimiter) Take(ctx context.Context, counts []Count) ([]Room, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("stepup: limiter: %w", err)
	}
	if err := checkCounts(counts); err != nil {
		return nil, err
	}
	rooms := make([]Room, len(counts))

	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.sweep(now, len(counts)+1)
	granted, added := true, 0
	for i, c := range counts {
		log := m.live(c.Key, now)
		if log == nil {
			if !c.LookOnly {
				added++
			}
			continue
		}
		longest := longestSpan(c.Windows)
		log.forget(now)
		if !c.LookOnly {
			log.keep = max(log.keep, longest)
		}
		rooms[i] = Room{Wait: log.wait(now, c.Windows), Events: log.within(now, longest)}
		m.reschedule(log)
		granted = granted && (rooms[i].Wait == 0 || c.Advisory)
	}
	if !granted {
		return rooms, nil
	}
	if len(m.logs)+added > m.maxKeys() {
		return nil, ErrLimiterFull
	}
	for i, c := range counts {
		if !c.LookOnly && rooms[i].Wait == 0 {
			m.record(c.Key, longestSpan(c.Windows), now)
			rooms[i].Events++
		}
	}
	return rooms, nil
}

// Forget implements [Limiter].
func (m *MemoryLimiter) Forget(ctx context.Context, newest map[string]int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("stepup: limiter: %w", err)
	}
	if err := checkNewest(newest); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, n := range newest {
		log := m.live(key, m.now())
		if log == nil {
			continue
		}
		if n >= len(log.times) {
			m.remove(log)
			continue
		}
		log.times = log.times[:len(log.times)-n]
		m.reschedule(log)
	}
	return nil
}

// now is the time since the first use, by the monotonic clock, so that setting
// the wall clock opens and closes nothing.
func (m *MemoryLimiter) now() time.Duration {
	if m.start.IsZero() {
		m.start = time.Now()
	}
	return time.Since(m.start)
}

// sweep evicts dead keys, n at most, so that no caller pays for many others.
func (m *MemoryLimiter) sweep(now time.Duration, n int) {
	for range n {
		if len(m.queue) == 0 || m.queue[0].expires > now {
			return
		}
		m.remove(m.queue[0])
	}
}

// live returns the log of key, or nil if key has no event that still counts.
func (m *MemoryLimiter) live(key string, now time.Duration) *eventLog {
	log, ok := m.logs[key]
	if !ok {
		return nil
	}
	if log.expires <= now {
		m.remove(log)
		return nil
	}
	return log
}

// record adds an event to the log of a key, which it opens where there is none.
func (m *MemoryLimiter) record(key string, longest, now time.Duration) {
	if log := m.logs[key]; log != nil {
		log.times = append(log.times, now)
		m.reschedule(log)
		return
	}
	if m.logs == nil {
		m.logs = make(map[string]*eventLog)
	}
	// The caller's key may be a piece of a much larger string.
	log := &eventLog{key: strings.Clone(key), times: []time.Duration{now}, keep: longest}
	log.expires = log.expiry()
	m.logs[log.key] = log
	heap.Push(&m.queue, log)
}

func (m *MemoryLimiter) maxKeys() int {
	if m.MaxKeys <= 0 {
		return defaultMaxKeys
	}
	return m.MaxKeys
}

// reschedule moves log to its place in the queue after its events or its span
// changed.
func (m *MemoryLimiter) reschedule(log *eventLog) {
	if expires := log.expiry(); expires != log.expires {
		log.expires = expires
		heap.Fix(&m.queue, log.index)
	}
}

func (m *MemoryLimiter) remove(log *eventLog) {
	delete(m.logs, log.key)
	heap.Remove(&m.queue, log.index)
}

// forget drops the events that have expired, in place.
func (l *eventLog) forget(now time.Duration) {
	over := 0
	for over < len(l.times) && now-l.times[over] >= l.keep {
		over++
	}
	l.times = slices.Delete(l.times, 0, over)
}

// wait returns how long it takes until all windows have room: 0 if they have.
// A window is full exactly when its nth newest event is younger than its span.
func (l *eventLog) wait(now time.Duration, windows map[time.Duration]int) time.Duration {
	var wait time.Duration
	for per, n := range windows {
		if n > len(l.times) {
			continue
		}
		age := now - l.times[len(l.times)-n]
		wait = max(wait, per-age)
	}
	return wait
}

// within counts the events that are younger than a span.
func (l *eventLog) within(now, span time.Duration) int {
	n := 0
	for n < len(l.times) && now-l.times[len(l.times)-1-n] < span {
		n++
	}
	return n
}

// expiry is the time when the newest event expires. A sum that overflowed
// would be in the past, and the key would be free again.
func (l *eventLog) expiry() time.Duration {
	newest := l.times[len(l.times)-1]
	if l.keep > math.MaxInt64-newest {
		return math.MaxInt64
	}
	return newest + l.keep
}

// expiryQueue is a heap of logs, the first to expire on top.
type expiryQueue []*eventLog

func (q expiryQueue) Len() int           { return len(q) }
func (q expiryQueue) Less(i, j int) bool { return q[i].expires < q[j].expires }

func (q expiryQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push implements [heap.Interface].
func (q *expiryQueue) Push(x any) {
	log := x.(*eventLog)
	log.index = len(*q)
	*q = append(*q, log)
}

// Pop implements [heap.Interface].
func (q *expiryQueue) Pop() any {
	last := len(*q) - 1
	log := (*q)[last]
	(*q)[last] = nil // else the slice would keep it alive
	*q = (*q)[:last]
	return log
}
