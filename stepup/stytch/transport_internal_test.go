package stytch

import (
	"context"
	"crypto/fips140"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/jwks"
)

// swallower is a proxy between a client and a TLS server with HTTP/2. On command
// its connections go on to take bytes but forward none, as when a load balancer
// forgets a flow; connections made later work.
type swallower struct {
	mu     sync.Mutex
	links  []*link
	opened int
	open   int // that the client has not closed
	most   int // of open at one time
}

type link struct {
	client string // the client's address
	dead   bool
}

// connect joins a connection of the client with one of the server.
func (s *swallower) connect(client, server net.Conn) {
	l := &link{client: client.RemoteAddr().String()}
	s.mu.Lock()
	s.links = append(s.links, l)
	s.opened++
	s.open++
	s.most = max(s.most, s.open)
	s.mu.Unlock()
	go func() {
		s.carry(l, client, server)
		s.mu.Lock()
		s.open--
		s.mu.Unlock()
		client.Close()
		server.Close()
	}()
	go func() {
		s.carry(l, server, client)
		if !s.isDead(l) {
			client.Close()
		}
	}()
}

func (s *swallower) isDead(l *link) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return l.dead
}

// carry forwards bytes, or swallows them, until from is closed.
func (s *swallower) carry(l *link, from, to net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if !s.isDead(l) {
			to.Write(buffer[:n])
		}
	}
}

// swallow makes all connections swallow that there are.
func (s *swallower) swallow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.links {
		l.dead = true
	}
}

// swallows reports whether the connection from a client's address does.
func (s *swallower) swallows(client net.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.links, func(l *link) bool { return l.dead && l.client == client.String() })
}

func (s *swallower) counts() (opened, open, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened, s.open, s.most
}

// pipes is a listener whose connections are pipes, for a synctest bubble.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepted:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443} }

