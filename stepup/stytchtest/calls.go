// The log of API calls. The pipeline adds each call before it writes the reply;
// tests and the admin API read the log.

package stytchtest

import (
	"slices"
	"sync"
	"time"
)

// A Call is a request that reached the API. The admin API shows calls without
// their bodies and queries, since those contain codes and tokens.
type Call struct {
	Method    string
	Path      string
	Query     string    // as in the URL, without the question mark
	Body      []byte    // nil or empty = none
	Status    int       // 0 = the connection was closed without an answer
	ErrorType string    // "" = success, or the body of a Fault
	At        time.Time // when it was answered
}

// maxCalls bounds the memory of a long-running emulator.
const maxCalls = 10_000

// callLog holds the newest calls, oldest first. It has a lock of its own, since a
// call is logged after the state is unlocked.
type callLog struct {
	mu    sync.Mutex
	calls []Call
}

// add drops the older half when the log is full, which is cheaper than dropping
// one call each time.
func (l *callLog) add(c Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.At = time.Now()
	if len(l.calls) == maxCalls {
		l.calls = slices.Clone(l.calls[maxCalls/2:])
	}
	l.calls = append(l.calls, c)
}

func (l *callLog) list() []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.calls)
}

func (l *callLog) reset() { l.hold(nil) }

// hold replaces the log by a copy of these calls.
func (l *callLog) hold(calls []Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = slices.Clone(calls)
}
