// The faults that a test has arranged. Fail and the admin API add them; the
// pipeline takes one for each call and applies it in inject.go.

package stytchtest

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Fault makes calls fail in a way that the service might. Fields that are zero
// change nothing: Fault{Path: p, Delay: d} is a proper answer that is late.
type Fault struct {
	// Path names the calls to fail: the path of one endpoint, or of everything
	// below it if it ends in a slash. "/v1/b2b/" may be omitted, as in
	// "otps/sms/send" or "sessions/jwks/". "" = every call.
	Path string

	// Times is the number of calls to fail. 0 = one.
	Times int

	// Delay is the time to wait before anything happens. If the client gives up
	// during it, the call has no effect.
	Delay time.Duration

	// AfterEffect lets the call do its work first: the code is sent or used up,
	// or the session revoked, and only then is the answer delayed, replaced or
	// lost.
	AfterEffect bool

	// HangUp closes the connection instead of answering. On a reused connection,
	// the transport of net/http repeats a GET by itself.
	HangUp bool

	// Unreachable makes the connection fail before the request is sent. Only
	// requests through [Server.Client] can fail like this, and they do not appear
	// in the call log. On a server that listens it acts as HangUp.
	Unreachable bool

	// Status, ErrorType and Body replace the answer. A missing one follows from
	// the others: the usual status of an error type, the usual type of a status,
	// 200 for a body alone. Status is 200 to 599. Body is sent as it is, with a
	// Content-Type that fits unless Header has one.
	Status    int
	ErrorType string
	Body      string

	// Header is added to a replaced answer, for example a Retry-After.
	Header http.Header

	// Tamper spoils the session in the answer of an authenticate call that
	// otherwise succeeds.
	Tamper Tamper
}

// check refuses values that no answer can have, before a test waits for one in
// vain.
func (f Fault) check() error {
	switch {
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return errors.New("the status must be between 200 and 599")
	case f.Times < 0:
		return errors.New("times must not be negative")
	case f.Delay < 0:
		return errors.New("the delay must not be negative")
	case f.Unreachable && f.AfterEffect:
		return errors.New("an unreachable server cannot have an effect")
	case !f.Tamper.valid():
		return errors.New("there is no such tamper")
	}
	return nil
}

// matches reports whether the fault is for calls of path.
func (f Fault) matches(path string) bool {
	if f.Path == "" {
		return true
	}
	wanted := f.Path
	if !strings.HasPrefix(wanted, "/") {
		wanted = "/v1/b2b/" + wanted
	}
	return path == wanted || strings.HasSuffix(wanted, "/") && strings.HasPrefix(path, wanted)
}

// faultList holds the faults that are left, oldest first. It has a lock of its own,
// since a fault is taken before the state is locked.
type faultList struct {
	mu   sync.Mutex
	left []Fault
}

// add makes Unreachable imply HangUp, the nearest thing that a server on a network
// can do.
func (l *faultList) add(f Fault) {
	f.Times = max(f.Times, 1)
	f.HangUp = f.HangUp || f.Unreachable
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = append(l.left, f)
}

func (l *faultList) clear() { l.hold(nil) }

// held copies the faults that are left.
func (l *faultList) held() []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.left)
}

// hold replaces the faults that are left by a copy of these.
func (l *faultList) hold(faults []Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = slices.Clone(faults)
}

// take uses up one occurrence of the first fault for path. The zero Fault means
// that there is none.
func (l *faultList) take(path string) Fault {
	return l.takeIf(path, func(Fault) bool { return true })
}

// takeUnreachable uses up the first fault for path if it is an unreachable one, and
// reports whether it was. The in-process client asks before it connects.
func (l *faultList) takeUnreachable(path string) bool {
	return l.takeIf(path, func(f Fault) bool { return f.Unreachable }).Unreachable
}

// takeIf considers only the first fault for path, so that faults keep their order.
func (l *faultList) takeIf(path string, wanted func(Fault) bool) Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.left {
		if !f.matches(path) {
			continue
		}
		if !wanted(f) {
			return Fault{}
		}
		l.left[i].Times--
		if l.left[i].Times == 0 {
			l.left = append(l.left[:i], l.left[i+1:]...)
		}
		return f
	}
	return Fault{}
}