// startTLS starts a server with HTTP/2 or, if that is false, HTTP/1.1.
func startTLS(t *testing.T, http2 bool, listener net.Listener, handler http.HandlerFunc) *httptest.Server {
	server := httptest.NewUnstartedServer(handler)
	if listener != nil {
		server.Listener.Close()
		server.Listener = listener
	}
	server.EnableHTTP2 = http2
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// trusting returns a client with the transport of its own, which trusts the
// server and dials with dial (nil = as always).
func trusting(t *testing.T, server *httptest.Server, config Config, dial func(context.Context, string, string) (net.Conn, error)) *Client {
	config.ProjectID, config.Secret = "project-test-1", "secret-test-1"
	client, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	own := client.http.Transport.(*renewing)
	fresh := func() *http.Transport {
		transport := newTransport()
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
		if dial != nil {
			transport.DialContext = dial
		}
		return transport
	}
	own.fresh, own.current = fresh, fresh()
	return client
}

// testTLS runs a test with TLS in a bubble.
func testTLS(t *testing.T, test func(*testing.T)) {
	t.Helper()
	if fips140.Enabled() {
		t.Skip("in FIPS 140-3 mode crypto/tls takes its randomness from the jitter of the clock, which a bubble does not have")
	}
	synctest.Test(t, test)
}

// inBubble returns a client, and the proxy between it and a server. All of it
// runs in the bubble of the test, where time is fake.
func inBubble(t *testing.T, config Config, handler http.HandlerFunc) (*Client, *swallower) {
	return inBubbleOver(t, true, config, handler)
}

func inBubbleOver(t *testing.T, http2 bool, config Config, handler http.HandlerFunc) (*Client, *swallower) {
	listener := &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
	server := startTLS(t, http2, listener, handler)
	proxy := new(swallower)
	config.BaseURL = server.URL
	client := trusting(t, server, config, func(ctx context.Context, _, _ string) (net.Conn, error) {
		near, far := net.Pipe()
		back, end := net.Pipe()
		proxy.connect(far, back)
		select {
		case listener.accepted <- end:
			return near, nil
		case <-ctx.Done():
			near.Close()
			return nil, ctx.Err()
		}
	})
	t.Cleanup(func() {
		// Connections that were left close by themselves. The bubble fails if a
		// goroutine of one stays.
		time.Sleep(time.Minute)
		if _, open, _ := proxy.counts(); open > 1 {
			t.Errorf("%d connections are open a minute after the last call, want 1 at most", open)
		}
		client.http.CloseIdleConnections()
		synctest.Wait()
		if _, open, _ := proxy.counts(); open > 0 {
			t.Errorf("%d connections are open after CloseIdleConnections, want none", open)
		}
	})
	return client, proxy
}

const keySet = `{"keys":[{"kty":"RSA","kid":"k","e":"AQAB","n":"`

// serveAPI is a handler that answers every call, and with keys where keys are
// asked for.
func serveAPI(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 2 {
		panic("not HTTP/2")
	}
	if strings.Contains(r.URL.Path, "/jwks/") {
		io.WriteString(w, keySet+strings.Repeat("x", 342)+`"}]}`)
		return
	}
	io.WriteString(w, `{"request_id":"request-id-test-1"}`)
}

// never is a handler that does not answer.
func never(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func revoke(ctx context.Context, c *Client) error {
	_, err := c.RevokeSession(ctx, RevokeSessionRequest{SessionToken: "token"})
	return err
}

func TestAConnectionThatSwallowsBytesFailsTwoCallsAtMost(t *testing.T) {
	testTLS(t, func(t *testing.T) {
		client, proxy := inBubble(t, Config{Timeout: time.Second}, serveAPI)
		if err := revoke(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		proxy.swallow()
		failed := 0
		for range 50 {
			if err := revoke(t.Context(), client); err != nil {
				failed++
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want context.DeadlineExceeded", err)
				}
			}
			time.Sleep(500 * time.Millisecond)
		}
		if opened, _, _ := proxy.counts(); failed == 0 || failed > 2 || opened != 2 {
			t.Errorf("%d of 50 calls failed and %d connections were opened, want 1 or 2 and 2", failed, opened)
		}
	})
}

func TestABodyThatStopsFailsNoLaterCall(t *testing.T) {
	testTLS(t, func(t *testing.T) {
		stop := make(chan struct{})
		client, proxy := inBubble(t, Config{Timeout: time.Second}, func(w http.ResponseWriter, r *http.Request) {
			if _, ok := <-stop; ok {
				io.WriteString(w, `{"request_id":`)
				w.(http.Flusher).Flush()
				<-stop
			}
			serveAPI(w, r)
		})
		go func() {
			stop <- struct{}{}
			synctest.Wait()
			proxy.swallow()
			close(stop)
		}()
		if err := revoke(t.Context(), client); !errors.Is(err, ErrResponse) {
			t.Errorf("got %v, want ErrResponse", err)
		}
		for range 10 {
			if err := revoke(t.Context(), client); err != nil {
				t.Errorf("a later call: got %v", err)
			}
		}
	})
}

func TestADeadConnectionIsFoundWithoutACall(t *testing.T) {
	testTLS(t, func(t *testing.T) {
		client, proxy := inBubble(t, Config{}, serveAPI)
		if err := revoke(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Second)
		if opened, open, _ := proxy.counts(); opened != 1 || open != 1 {
			t.Errorf("a healthy connection: %d opened and %d open, want 1 and 1", opened, open)
		}
		proxy.swallow()
		time.Sleep(20 * time.Second)
		if _, open, _ := proxy.counts(); open != 0 {
			t.Error("the dead connection is still open")
		}
		if err := revoke(t.Context(), client); err != nil {
			t.Errorf("got %v, want an answer over a new connection", err)
		}
	})
}

func TestKeysComeThroughWhenAConnectionSwallowsBytes(t *testing.T) {
	testTLS(t, func(t *testing.T) {
		client, proxy := inBubble(t, Config{}, serveAPI)
		config := client.JWKS()
		var failed, fetched int
		config.OnEvent = func(e jwks.Event) {
			switch e.Kind {
			case jwks.KeysFetched:
				fetched++
			case jwks.FetchFailed:
				failed++
			}
		}
		verifier, err := jwks.New(config)
		if err != nil {
			t.Fatal(err)
		}
		defer verifier.Close()
		if err := verifier.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		proxy.swallow()
		for range 20 {
			encode := base64.RawURLEncoding.EncodeToString
			now := time.Now().Unix()
			token := encode([]byte(`{"alg":"RS256","kid":"new"}`)) + "." + encode(fmt.Appendf(nil, `{"iat":%d,"exp":%d}`, now, now+300)) + ".c2ln"
			if _, err := verifier.VerifyIssued(t.Context(), token); !errors.Is(err, jwks.ErrUnavailable) {
				t.Fatalf("got %v, want ErrUnavailable", err)
			}
			time.Sleep(500 * time.Millisecond)
		}
		synctest.Wait()
		if failed == 0 || failed > 2 || fetched < 19 {
			t.Errorf("%d fetches failed and %d succeeded, want 1 or 2 and at least 19", failed, fetched)
		}
	})
}

func TestASlowCallDisturbsNoOther(t *testing.T) {
	testTLS(t, func(t *testing.T) {
		client, proxy := inBubble(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(3 * time.Second)
			serveAPI(w, r)
		})
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := revoke(t.Context(), client); err != nil {
				t.Errorf("the patient call: %v", err)
			}
		})
		synctest.Wait()
		impatient, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if err := revoke(impatient, client); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the impatient call: got %v, want context.DeadlineExceeded", err)
		}
		if opened, _, _ := proxy.counts(); opened != 1 {
			t.Fatalf("%d connections before the timeout, want one that both share", opened)
		}
		if err := revoke(t.Context(), client); err != nil {
			t.Errorf("the next call: %v", err)
		}
		wg.Wait()
		if opened, _, _ := proxy.counts(); opened != 2 {
			t.Errorf("%d connections, want a second one for the next call", opened)
		}
	})
}

