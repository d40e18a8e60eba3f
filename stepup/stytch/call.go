// One HTTP request to the API and its answer. Called by every method of Client.

package stytch

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

const (
	userAgent = "rung/v0 (+https://github.com/rungauth/rung)"

	// maxAnswer bounds the body of an answer, after decompression. A member
	// with an organization is a few kilobytes.
	maxAnswer = 1 << 20
)

// A call is one request to the API.
type call struct {
	name   string // for errors, since the URL may hold an email address
	method string
	path   string // with an escaped query, if there is one
	body   any    // nil = none
}

// An answer is the body of a successful response.
type answer interface {
	// missing returns the name of a field that the service always sends and
	// this answer lacks, or "".
	missing() string
}

// do makes the call and decodes a successful answer into out. The package
// comment lists the errors. After an error, out must not be used.
func (c *Client) do(ctx context.Context, call call, out answer) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrNotSent, call.name, err)
	}
	var watch connWatch
	req, err := c.newRequest(watch.trace(ctx), call)
	if err != nil {
		return refuse(call.name, err)
	}
	// A redirect would take the secret and the body to another host (RFC 9110
	// section 15.4), so this is not http.Client.Do. Refusing in CheckRedirect
	// would give no typed error for a Location that cannot be parsed, which
	// fails earlier. A transport follows no redirects.
	before := time.Now()
	resp, err := c.http.Transport.RoundTrip(req)
	if err == nil && resp != nil {
		c.noteDate(resp.Header, before, time.Now())
	}
	switch {
	case err != nil && watch.neverSent(err):
		return fmt.Errorf("%w: %s: %w", ErrNotSent, call.name, cmp.Or(ctx.Err(), err))
	case err != nil:
		return fmt.Errorf("stytch: %s: %w", call.name, brokenOff(ctx, err))
	case resp == nil:
		return fmt.Errorf("stytch: %s: the transport returned no answer (%T)", call.name, c.http.Transport)
	case resp.Body == nil:
		resp.Body = http.NoBody // http.Client forgives this as well
	}
	defer resp.Body.Close()

	body, err := readBody(ctx, resp.Body)
	// The API has no other success status, and a 204 or 206 lacks the answer.
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		return newAPIError(resp, body) // whatever became of the body
	}
	if err == nil {
		err = decode(body, out)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrResponse, call.name, err)
	}
	return nil
}

// newRequest builds the HTTP request of call, with credentials.
func (c *Client) newRequest(ctx context.Context, call call) (*http.Request, error) {
	var body io.Reader
	if call.body != nil {
		data, err := encode(call.body)
		if err != nil {
			return nil, err
		}
		// A *bytes.Reader lets net/http send the body again on another
		// connection. For POST, PUT and DELETE it does so only if the first
		// connection died before anything was written to it.
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, call.method, c.baseURL+call.path, body)
	if err != nil {
		return nil, errors.New("the URL cannot be built")
	}
	c.authorize(req)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", userAgent)
	return req, nil
}

// encode returns v as JSON, without HTML escapes.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		// The text of the error may quote a value; its type does not.
		return nil, fmt.Errorf("cannot be encoded as JSON (%T)", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

func readBody(ctx context.Context, r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	switch {
	case err != nil:
		return nil, brokenOff(ctx, err)
	case len(body) > maxAnswer:
		return nil, errors.New("over 1 MiB")
	}
	return body, nil
}

// decode fills out from body, which must be one complete JSON object. Numbers
// in metadata and claims become json.Number: float64 would round large ids.
func decode(body []byte, out answer) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(out); err != nil {
		return describe(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("more than one JSON object")
	}
	if field := out.missing(); field != "" {
		return fmt.Errorf("%s is missing", field)
	}
	return nil
}

// describe says where the body is wrong. It does not quote the body, as errors
// of encoding/json and time do: it may hold tokens and phone numbers.
func describe(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("%s is not a %v", kind.Field, kind.Type)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not JSON at byte %d", syntax.Offset)
	}
	return fmt.Errorf("not the expected JSON (%T)", err)
}

// connWatch observes whether a request ever got a connection. Only until then
// can we be sure that nothing was sent: net/http writes from another goroutine,
// which may go on even after an error was returned.
type connWatch struct{ asked, got atomic.Bool }

func (w *connWatch) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { w.got.Store(true) },
	})
}

// neverSent reports whether the transport that returned err certainly sent
// nothing. A transport other than net/http's may not call the hooks; for such a
// transport only a failure to dial is certain.
func (w *connWatch) neverSent(err error) bool {
	if w.asked.Load() {
		return !w.got.Load()
	}
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
