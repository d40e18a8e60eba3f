package provider

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// numbered shares calls that answer with their number.
type numbered struct {
	flight[int]
	calls atomic.Int64
}

func newNumbered() *numbered { return &numbered{flight: flight[int]{slots: newSlots(100)}} }

// ask makes a call that takes that long.
func (n *numbered) ask(ctx context.Context, session, key string, takes time.Duration, keep bool) (int, error) {
	return n.do(ctx, session, key, func() (int, bool, error) {
		number := n.calls.Add(1)
		time.Sleep(takes)
		return int(number), keep, nil
	})
}

func (n *numbered) want(t *testing.T, session, key string, want int) {
	t.Helper()
	if got, err := n.ask(t.Context(), session, key, 0, true); got != want || err != nil {
		t.Errorf("got %d, %v, want %d", got, err, want)
	}
}

func TestAllWhoWaitShareOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newNumbered()
		answers := make(chan int)
		const n = 100
		for range n {
			go func() {
				answer, err := f.ask(t.Context(), "session", "key", time.Second, false)
				if err != nil {
					t.Error(err)
				}
				answers <- answer
			}()
		}
		for range n {
			if got := <-answers; got != 1 {
				t.Errorf("got the answer of call %d, want that of the first", got)
			}
		}
		f.want(t, "session", "key", 2) // it was not to be remembered
		f.want(t, "session", "other key", 3)
	})
}

func TestAGoodAnswerIsRememberedForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newNumbered()
		f.want(t, "session", "key", 1)
		time.Sleep(keepAnswer - time.Nanosecond)
		f.want(t, "session", "key", 1)
		time.Sleep(time.Nanosecond)
		f.want(t, "session", "key", 2)
		for _, key := range []string{"a", "b", "c"} {
			_, _ = f.ask(t.Context(), "session", key, 0, true)
		}
		time.Sleep(keepAnswer)
		f.want(t, "session", "last", 6)
		if len(f.kept) != 1 {
			t.Errorf("%d answers are remembered, want the last one alone", len(f.kept))
		}
	})
}

func TestAnErrorIsNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newNumbered()
		failed := errors.New("failed")
		if _, err := f.do(t.Context(), "session", "key", func() (int, bool, error) { return 0, false, failed }); err != failed {
			t.Errorf("got %v, want the error of the call", err)
		}
		f.want(t, "session", "key", 1)
	})
}

func TestWhatIsForgottenIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newNumbered()
		f.want(t, "one", "first key", 1)
		f.want(t, "one", "second key", 2)
		f.want(t, "other", "third key", 3)
		f.forget("one")
		f.want(t, "other", "third key", 3)
		f.want(t, "one", "first key", 4)
		f.want(t, "one", "second key", 5)
	})
}

// Its answer may be from before the change.
func TestACallUnderWayDuringAForgetIsNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newNumbered()
		go func() { _, _ = f.ask(t.Context(), "session", "key", time.Second, true) }()
		time.Sleep(time.Millisecond)
		f.forget("session")
		time.Sleep(time.Second)
		f.want(t, "session", "key", 2)
		f.want(t, "session", "key", 2) // this one began afterwards
	})
}

// The call runs in a goroutine where net/http recovers nothing.
func TestACallThatNeverReturnsIsAnError(t *testing.T) {
	for name, end := range map[string]func(){
		"a panic":                  func() { panic("123456") },
		"a panic of an error":      func() { panic(errors.New("123456")) },
		"the end of its goroutine": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newNumbered()
				errs := make(chan error)
				for range 3 {
					go func() {
						_, err := f.do(t.Context(), "session", "key", func() (int, bool, error) {
							time.Sleep(time.Second)
							end()
							return 1, true, nil
						})
						errs <- err
					}()
				}
				for range 3 {
					if err := <-errs; err == nil || !strings.HasPrefix(err.Error(), "stepup: ") || strings.Contains(err.Error(), "123456") {
						t.Errorf("got %v, want an error of ours without what was said", err)
					}
				}
				f.want(t, "session", "key", 1)
				f.slots.close() // nothing is left to wait for
			})
		})
	}
}

// A client that hangs up must neither fail the others nor lose what the call
// found out.
func TestAClientThatHangsUpDoesNotEndTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newNumbered()
		first, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := f.ask(first, "session", "key", time.Second, true)
			left <- err
		}()
		time.Sleep(time.Millisecond)
		answer := make(chan int)
		go func() {
			got, err := f.ask(t.Context(), "session", "key", time.Second, true)
			if err != nil {
				t.Error(err)
			}
			answer <- got
		}()
		began := time.Now()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) || time.Since(began) != 0 {
			t.Errorf("the client that hung up got %v after %v", err, time.Since(began))
		}
		if got := <-answer; got != 1 {
			t.Errorf("a client that waited got the answer of call %d, want that of the first", got)
		}
		f.want(t, "session", "key", 1)
	})
}

func TestNoSharedCallBeginsAfterClose(t *testing.T) {
	f := newNumbered()
	f.slots.close()
	if _, err := f.ask(t.Context(), "session", "key", 0, true); err != errClosed || f.calls.Load() != 0 {
		t.Errorf("got %v after %d calls, want %v and none", err, f.calls.Load(), errClosed)
	}
}
