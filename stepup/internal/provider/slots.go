// Bounds the calls to Stytch in number and time, and ends them on Close. Every
// call goes through it.

package provider

import (
	"context"
	"errors"
	"sync"
	"time"
)

// This many calls to Stytch may be under way at once. When Stytch is slow, the
// ones beyond are refused at once instead of piling up.
const maxCallsInFlight = 100

var (
	errBusy   = errors.New("stepup: too many calls to Stytch are under way")
	errClosed = errors.New("stepup: the guard is closed")
)

// slots bound what this process asks of Stytch. A call does not end with the
// request that began it: others may wait for the same answer, and a passcode
// that was judged must be accounted for even if its sender has hung up. So
// something else must be able to end it.
type slots struct {
	free chan struct{}

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
	cancels map[*context.CancelFunc]struct{}
}

func newSlots() *slots {
	return &slots{
		free:    make(chan struct{}, maxCallsInFlight),
		cancels: make(map[*context.CancelFunc]struct{}),
	}
}

// call runs fn with a context that outlives the request of ctx: others with
// other deadlines may be waiting for the same answer. It ends after patience,
// or when the slots are closed.
func (s *slots) call(ctx context.Context, patience time.Duration, fn func(context.Context) error) error {
	select {
	case s.free <- struct{}{}:
		defer func() { <-s.free }()
	default:
		return errBusy
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if !s.hold(&cancel) {
		return errClosed
	}
	defer s.release(&cancel)
	return fn(ctx)
}

// within is patience, or what the deadline of ctx leaves of it: for calls that
// nobody else waits for.
func within(ctx context.Context, patience time.Duration) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return min(patience, time.Until(deadline))
	}
	return patience
}

func (s *slots) hold(cancel *context.CancelFunc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.cancels[cancel] = struct{}{}
	return true
}

func (s *slots) release(cancel *context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cancels, cancel)
}

// enter and leave count what close has to wait for.
func (s *slots) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

func (s *slots) leave() { s.running.Done() }

// close cuts the calls under way short and waits for what follows them.
func (s *slots) close() {
	s.mu.Lock()
	s.closed = true
	for cancel := range s.cancels {
		(*cancel)()
	}
	s.mu.Unlock()
	s.running.Wait()
}
