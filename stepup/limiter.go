// The interface of a limiter, which counts messages and passcodes before
// Stytch is asked. Package internal/quota calls it.

package stepup

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Limiter counts what must not happen too often: text messages, which cost
// money, and wrong passcodes, which are guesses. It holds every counter on the
// server, because replaying an old cookie would roll back a counter in a
// cookie.
//
// [MemoryLimiter] serves an app of one process. An app of several needs one
// that they share, such as package redislimit; any other implementation has to
// pass the suite in package limitertest, which tests what is said here.
//
// All methods may be called concurrently. A key is an opaque string, compared
// byte by byte; two keys never share events. When ctx is done before the call,
// nothing changes and the error wraps ctx.Err().
type Limiter interface {
	// Take records one event under key if every window allows it, and returns
	// 0. Otherwise it records nothing, in no window, and returns how long to
	// wait: a Take with the same windows after that time succeeds unless
	// others came first. A window {per: n} means at most n events in any span
	// of length per, wherever the span begins. An event leaves the window when
	// it is exactly per old.
	//
	// An error means that it is not known whether there was room: the caller
	// must deny. The event may have been recorded all the same, if the answer
	// of a server was lost. The duration is 0 then. An empty key is an error,
	// since it would count everybody as one. So are no windows at all, an n
	// below 1 and a span that is not positive: nothing that is left out may
	// mean "no limit".
	//
	// The windows of a key may change between calls. Each call is judged by
	// its own windows over all events of the key, whichever windows those were
	// taken with. Events are kept for the longest span that the key has been
	// taken with while it had events; a longer span that comes later does not
	// bring back those that were dropped. A caller that uses a key with
	// several sets of windows should have the longest span in each.
	//
	// The windows are read only during the call. Setting the caller's wall
	// clock changes no wait.
	Take(ctx context.Context, key string, windows map[time.Duration]int) (retryAfter time.Duration, err error)

	// Undo removes the newest event of key, if there is one, and no other. It
	// is for events that surely did not happen, such as a message that never
	// left. After concurrent takes the newest need not be the caller's own:
	// the number is right at once, and the times are off by no more than the
	// time between the takes.
	Undo(ctx context.Context, key string) error

	// Reset forgets all events of key. A key without events is no error.
	Reset(ctx context.Context, key string) error
}

// longestSpan refuses anything that could be read as "no limit", and returns
// the longest span of the windows.
func longestSpan(key string, windows map[time.Duration]int) (time.Duration, error) {
	if key == "" {
		return 0, errors.New("stepup: limiter: empty key")
	}
	if len(windows) == 0 {
		return 0, errors.New("stepup: limiter: no windows")
	}
	var longest time.Duration
	for per, n := range windows {
		if per <= 0 || n <= 0 {
			return 0, fmt.Errorf("stepup: limiter: window of %d events per %v: both must be positive", n, per)
		}
		longest = max(longest, per)
	}
	return longest, nil
}
