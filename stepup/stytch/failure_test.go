package stytch_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup/stytch"
)

// service is what a client talks to.
type service struct {
	baseURL   string
	transport http.RoundTripper // nil = the client's own
}

func (s service) client(t *testing.T) *stytch.Client {
	config := stytch.Config{BaseURL: s.baseURL}
	if s.transport != nil {
		config.HTTPClient = &http.Client{Transport: s.transport}
	}
	return newClient(t, config)
}

func TestNothingWasSent(t *testing.T) {
	for _, tt := range []struct {
		name  string
		serve func(*testing.T) service
		cause func(error) bool // nil = any
	}{
		{"nobody listens on the port", func(t *testing.T) service {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			return service{baseURL: "http://" + l.Addr().String()}
		}, func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }},
		{"the name does not resolve", func(t *testing.T) service {
			return service{transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "test.stytch.com", IsNotFound: true}}
			}}}
		}, func(err error) bool { var dns *net.DNSError; return errors.As(err, &dns) && dns.IsNotFound }},
		{"the certificate is not trusted", func(t *testing.T) service {
			return service{baseURL: tlsServer(t, nil).URL}
		}, func(err error) bool { return strings.Contains(err.Error(), "certificate") }},
		{"the port does not speak TLS", func(t *testing.T) service {
			srv := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(srv.Close)
			return service{baseURL: "https://" + srv.Listener.Addr().String()}
		}, nil},
		{"another transport cannot dial", func(t *testing.T) service {
			return service{transport: roundTripper(func(*http.Request) (*http.Response, error) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ENETUNREACH}
			})}
		}, func(err error) bool { return errors.Is(err, syscall.ENETUNREACH) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client := tt.serve(t).client(t)
			for _, e := range endpoints {
				ok, err := e.call(t.Context(), client)
				wantNotSent(t, ok, err)
				if tt.cause != nil && !tt.cause(err) {
					t.Errorf("%v lacks its cause", err)
				}
			}
		})
	}
}

func TestNothingIsSentWhenTheContextIsDone(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	for _, e := range endpoints {
		client, sent := answering(t, 200, e.answer)
		ok, err := e.call(canceled, client)
		wantNotSent(t, ok, err)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		ok, err = e.call(late, client)
		wantNotSent(t, ok, err)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want context.DeadlineExceeded", err)
		}
		if len(*sent) != 0 {
			t.Errorf("%s: %d requests, want none", e.name, len(*sent))
		}
	}
}

func TestTheRequestMayHaveBeenSent(t *testing.T) {
	for _, tt := range []struct {
		name  string
		serve func(*testing.T) service
		cause error // nil = no known cause
	}{
		{"a reset after the request was read", func(t *testing.T) service {
			return rawServer(t, func(conn *net.TCPConn, _ string) { conn.SetLinger(0) })
		}, syscall.ECONNRESET},
		{"a connection that is closed without an answer", func(t *testing.T) service {
			return rawServer(t, func(*net.TCPConn, string) {})
		}, io.EOF},
		{"an answer that is not HTTP and repeats the request", func(t *testing.T) service {
			return rawServer(t, func(conn *net.TCPConn, request string) { io.WriteString(conn, request+"\r\n\r\n") })
		}, nil},
		{"a malformed header line that repeats the request", func(t *testing.T) service {
			return rawServer(t, func(conn *net.TCPConn, request string) {
				io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+strings.ReplaceAll(request, ":", "")+"\r\n\r\n")
			})
		}, nil},
		{"an HTTP/2 stream that is reset", func(t *testing.T) service {
			srv := tlsServer(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
			return service{srv.URL, srv.Client().Transport}
		}, nil},
		{"another transport that fails and quotes the request", func(t *testing.T) service {
			return service{transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				return nil, errors.New("failed: " + r.Header.Get("Authorization") + phone + code + token + sessJWT)
			})}
		}, nil},
		{"another transport whose connection fails", func(t *testing.T) service {
			return service{transport: roundTripper(func(*http.Request) (*http.Response, error) {
				return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
			})}
		}, syscall.ECONNRESET},
		{"another transport that returns nothing at all", func(t *testing.T) service {
			return service{transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, nil })}
		}, nil},
		{"another transport that dials again after it has sent", func(t *testing.T) service {
			return service{transport: resending{rawServer(t, func(*net.TCPConn, string) {}).baseURL}}
		}, syscall.ECONNREFUSED},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client := tt.serve(t).client(t)
			for _, e := range endpoints {
				ok, err := e.call(t.Context(), client)
				wantUnclear(t, ok, err)
				if tt.cause != nil && !errors.Is(err, tt.cause) {
					t.Errorf("%s: got %v, want the cause %v", e.name, err, tt.cause)
				}
			}
		})
	}
}

