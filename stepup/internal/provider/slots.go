// Bounds the calls to Stytch in number and time, lets them wait for their turn,
// and ends them on Close. Everything that provider.go, standing.go and prove.go
// ask goes through it.

package provider

import (
	"context"
	"errors"
	"sync"
	"time"
)

// class is what a call is for. Calls of one class wait for each other, first
// come first served; the classes take turns, so that none starves another: not
// a thousand renewals after a deploy the passcodes, nor the other way round.
type class uint8

const (
	classAsk class = iota
	classSend
	classProve
	classStranger // nothing that was verified vouches for the caller
	classes
)

const (
	// Of the calls that may be under way, strangers get one in so many, at least
	// one.
	strangersShare = 20
	// And this many calls of theirs begin in a second.
	strangersPerSecond = 5
	// This many calls of a class wait. The ones beyond could not be served in
	// time, and would only pile up.
	maxWaiting = 2000
	// A call that others wait for too waits this long for its turn, so that
	// enough is left of the patience of a request to make it.
	maxWait = 4 * time.Second
)

var (
	errBusy   = errors.New("stepup: too many calls to Stytch are under way")
	errClosed = errors.New("stepup: the guard is closed")
)

// slots bound what this process asks of Stytch. A call does not end with the
// request that began it: others may wait for the same answer, and a passcode
// that was judged must be accounted for even if its sender has hung up. So
// something else must be able to end it.
type slots struct {
	calls     int // that may be under way
	strangers int // of these

	mu       sync.Mutex
	underWay [classes]int
	total    int
	waiting  [classes][]*waiter
	turn     class                         // whose turn is next
	began    [strangersPerSecond]time.Time // the last calls of strangers, in a ring
	oldest   int                           // index of the one that began first
	closed   bool
	closing  chan struct{}
	running  sync.WaitGroup
	cancels  map[*context.CancelFunc]struct{}
}

// waiter is a call that waits for its turn.
type waiter struct{ granted chan struct{} }

func newSlots(calls int) *slots {
	return &slots{
		calls: calls, strangers: max(1, calls/strangersShare),
		closing: make(chan struct{}),
		cancels: make(map[*context.CancelFunc]struct{}),
	}
}

// call runs fn when its turn comes, with a context that outlives the request of
// ctx: neither its end nor its deadline, which others who wait for the same
// answer do not share, reaches fn. It ends after patience, or when the slots are
// closed. The error is errBusy if its turn did not come in time.
func (s *slots) call(ctx context.Context, c class, patience time.Duration, fn func(context.Context) error) error {
	return s.callBefore(ctx, c, time.Now().Add(maxWait+patience), maxWait, patience, fn)
}

// callAlone is call for what nobody else waits for: with its wait it takes no
// longer than the deadline of ctx leaves.
func (s *slots) callAlone(ctx context.Context, c class, patience time.Duration, fn func(context.Context) error) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		return s.call(ctx, c, patience, fn)
	}
	return s.callBefore(ctx, c, deadline, time.Until(deadline), patience, fn)
}

func (s *slots) callBefore(ctx context.Context, c class, deadline time.Time, wait, patience time.Duration, fn func(context.Context) error) error {
	if err := s.acquire(c, wait); err != nil {
		return err
	}
	defer s.free(c)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(patience, time.Until(deadline)))
	defer cancel()
	if !s.hold(&cancel) {
		return errClosed
	}
	defer s.release(&cancel)
	return fn(ctx)
}

// acquire waits until a call of the class may begin. A client that hangs up does
// not end the wait, since others may share it.
func (s *slots) acquire(c class, wait time.Duration) error {
	w, err := s.enqueue(c)
	if w == nil {
		return err
	}
	patience := time.NewTimer(wait)
	defer patience.Stop()
	select {
	case <-w.granted:
		return nil
	case <-patience.C:
	case <-s.closing:
	}
	if s.leaveQueue(c, w) {
		if s.isClosed() {
			return errClosed
		}
		return errBusy
	}
	return nil // it was granted at the last moment
}

// enqueue lets a call begin at once and returns nil, or makes it wait.
func (s *slots) enqueue(c class) (*waiter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	if c == classStranger && !s.strangerMayBegin() {
		return nil, errBusy
	}
	if len(s.waiting[c]) == 0 && s.hasRoom(c) {
		s.begin(c)
		return nil, nil
	}
	if len(s.waiting[c]) >= maxWaiting {
		return nil, errBusy
	}
	w := &waiter{granted: make(chan struct{})}
	s.waiting[c] = append(s.waiting[c], w)
	return w, nil
}

// strangerMayBegin counts a call of a stranger, if fewer than so many began
// within the last second.
func (s *slots) strangerMayBegin() bool {
	now := time.Now()
	if began := s.began[s.oldest]; !began.IsZero() && now.Sub(began) < time.Second {
		return false
	}
	s.began[s.oldest] = now
	s.oldest = (s.oldest + 1) % len(s.began)
	return true
}

func (s *slots) hasRoom(c class) bool {
	return s.total < s.calls && (c != classStranger || s.underWay[c] < s.strangers)
}

func (s *slots) begin(c class) {
	s.total++
	s.underWay[c]++
}

// free ends a call and lets those begin whose turn it is.
func (s *slots) free(c class) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	s.underWay[c]--
	for range classes {
		next := s.turn
		s.turn = (s.turn + 1) % classes
		if len(s.waiting[next]) == 0 || !s.hasRoom(next) {
			continue
		}
		w := s.waiting[next][0]
		s.waiting[next][0] = nil
		s.waiting[next] = s.waiting[next][1:]
		s.begin(next)
		close(w.granted)
		return
	}
}

// leaveQueue gives the wait up. It returns false if the call was granted.
func (s *slots) leaveQueue(c class, w *waiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.waiting[c] {
		if other == w {
			s.waiting[c] = append(s.waiting[c][:i], s.waiting[c][i+1:]...)
			return true
		}
	}
	return false
}

func (s *slots) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
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

// close cuts the calls under way short, sends away those that wait, and waits
// for what follows them.
func (s *slots) close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
	for cancel := range s.cancels {
		(*cancel)()
	}
	s.mu.Unlock()
	s.running.Wait()
}
