// Shares one call among all that want the same answer at the same time.

package provider

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Answers are kept this long, for the requests of one page load that come
// just after the one that asked.
const keepAnswer = 2 * time.Second

// flight shares one call among all that want the same answer at the same time,
// and keeps a good answer for a moment. Its zero value but for slots is ready.
type flight[T any] struct {
	slots *slots // whose close waits for the calls
	group singleflight.Group

	mu     sync.Mutex
	kept   map[string]keptAnswer[T]
	flying map[string]*underway // calls under way that nothing was forgotten of
}

type underway struct{ session string }

type keptAnswer[T any] struct {
	session string
	value   T
	until   time.Time
}

// do returns the answer for key, which belongs to a session; call says whether
// its answer may be kept. ctx bounds the waiting alone: one client that
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

// contained runs call in a goroutine of its own, so that a panic of a hook or
// a limiter ends the call and not the process, and runtime.Goexit (t.FailNow in
// somebody's test) does not leave those waiting who share the answer.
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

// keep remembers an answer, unless something was forgotten since the call
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
	f.kept[key] = keptAnswer[T]{session: mine.session, value: value, until: now.Add(keepAnswer)}
}

// forget drops what is kept of a session, because it has changed, and keeps
// calls under way from being kept.
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
