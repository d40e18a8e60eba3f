// Fault injection: a fault delays, replaces or drops the answer of a call. The
// pipeline runs every call through inject.

package stytchtest

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"
)

// inject runs call as f says: before the fault, after it or not at all. The zero
// Fault runs it at once. A nil reply means that the connection must be closed.
func (a *api) inject(ctx context.Context, f Fault, call func(Tamper) *reply) *reply {
	var out *reply
	if f.AfterEffect {
		out = call(f.Tamper)
	}
	switch {
	case !pause(ctx, f.Delay), f.HangUp:
		return nil
	case f.Status != 0 || f.ErrorType != "" || f.Body != "":
		return a.substitute(f)
	case out == nil:
		return call(f.Tamper)
	}
	return out
}

// pause waits for d and reports whether the client is still there.
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

// substitute returns the answer that f has of its own.
func (a *api) substitute(f Fault) *reply {
	var out *reply
	if f.Body != "" {
		out = &reply{
			status:    cmp.Or(f.Status, http.StatusOK),
			header:    http.Header{"Content-Type": {contentType(f.Body)}},
			body:      []byte(f.Body),
			errorType: f.ErrorType,
		}
	} else {
		err := refuse(cmp.Or(f.ErrorType, usualErrorType(f.Status)))
		err.status = cmp.Or(f.Status, err.status)
		out = a.failure(err)
	}
	for name, values := range f.Header {
		out.header[http.CanonicalHeaderKey(name)] = values
	}
	return out
}

// usualErrorType returns the error type that the service usually sends with a
// status.
func usualErrorType(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "unauthorized_credentials"
	case http.StatusForbidden:
		return "organization_suspended"
	case http.StatusNotFound:
		return "route_not_found"
	case http.StatusTooManyRequests:
		return "too_many_requests"
	case http.StatusServiceUnavailable:
		return "server_unavailable"
	}
	if status >= 500 {
		return "internal_server_error"
	}
	return "bad_request"
}

// contentType guesses the type of a body. Proxies answer in HTML.
func contentType(body string) string {
	if strings.HasPrefix(strings.TrimSpace(body), "<") {
		return "text/html; charset=utf-8"
	}
	return "application/json"
}
