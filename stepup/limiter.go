// The interface of a limiter, which counts messages and passcodes before
// Stytch is asked. Package internal/quota calls it.

package stepup

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Limiter counts what must not happen too often: messages, which cost money,
// and wrong passcodes, which are guesses. It holds every counter on the server,
// because a counter in a cookie is rolled back by replaying an old cookie.
//
// [MemoryLimiter] serves an app of one process. An app of several needs one
// that they share, such as package redislimit; any other implementation has to
// pass the suite in package limitertest, which tests what is said here.
//
// Its methods may be called concurrently. A key is an opaque string, compared
// byte by byte; two keys never share events. When ctx is done before the call,
// nothing changes and the error wraps ctx.Err().
type Limiter interface {
	// Take records one event under the key of every count if all of them have
	// room, and under none otherwise: of many callers at once that want the
	// last event under one of their keys, one gets all of its own and the
	// others get nothing. The answer has one Room for each count, in order.
	//
	// An error means that nobody knows whether there was room: the caller must
	// deny. Events may have been recorded all the same, if the answer of a
	// server was lost. No counts at all, an empty key, a key that comes twice,
	// no windows, an n below 1 and a span that is not positive are refused with
	// an error: nothing that is left out may mean "no limit".
	//
	// The windows of a key may change between calls. Each call is judged by its
	// own windows over all events of the key, whichever windows those were taken
	// with. Events are kept for the longest span that the key has been taken
	// with while it had events; a longer span that comes later does not bring
	// back those that were dropped. So whoever uses a key with several sets of
	// windows should have the longest span in each.
	//
	// The counts are read during the call only. Setting the wall clock of the
	// caller back or forth changes no wait.
	Take(ctx context.Context, counts []Count) ([]Room, error)

	// Forget removes the newest events of keys, as many as the map says, or all
	// where there are fewer; other events stay. A number below 1 and an empty
	// key are refused with an error, and then nothing is removed. It is for
	// events that surely did not happen, such as a message that never left, and
	// for those that no longer matter. Of several concurrent takes it gives
	// back the newest, which need not be the caller's own: their number is right
	// at once, their times are wrong by no more than lay between them.
	Forget(ctx context.Context, newest map[string]int) error
}

// A Count is one key that a [Limiter] is asked about. It is an alias of a type
// without a name, so that a Limiter need not import this package.
type Count = struct {
	Key string
	// Windows are the most events that any span of a length may hold, by its
	// length: not in a calendar hour, in whatever hour one looks at. An event
	// leaves the window when it is exactly as old as the span is long.
	Windows map[time.Duration]int
	// LookOnly records nothing under the key, and still needs room.
	LookOnly bool
	// Advisory never keeps the other counts from being taken: an event is
	// recorded where there is room, if the others have room.
	Advisory bool
}

// A Room is the answer for one [Count].
type Room = struct {
	// Wait is how long until all windows have room: 0 = they had. A Take with
	// the same windows after that time finds room unless others came first.
	Wait time.Duration
	// Events are under the key now, as far as its longest window looks back,
	// with the one that was just recorded.
	Events int
}

// checkCounts refuses whatever could be read as "no limit".
func checkCounts(counts []Count) error {
	if len(counts) == 0 {
		return errors.New("stepup: limiter: no counts")
	}
	for i, c := range counts {
		if c.Key == "" {
			return errors.New("stepup: limiter: empty key")
		}
		if len(c.Windows) == 0 {
			return errors.New("stepup: limiter: no windows")
		}
		for per, n := range c.Windows {
			if per <= 0 || n <= 0 {
				return fmt.Errorf("stepup: limiter: window of %d events per %v: both must be positive", n, per)
			}
		}
		for _, other := range counts[:i] {
			if other.Key == c.Key {
				return errors.New("stepup: limiter: a key comes twice")
			}
		}
	}
	return nil
}

func checkNewest(newest map[string]int) error {
	for key, n := range newest {
		if key == "" {
			return errors.New("stepup: limiter: empty key")
		}
		if n < 1 {
			return fmt.Errorf("stepup: limiter: %d events to forget, want 1 or more", n)
		}
	}
	return nil
}

// longestSpan is how far back windows look.
func longestSpan(windows map[time.Duration]int) (longest time.Duration) {
	for per := range windows {
		longest = max(longest, per)
	}
	return longest
}
