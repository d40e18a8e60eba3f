// The transport of a Client without an HTTPClient. Used by do in call.go, and by
// the key fetches of a verifier that JWKS configures.

package stytch

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// renewing is an http.Transport that uses no connection again on which a request
// has timed out.
//
// All requests share one HTTP/2 connection. When a load balancer forgets it or
// the other side dies without a word, it swallows what is sent. net/http keeps
// such a connection as long as requests come, so all of them fail until the
// kernel gives up, a quarter of an hour later (https://go.dev/issue/30702).
// HTTP/1.1 connections are closed by a timeout.
type renewing struct {
	fresh func() *http.Transport

	mu      sync.Mutex
	current *http.Transport // for new requests
	before  *http.Transport // the one before, whose last requests may still run; nil = none
}

func newRenewing() *renewing {
	return &renewing{fresh: newTransport, current: newTransport()}
}

// newTransport returns a transport with its own connections. It is not
// http.DefaultTransport, which any package of the program may change.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		DialContext:       dialer.DialContext,
		ForceAttemptHTTP2: true,
		// A dead connection is found even if no request times out on it.
		HTTP2: &http.HTTP2Config{
			SendPingTimeout:  10 * time.Second,
			PingTimeout:      5 * time.Second,
			WriteByteTimeout: 5 * time.Second,
		},
		TLSHandshakeTimeout: 5 * time.Second,
		// All calls go to one host. With the default of two idle connections,
		// most calls of a burst would pay for a TLS handshake.
		MaxIdleConnsPerHost: 32,
		// Shorter than common load balancers keep connections, so that a
		// request rarely meets one that the other side has just closed.
		IdleConnTimeout:        50 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// RoundTrip implements [http.RoundTripper].
func (r *renewing) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	transport := r.current
	r.mu.Unlock()

	ctx := req.Context()
	var http2 atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			conn, ok := info.Conn.(*tls.Conn)
			http2.Store(ok && conn.ConnectionState().NegotiatedProtocol == "h2")
		},
	})
	failed := func() {
		// A caller who hangs up says nothing about the connection.
		if http2.Load() && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			r.leave(transport)
		}
	}
	resp, err := transport.RoundTrip(req.WithContext(traced))
	if err != nil {
		failed()
		return nil, err
	}
	resp.Body = &watchedBody{resp.Body, failed}
	return resp, nil
}

// leave makes later requests use new connections. Requests that are under way on
// the old ones may end there, since only one of them may have been slow. Then
// the connections close: when the next transport is left, and else by their
// pings or once they have been idle for long.
func (r *renewing) leave(transport *http.Transport) {
	r.mu.Lock()
	before := r.before
	left := r.current == transport // else another request has left it already
	if left {
		r.before, r.current = transport, r.fresh()
	}
	r.mu.Unlock()
	if !left {
		return
	}
	transport.CloseIdleConnections()
	if before != nil {
		before.CloseIdleConnections()
	}
}

// CloseIdleConnections closes connections without requests, as [http.Client]
// asks for by this name.
func (r *renewing) CloseIdleConnections() {
	r.mu.Lock()
	current, before := r.current, r.before
	r.mu.Unlock()
	current.CloseIdleConnections()
	if before != nil {
		before.CloseIdleConnections()
	}
}

// watchedBody calls failed when reading fails.
type watchedBody struct {
	io.ReadCloser
	failed func()
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.failed()
	}
	return n, err
}
