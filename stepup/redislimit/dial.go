package redislimit

import (
	"context"
	"net"
	"sync"
	"syscall"
)

type dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

// closing returns dial with connections that close at their first failed read or
// write.
//
// go-redis 9.22 drops a connection whose handshake fails without closing it
// (github.com/redis/go-redis/issues/3982, mended in a release that needs a newer
// Go): the socket stays open until the garbage collector finds it. While Redis
// hangs each request leaves one behind, so a crowd could use up the file
// descriptors of the whole app.
func closing(dial dialer) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		closing := &closingConn{Conn: conn}
		if raw, ok := conn.(syscall.Conn); ok {
			return rawConn{closing, raw}, nil
		}
		return closing, nil
	}
}

type closingConn struct {
	net.Conn
	once  sync.Once
	cause error // the first error
}

func (c *closingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	return n, c.check(err)
}

func (c *closingConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, c.check(err)
}

// check closes the connection if err is one, and keeps the first: go-redis tries
// once more before it reports, and "closed" would tell nobody what happened.
func (c *closingConn) check(err error) error {
	if err == nil {
		return nil
	}
	c.once.Do(func() {
		c.cause = err
		c.Close()
	})
	return c.cause
}

// NetConn lets go-redis look below, as it does with [crypto/tls.Conn].
func (c *closingConn) NetConn() net.Conn { return c.Conn }

// rawConn is a closingConn of a socket. go-redis asks the socket whether the
// server hung up on it in the meantime, so as not to send a command to nobody; it
// must not ask that of a TLS connection, which is none.
type rawConn struct {
	*closingConn
	syscall.Conn
}
