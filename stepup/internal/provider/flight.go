// Shares one call to Stytch among all requests that want the same answer at
// the same time. Ask and Judge go through it.

package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Answers are remembered this long, for the requests of one page load that
// come just after the one that asked.
const keepAnswer = 2 * time.Second

// flight shares one call among all that want the same answer at the same time,
// and remembers a good answer for a moment. Only slots must be set before use.
type flight[T any] struct {
	slots *slots        // whose close waits for the calls
	keeps time.Duration // how long answers are remembered; 0 = keepAnswer
	group singleflight.Group

	mu     sync.Mutex
	kept   map[string]keptAnswer[T]
	flying map[string]*underway // calls under way, without those that were forgotten
}

type underway struct{ session string }

type keptAnswer[T any] struct {
	session string
	value   T
	until   time.Time
}

// do returns the answer for key, which belongs to a session; call says whether
// its answer may be remembered. ctx bounds only the waiting: one client that
// hangs up must not fail the others, so call must not listen to it.
func (f *flight[T]) do(ctx context.Context, session, key string, call func() (value T, keep bool, err error)) (T, error) {
	if value, ok := f.recall(key); ok {
		return value, nil
	}
	answered := f.group.DoChan(key, func() (any, error) { return f.lead(session, key, call) })
	select {
	case answer := <-answered:
		value, _ := answer.Val.(T)
		return value, answer.Err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// lead makes the call and waits for its end, whatever that is.
func (f *flight[T]) lead(session, key string, call func() (T, bool, error)) (T, error) {
	var none T
	if !f.slots.enter() {
		return none, errClosed
	}
	defer f.slots.leave()
	if value, ok := f.recall(key); ok { // the flight before has just landed
		return value, nil
	}
	mine := f.begin(session, key)
	defer f.end(key, mine)
	value, keep, err := contained(call)
	if keep {
		f.keep(mine, key, value)
	}
	return value, err
}

// contained runs call in a goroutine of its own, so that a panic in a hook or
// a limiter ends the call and not the process, and so that runtime.Goexit
// (t.FailNow in a test) does not leave the others who share the answer
// waiting.
func contained[T any](call func() (T, bool, error)) (value T, keep bool, err error) {
	err = errors.New("stepup: a call ended without an answer")
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("stepup: panic (%T) during a call", p)
			}
		}()
		value, keep, err = call()
	}()
	<-done
	return value, keep, err
}

func (f *flight[T]) begin(session, key string) *underway {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flying == nil {
		f.flying = make(map[string]*underway)
	}
	mine := &underway{session}
	f.flying[key] = mine
	return mine
}

func (f *flight[T]) end(key string, mine *underway) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flying[key] == mine {
		delete(f.flying, key)
	}
}

func (f *flight[T]) recall(key string) (T, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer, ok := f.kept[key]
	if !ok || !time.Now().Before(answer.until) {
		var none T
		return none, false
	}
	return answer.value, true
}

// keep remembers an answer, unless its session was forgotten since the call
// began: the answer may then be from before the change.
func (f *flight[T]) keep(mine *underway, key string, value T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flying[key] != mine {
		return
	}
	now := time.Now()
	for k, answer := range f.kept {
		if !now.Before(answer.until) {
			delete(f.kept, k)
		}
	}
	if f.kept == nil {
		f.kept = make(map[string]keptAnswer[T])
	}
	f.kept[key] = keptAnswer[T]{session: mine.session, value: value, until: now.Add(cmp.Or(f.keeps, keepAnswer))}
}

// forget drops the answers about a session that has changed, and makes sure
// that calls under way add none.
func (f *flight[T]) forget(session string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, call := range f.flying {
		if call.session == session {
			delete(f.flying, k)
			f.group.Forget(k)
		}
	}
	for k, answer := range f.kept {
		if answer.session == session {
			delete(f.kept, k)
		}
	}
}
