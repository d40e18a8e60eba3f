// The errors of a call. Returned by do in call.go.

package stytch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"
)

var (
	// ErrRequest is wrapped when a call refused its arguments without using
	// the network. The caller made a mistake.
	ErrRequest = errors.New("stytch: invalid request")

	// ErrNotSent is wrapped when nothing was sent: the context was done before
	// the call, or no connection was ever obtained (failures and timeouts of
	// name resolution, dialing, proxies and TLS). It is not wrapped if there
	// is any doubt, so the caller may undo what went with the call, such as an
	// attempt that was counted.
	ErrNotSent = errors.New("stytch: nothing was sent")

	// ErrResponse is wrapped when the service answered 200 or 201 and the
	// answer could not be understood: it broke off, is not JSON, exceeds
	// 1 MiB, or lacks a field that the service always sends.
	ErrResponse = errors.New("stytch: answer not understood")
)

// maxRetryAfter bounds APIError.RetryAfter, so that a nonsensical header does
// not lock anybody out for long.
const maxRetryAfter = 24 * time.Hour

// An APIError is an answer with a status other than 200 and 201, redirects
// included. If the body is not the service's own, such as the HTML page of a
// load balancer, all fields but StatusCode and RetryAfter are empty.
//
// Decide by Type, which is "" if the answer had none. Message is for people and
// may quote the request, a phone number for instance, so Error, fmt, log/slog
// and encoding/json omit it and URL.
type APIError struct {
	StatusCode int           // of the HTTP answer
	Type       string        // error_type, such as otp_code_not_found
	Message    string        `json:"-"` // error_message
	RequestID  string        // request_id, for Stytch's support
	URL        string        `json:"-"` // error_url, the documentation of Type
	RetryAfter time.Duration // Retry-After, 0 to 24 h; 0 = the answer had none
}

// newAPIError reads what it can of an error answer. It cannot fail.
func newAPIError(resp *http.Response, body []byte) *APIError {
	// The service sends status_code, request_id, error_type, error_message and
	// error_url. Each is decoded separately, so that one of an unexpected type
	// does not hide the others.
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(body, &fields)
	text := func(name string) (s string) {
		if json.Unmarshal(fields[name], &s) != nil {
			return ""
		}
		return s
	}
	return &APIError{
		StatusCode: resp.StatusCode,
		Type:       identifier(text("error_type")),
		Message:    text("error_message"),
		RequestID:  identifier(text("request_id")),
		URL:        text("error_url"),
		RetryAfter: retryAfter(resp.Header),
	}
}

// identifier returns s if it looks like an error type or a request id, and ""
// otherwise. Both are printed, and a body that is not the service's own could
// hold newlines that forge log entries, or anything else.
func identifier(s string) string {
	if len(s) > 128 {
		return ""
	}
	for i, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		other := '0' <= c && c <= '9' || c == '_' || c == '-'
		if !letter && (i == 0 || !other) {
			return ""
		}
	}
	return s
}

// retryAfter reads Retry-After, which is seconds or a date (RFC 9110 section
// 10.2.3). A date is compared with the answer's Date header, so that our clock
// does not matter.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	seconds, err := strconv.ParseUint(value, 10, 64)
	switch {
	case err == nil && seconds < uint64(maxRetryAfter/time.Second):
		return time.Duration(seconds) * time.Second
	case err == nil || errors.Is(err, strconv.ErrRange):
		return maxRetryAfter
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// Error returns the status, the type and the request id.
func (e *APIError) Error() string {
	s := "stytch: answer " + strconv.Itoa(e.StatusCode)
	if e.Type != "" {
		s += " " + e.Type
	}
	if e.RequestID != "" {
		s += " (" + e.RequestID + ")"
	}
	return s
}

// LogValue implements [slog.LogValuer]. It shows the status, the type, the
// request id and the time to wait.
func (e *APIError) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Int("status", e.StatusCode),
		slog.String("type", e.Type),
		slog.String("request_id", e.RequestID),
		slog.Duration("retry_after", e.RetryAfter),
	)
}

// Format implements [fmt.Formatter]. Every verb prints what Error returns.
func (e *APIError) Format(s fmt.State, _ rune) { fmt.Fprint(s, e.Error()) }

// brokenOff reduces the error of a request that may have been sent to a cause
// that is safe to print. net/http quotes bytes that it could not parse
// ("malformed HTTP response …"), and if an answer is out of step these may be a
// body with a session token. Causes that quote nothing are kept.
func brokenOff(ctx context.Context, err error) error {
	if ctxErr := ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op
	}
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return known
		}
	}
	return fmt.Errorf("the exchange broke off (%T)", err)
}