func TestASuccessThatBreaksOff(t *testing.T) {
	half := smsAnswer[:len(smsAnswer)/2]
	srv := rawServer(t, func(conn *net.TCPConn, _ string) {
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"+half)
	})
	resp, err := srv.client(t).AuthenticateSMS(t.Context(), authenticateSMS)
	wantNotUnderstood(t, resp != nil, err, "unexpected EOF")
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want io.ErrUnexpectedEOF", err)
	}
}

func TestAFailureThatBreaksOffKeepsItsStatus(t *testing.T) {
	srv := rawServer(t, func(conn *net.TCPConn, _ string) {
		io.WriteString(conn, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 5000\r\n\r\n{")
	})
	_, err := srv.client(t).SendSMS(t.Context(), sendSMS)
	var apiErr *stytch.APIError
	if !errors.As(err, &apiErr) || apiErr.StatusCode != 429 || apiErr.RetryAfter != 7*time.Second {
		t.Errorf("got %v, want an APIError of 429 with 7 s", err)
	}
}

// Following a redirect would hand the secret and the code to the host in
// Location.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var strayed atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	defer other.Close()
	for _, status := range []string{"301", "302", "303", "307", "308"} {
		for _, location := range []string{other.URL, "/elsewhere", "", ":bad%zz" + token} {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					strayed.Add(1)
				}
				w.Header()["Location"] = []string{location}
				w.WriteHeader(map[string]int{"301": 301, "302": 302, "303": 303, "307": 307, "308": 308}[status])
			}))
			follow := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
			for _, httpClient := range []*http.Client{nil, follow} {
				client := newClient(t, stytch.Config{BaseURL: srv.URL, HTTPClient: httpClient})
				_, err := client.SendSMS(t.Context(), sendSMS)
				var apiErr *stytch.APIError
				if !errors.As(err, &apiErr) || !strings.Contains(err.Error(), status) {
					t.Errorf("%s to %q: got %v, want an APIError", status, location, err)
				}
				mustNotLeak(t, err.Error())
			}
			srv.Close()
		}
	}
	if n := strayed.Load(); n != 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

func TestTimeouts(t *testing.T) {
	// Each case runs in a bubble with fake time, over an in-process pipe.
	hang := func(conn net.Conn) { io.Copy(io.Discard, conn) }
	begin := func(conn net.Conn) {
		http.ReadRequest(bufio.NewReader(conn))
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{")
		io.Copy(io.Discard, conn)
	}
	for _, tt := range []struct {
		name    string
		config  stytch.Config
		httpOwn time.Duration // of Config.HTTPClient
		caller  time.Duration // of the caller's context
		serve   func(net.Conn)
		want    time.Duration
		notSent bool
		answer  bool
	}{
		{name: "the default is 5 s", serve: hang, want: 5 * time.Second},
		{name: "a configured one", config: stytch.Config{Timeout: 12 * time.Second}, serve: hang, want: 12 * time.Second},
		{name: "the HTTP client's own, if it is shorter", httpOwn: 2 * time.Second, serve: hang, want: 2 * time.Second},
		{name: "not the HTTP client's own, if it is longer", httpOwn: time.Minute, serve: hang, want: 5 * time.Second},
		{name: "the caller's, if it is shorter", caller: time.Second, serve: hang, want: time.Second},
		{name: "it bounds the body as well", serve: begin, want: 5 * time.Second, answer: true},
		{name: "dialing that takes too long sends nothing", want: 5 * time.Second, notSent: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport := &http.Transport{DialContext: dialPipe(tt.serve), DisableKeepAlives: true}
				defer transport.CloseIdleConnections()
				tt.config.BaseURL = "http://127.0.0.1"
				tt.config.HTTPClient = &http.Client{Transport: transport, Timeout: tt.httpOwn}
				ctx := t.Context()
				if tt.caller > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.caller)
					defer cancel()
				}
				start := time.Now()
				resp, err := newClient(t, tt.config).SendSMS(ctx, sendSMS)
				if took := time.Since(start); took != tt.want {
					t.Errorf("took %v, want %v", took, tt.want)
				}
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want context.DeadlineExceeded", err)
				}
				switch {
				case tt.notSent:
					wantNotSent(t, resp != nil, err)
				case tt.answer:
					wantNotUnderstood(t, resp != nil, err, "deadline")
				default:
					wantUnclear(t, resp != nil, err)
				}
			})
		})
	}
}

func TestACallerWhoGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := &http.Transport{DialContext: dialPipe(func(conn net.Conn) { io.Copy(io.Discard, conn) })}
		client := newClient(t, stytch.Config{BaseURL: "http://127.0.0.1", HTTPClient: &http.Client{Transport: transport}})
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errors.New("gave up on " + token)) })
		resp, err := client.SendSMS(ctx, sendSMS)
		wantUnclear(t, resp != nil, err)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
}

// dialPipe returns a dialer whose connections serve handles. nil = it never
// connects.
func dialPipe(serve func(net.Conn)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		if serve == nil {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			serve(server)
		}()
		return client, nil
	}
}

// rawServer reads one request from each connection, calls answer and closes the
// connection.
func rawServer(t *testing.T, answer func(conn *net.TCPConn, request string)) service {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r, err := http.ReadRequest(bufio.NewReader(conn))
			if err == nil {
				body, _ := io.ReadAll(r.Body)
				answer(conn.(*net.TCPConn), r.Header.Get("Authorization")+string(body)+code+sessJWT)
			}
			conn.Close()
		}
	}()
	return service{baseURL: "http://" + l.Addr().String()}
}

// tlsServer speaks HTTP/2, with a certificate that only its own client trusts.
func tlsServer(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	srv := httptest.NewUnstartedServer(handler)
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv
}

// resending sends the request to an address that does not answer, and then to
// one where nobody listens.
type resending struct{ baseURL string }

func (s resending) RoundTrip(r *http.Request) (*http.Response, error) {
	var transport http.Transport
	defer transport.CloseIdleConnections()
	first := r.Clone(r.Context())
	first.URL.Scheme, first.URL.Host = "http", strings.TrimPrefix(s.baseURL, "http://")
	if resp, err := transport.RoundTrip(first); err == nil {
		return resp, nil
	}
	second := r.Clone(r.Context())
	second.Body = http.NoBody
	second.ContentLength = 0
	second.URL.Scheme, second.URL.Host = "http", "127.0.0.1:1"
	return transport.RoundTrip(second)
}

func wantNotSent(t *testing.T, hasResult bool, err error) {
	t.Helper()
	if hasResult || !errors.Is(err, stytch.ErrNotSent) {
		t.Fatalf("got %v, want an ErrNotSent and no result", err)
	}
	if errors.Is(err, stytch.ErrRequest) || errors.Is(err, stytch.ErrResponse) {
		t.Errorf("%v wraps two sentinels", err)
	}
	mustNotLeak(t, err.Error())
}

// wantUnclear checks that err leaves open whether the service acted.
func wantUnclear(t *testing.T, hasResult bool, err error) {
	t.Helper()
	var apiErr *stytch.APIError
	if hasResult || err == nil || errors.As(err, &apiErr) {
		t.Fatalf("got %v, want an error that is no answer", err)
	}
	for _, sentinel := range []error{stytch.ErrNotSent, stytch.ErrRequest, stytch.ErrResponse} {
		if errors.Is(err, sentinel) {
			t.Errorf("%v claims to be %v", err, sentinel)
		}
	}
	if !strings.HasPrefix(err.Error(), "stytch: ") {
		t.Errorf("%v lacks the prefix", err)
	}
	mustNotLeak(t, err.Error())
}