func TestConnectionsAreFewHoweverManyCallsTimeOut(t *testing.T) {
	for _, c := range []struct {
		name    string
		swallow bool
	}{{"the service is slow", false}, {"every connection swallows", true}} {
		t.Run(c.name, func(t *testing.T) {
			testTLS(t, func(t *testing.T) {
				client, proxy := inBubble(t, Config{Timeout: time.Second}, never)
				var wg sync.WaitGroup
				for range 200 {
					for range 5 {
						wg.Go(func() {
							if err := revoke(t.Context(), client); !errors.Is(err, context.DeadlineExceeded) {
								t.Errorf("got %v, want context.DeadlineExceeded", err)
							}
						})
					}
					time.Sleep(100 * time.Millisecond)
					if c.swallow {
						proxy.swallow()
					}
				}
				wg.Wait()
				if _, _, most := proxy.counts(); most > 20 {
					t.Errorf("%d connections were open at one time, want 20 at most", most)
				}
			})
		})
	}
}

func TestConnectionsAreKeptAfter(t *testing.T) {
	for _, c := range []struct {
		name  string
		http2 bool
		end   func(context.Context) (context.Context, context.CancelFunc)
		want  error
	}{
		{"a caller hangs up", true, func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		}, context.Canceled},
		{"a timeout over HTTP/1.1, which closes the one connection by itself", false, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, context.DeadlineExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			testTLS(t, func(t *testing.T) {
				client, _ := inBubbleOver(t, c.http2, Config{}, never)
				before := client.http.Transport.(*renewing).current
				ctx, cancel := c.end(t.Context())
				defer cancel()
				if err := revoke(ctx, client); !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				if client.http.Transport.(*renewing).current != before {
					t.Error("the connections were left")
				}
			})
		})
	}
}

// expiring is a context whose deadline passes when the test says so.
type expiring struct {
	context.Context
	done chan struct{}
}

func (e expiring) Done() <-chan struct{} { return e.done }

func (e expiring) Err() error {
	select {
	case <-e.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// The same over TCP. A call times out as soon as it has got the connection that
// swallows, so the test does not depend on the speed of the machine.
func TestOverTCPAConnectionThatSwallowsBytesFailsTwoCallsAtMost(t *testing.T) {
	server := startTLS(t, true, nil, serveAPI)
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer front.Close()
	proxy := new(swallower)
	go func() {
		for {
			near, err := front.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				near.Close()
				continue
			}
			proxy.connect(near, far)
		}
	}()
	client := trusting(t, server, Config{BaseURL: "https://" + front.Addr().String(), Timeout: time.Hour}, nil)
	defer client.http.CloseIdleConnections()
	if err := revoke(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	proxy.swallow()
	failed := 0
	for range 10 {
		ctx := expiring{t.Context(), make(chan struct{})}
		var once sync.Once
		watched := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
			if proxy.swallows(info.Conn.LocalAddr()) {
				once.Do(func() { close(ctx.done) })
			}
		}})
		if err := revoke(watched, client); err != nil {
			failed++
		}
	}
	if opened, _, _ := proxy.counts(); failed == 0 || failed > 2 || opened != 2 {
		t.Errorf("%d of 10 calls failed and %d connections were opened, want 1 or 2 and 2", failed, opened)
	}
}
