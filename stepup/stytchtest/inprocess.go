// The in-process client, which reaches the handler without a network. Tests get
// it from Client; the handler does not notice the difference.

package stytchtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"syscall"
)

// Client returns an HTTP client that calls the server without a network. It is safe
// for concurrent use. A call runs to its end in the caller's goroutine, so the
// client works inside a testing/synctest bubble, and delays use the bubble's clock.
// A call ends when the context of its request does. The client reaches only this
// server, at its URL.
func (s *Server) Client() *http.Client {
	return &http.Client{Transport: inProcess{s}}
}

// inProcess is the transport of [Server.Client].
type inProcess struct{ server *Server }

// RoundTrip implements [http.RoundTripper], including its promise to close the
// body and to leave the request unchanged.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	ctx := r.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := t.connect(ctx, r); err != nil {
		return nil, err
	}
	in, err := incoming(r)
	if err != nil {
		return nil, err
	}
	out := &recorder{header: http.Header{}}
	aborted := serveAborting(t.server.handler, out, in)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if aborted {
		return nil, io.EOF // as net/http's transport returns for a closed connection
	}
	return out.response(r), nil
}

// connect imitates the steps of a transport before it sends a request. It reports to
// the client's trace like a real one, because clients tell from the trace whether a
// failed request can have reached the service.
func (t inProcess) connect(ctx context.Context, r *http.Request) error {
	trace := httptrace.ContextClientTrace(ctx)
	if trace != nil && trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	refused := os.NewSyscallError("connect", syscall.ECONNREFUSED)
	switch address := r.URL.Scheme + "://" + r.URL.Host; {
	case address != t.server.URL:
		refused = fmt.Errorf("stytchtest: the request is for %s, but this server is %s", address, t.server.URL)
	case t.server.closed.Load():
	case t.server.faults.takeUnreachable(r.URL.Path):
	default:
		refused = nil
	}
	if refused != nil {
		return &net.OpError{Op: "dial", Net: "tcp", Err: refused}
	}
	if trace != nil && trace.GotConn != nil {
		near, far := net.Pipe()
		near.Close()
		far.Close()
		trace.GotConn(httptrace.GotConnInfo{Conn: near})
	}
	if trace != nil && trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
	return nil
}

// incoming turns a client's request into the request that a server would read.
func incoming(r *http.Request) (*http.Request, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	in := r.Clone(r.Context())
	in.Body = io.NopCloser(bytes.NewReader(body))
	in.ContentLength = int64(len(body))
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:1"
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	return in, nil
}

// serveAborting runs the handler and reports whether it aborted the connection.
func serveAborting(h http.Handler, w http.ResponseWriter, r *http.Request) (aborted bool) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			aborted = true
		default:
			panic(p)
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// recorder keeps a response. It does the work of httptest.ResponseRecorder, whose
// package adds a flag to every program that imports it.
type recorder struct {
	header http.Header
	sent   http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

// WriteHeader keeps the header as it is now, since later changes are not sent.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// response returns the response as a client would have read it.
func (w *recorder) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.sent,
		Body:          io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()),
		Request:       r,
	}
}
