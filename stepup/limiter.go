package stepup

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Limiter counts what must not happen too often: text messages, which cost
// money, and wrong codes, which are guesses. It holds every counter on the
// server, because a counter in a cookie is rolled back by replaying an old
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
	// Take records one event under key if every window allows it, and returns 0.
	// Otherwise it records nothing, in no window, and returns how long to wait:
	// a Take with the same windows after that time succeeds unless others came
	// first. A window {per: n} means never more than n events in any span of
	// length per: not in a calendar hour, in whatever hour one looks at. An
	// event leaves the window when it is exactly per old.
	//
	// An error means that nobody knows whether there was room: the caller must
	// deny. The event may have been recorded all the same, if the answer of a
	// server was lost. The duration is 0 then. An empty key is refused with an
	// error, since what belongs to nobody would be counted for everybody, and so
	// are no windows at all, an n below 1 and a span that is not positive:
	// nothing that is left out may mean "no limit".
	//
	// The windows of a key may change between calls. Each call is judged by its
	// own windows over all events of the key, whichever windows those were taken
	// with. Events are kept for the longest span that the key has been taken
	// with while it had events; a longer span that comes later does not bring
	// back those that were dropped. So whoever uses a key with several sets of
	// windows should have the longest span in each.
	//
	// The windows are read during the call only. Setting the wall clock of the
	// caller back or forth changes no wait.
	Take(ctx context.Context, key string, windows map[time.Duration]int) (retryAfter time.Duration, err error)

	// Undo removes the newest event of key, and only that one; without events,
	// nothing. It is for events that surely did not happen, such as a message
	// that never left. Of several concurrent takes it gives back the newest,
	// which need not be the caller's own: their number is right at once, their
	// times are wrong by no more than lay between them.
	Undo(ctx context.Context, key string) error

	// Reset forgets all events of key. A key without events is no error.
	Reset(ctx context.Context, key string) error
}

// longestSpan refuses whatever could be read as "no limit", and returns the
// longest span of the windows.
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
