// Listening on a port, and closing it. Tests that use NewUnstartedServer and
// Client need none of it.

package stytchtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// NewServer returns a server that listens on a free port of 127.0.0.1. It panics
// if it cannot listen. The caller must call Close.
func NewServer() *Server {
	s := NewUnstartedServer()
	if err := s.Listen("127.0.0.1:0"); err != nil {
		panic(err)
	}
	return s
}

// Listen starts serving on addr, which is host:port, and sets URL. Port 0 picks a
// free port. Anyone who reaches the admin API can read every code and sign in as
// any member, so Listen refuses an address that other machines can reach. It also
// returns an error if the server already listens or addr cannot be used. It must
// not be called concurrently with calls to the API, with Close or with itself.
func (s *Server) Listen(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("stytchtest: address: %w", err)
	}
	if !isLoopback(host) {
		return fmt.Errorf("stytchtest: %q is not a loopback address", addr)
	}
	if s.web != nil {
		return errors.New("stytchtest: already listening")
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("stytchtest: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.URL = "http://" + ln.Addr().String()
	s.stop = stop
	s.served = make(chan struct{})
	s.web = &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	go func() {
		defer close(s.served)
		_ = s.web.Serve(ln) // the error is always that Close was called
	}()
	return nil
}

// Close stops listening, ends delays that are in progress and waits for calls to
// finish; a call that takes over a second is cut off. Afterward, clients from
// [Server.Client] get a connection error too. Close may be called more than once.
func (s *Server) Close() {
	if s.closed.Swap(true) || s.web == nil {
		return
	}
	s.stop()
	// Shutdown lets answers be written. Close cuts off the remaining connections,
	// such as one that was opened and never used, for which Shutdown would wait.
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.web.Shutdown(ctx); err != nil {
		_ = s.web.Close()
	}
	<-s.served
}
