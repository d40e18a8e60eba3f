package stepup

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rungauth/rung/stepup/stytch"
)

// So many calls to Stytch may be under way at once. When Stytch is slow, the
// ones beyond are refused at once instead of piling up.
const maxCallsInFlight = 100

var (
	errBusy   = errors.New("stepup: too many calls to Stytch are under way")
	errClosed = errors.New("stepup: the guard is closed")
)

// service bounds what this process asks of Stytch, in number and in time.
// Calls do not end with the request that began them: others may wait for the
// same answer, and a code that was judged must be accounted for even if its
// sender has hung up. So somebody else must be able to end them.
type service struct {
	client *stytch.Client
	slots  chan struct{}

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
	cancels map[*context.CancelFunc]struct{}
}

func newService(client *stytch.Client) *service {
	return &service{
		client:  client,
		slots:   make(chan struct{}, maxCallsInFlight),
		cancels: make(map[*context.CancelFunc]struct{}),
	}
}

// call runs fn with a context that outlives the request of ctx: neither its
// end nor its deadline, which others who wait for the same answer do not
// share, reaches fn. It ends after patience, or when the service is closed.
func (s *service) call(ctx context.Context, patience time.Duration, fn func(context.Context) error) error {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
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

func (s *service) hold(cancel *context.CancelFunc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.cancels[cancel] = struct{}{}
	return true
}

func (s *service) release(cancel *context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cancels, cancel)
}

// enter and leave count what close has to wait for.
func (s *service) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

func (s *service) leave() { s.running.Done() }

// close cuts the calls under way short and waits for what follows them.
func (s *service) close() {
	s.mu.Lock()
	s.closed = true
	for cancel := range s.cancels {
		(*cancel)()
	}
	s.mu.Unlock()
	s.running.Wait()
}
