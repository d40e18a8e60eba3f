package stytchtest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A Fault makes calls fail in a way that the service might. Its zero fields ask
// for nothing: Fault{Path: p, Delay: d} answers properly, but late.
type Fault struct {
	// Path says which calls: the path of one endpoint, or everything below a
	// path that ends in a slash. "/v1/b2b/" may be left out, as in
	// "otps/sms/send" or "sessions/jwks/". "" = every call.
	Path string

	// Times says how many calls. 0 = one.
	Times int

	// Delay is waited for before anything happens. A client that goes away
	// meanwhile leaves no effect.
	Delay time.Duration

	// AfterEffect makes the call do its work first: the code is sent or used up,
	// the session revoked, and only then the answer is late, replaced or lost.
	AfterEffect bool

	// HangUp closes the connection instead of answering. On a reused connection
	// net/http's transport sends a GET once more by itself.
	HangUp bool

	// Unreachable makes the connection fail before the request is sent. Only
	// requests through [Server.Client] can fail so, and they do not appear in
	// the call log; on a server that listens it is a HangUp.
	Unreachable bool

	// Status, ErrorType and Body replace the answer. Where one is missing it
	// follows from the others: the usual status of an error type, the usual type
	// of a status, 200 for a body alone. A Body is sent as it is, with a
	// Content-Type that fits unless Header has one.
	Status    int
	ErrorType string
	Body      string

	// Header is added to a replaced answer, such as a Retry-After.
	Header http.Header

	// Tamper spoils the session in the answer of an authenticate call that is
	// otherwise right.
	Tamper Tamper
}

// check refuses what could not be sent, before a test waits for it in vain.
func (f Fault) check() error {
	switch {
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return errors.New("the status must be between 200 and 599")
	case f.Times < 0:
		return errors.New("times must not be negative")
	case f.Delay < 0:
		return errors.New("the delay must not be negative")
	case f.Unreachable && f.AfterEffect:
		return errors.New("what is unreachable has no effect")
	case !f.Tamper.valid():
		return errors.New("there is no such tamper")
	}
	return nil
}

// matches reports whether the fault is meant for a call of path.
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

// reply lets call answer, or fails as f says before or after it. Nil means that
// the connection is to be closed.
func (s *Server) reply(ctx context.Context, f Fault, call func(Tamper) *reply) *reply {
	var out *reply
	if f.AfterEffect {
		out = call(f.Tamper)
	}
	switch {
	case !pause(ctx, f.Delay), f.HangUp:
		return nil
	case f.Status != 0 || f.ErrorType != "" || f.Body != "":
		return s.substitute(f)
	case out == nil:
		return call(f.Tamper)
	}
	return out
}

// pause waits for d, and reports whether the client is still there.
func pause(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// substitute is the answer of a fault that has one of its own.
func (s *Server) substitute(f Fault) *reply {
	var out *reply
	switch {
	case f.Body != "":
		status := f.Status
		if status == 0 {
			status = http.StatusOK
		}
		out = &reply{status: status, header: http.Header{}, body: []byte(f.Body), errorType: f.ErrorType}
		out.header.Set("Content-Type", contentType(f.Body))
	default:
		err := refuse(f.kind())
		if f.Status != 0 {
			err.status = f.Status
		}
		out = s.failure(err)
	}
	for name, values := range f.Header {
		out.header[http.CanonicalHeaderKey(name)] = values
	}
	return out
}

// kind is the error type of the answer: the given one, or the usual one of the
// status.
func (f Fault) kind() string {
	switch {
	case f.ErrorType != "":
		return f.ErrorType
	case f.Status == http.StatusUnauthorized:
		return "unauthorized_credentials"
	case f.Status == http.StatusForbidden:
		return "organization_suspended"
	case f.Status == http.StatusNotFound:
		return "route_not_found"
	case f.Status == http.StatusTooManyRequests:
		return "too_many_requests"
	case f.Status == http.StatusServiceUnavailable:
		return "server_unavailable"
	case f.Status >= 500:
		return "internal_server_error"
	}
	return "bad_request"
}

// contentType guesses what a body pretends to be. Proxies answer in HTML.
func contentType(body string) string {
	if strings.HasPrefix(strings.TrimSpace(body), "<") {
		return "text/html; charset=utf-8"
	}
	return "application/json"
}

// faultList holds the faults that are left, oldest first. It has a lock of its
// own: faults are taken before the emulator looks at anything else.
type faultList struct {
	mu   sync.Mutex
	left []Fault
}

// add makes Unreachable imply HangUp, the nearest thing that a server which is
// reached over a network can do.
func (l *faultList) add(f Fault) {
	f.Times = max(f.Times, 1)
	f.HangUp = f.HangUp || f.Unreachable
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = append(l.left, f)
}

func (l *faultList) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = nil
}

// take uses up one occurrence of the first fault for path. The zero Fault means
// that the call goes well.
func (l *faultList) take(path string) Fault {
	return l.takeIf(path, func(Fault) bool { return true })
}

// takeUnreachable is take for the moment before a connection: it looks whether
// the next fault for path is of that kind, and leaves any other alone.
func (l *faultList) takeUnreachable(path string) bool {
	return l.takeIf(path, func(f Fault) bool { return f.Unreachable }).Unreachable
}

// takeIf looks at the first fault for path only, so that faults keep their order.
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
