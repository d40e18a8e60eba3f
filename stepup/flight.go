package stepup

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Answers are kept this long, for the requests of one page load that come
// just after the one that asked.
const keepAnswer = 2 * time.Second

// flight shares one call among all who want the same answer at the same time,
// and keeps a good answer for a moment. The zero value is ready.
type flight[T any] struct {
	group singleflight.Group
	mu    sync.Mutex
	kept  map[string]keptAnswer[T]
}

type keptAnswer[T any] struct {
	session string
	value   T
	until   time.Time
}

// do returns the answer for key, which belongs to a session; call says whether
// its answer may be kept. ctx bounds the waiting alone: that one client hangs
// up must not fail the others, so call gets no context from here.
func (f *flight[T]) do(ctx context.Context, session, key string, call func() (value T, keep bool, err error)) (T, error) {
	if value, ok := f.recall(key); ok {
		return value, nil
	}
	answered := f.group.DoChan(key, func() (any, error) {
		if value, ok := f.recall(key); ok { // the flight before has just landed
			return value, nil
		}
		value, keep, err := call()
		if keep {
			f.keep(session, key, value)
		}
		return value, err
	})
	select {
	case answer := <-answered:
		return answer.Val.(T), answer.Err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (f *flight[T]) recall(key string) (T, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer, ok := f.kept[key]
	if !ok || !now().Before(answer.until) {
		var none T
		return none, false
	}
	return answer.value, true
}

func (f *flight[T]) keep(session, key string, value T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, answer := range f.kept {
		if !now().Before(answer.until) {
			delete(f.kept, k)
		}
	}
	if f.kept == nil {
		f.kept = make(map[string]keptAnswer[T])
	}
	f.kept[key] = keptAnswer[T]{session: session, value: value, until: now().Add(keepAnswer)}
}

// forget drops what is kept of a session, because it has just changed.
func (f *flight[T]) forget(session string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, answer := range f.kept {
		if answer.session == session {
			delete(f.kept, k)
		}
	}
}
