package stytchtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// newRequest makes a POST with the server's credentials.
func (f *fixture) newRequest(ctx context.Context, path string, body object) *http.Request {
	f.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		f.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, "POST", f.srv.URL+path, bytes.NewReader(text))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(f.srv.ProjectID, f.srv.Secret)
	return req
}

func TestACallEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.srv.Fail(stytchtest.Fault{Delay: time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		_, err := f.do(ctx, sendPath, f.with())
		if !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("got %v after %v, want context.Canceled after 1s", err, time.Since(start))
		}
		if _, err := f.do(ctx, sendPath, f.with()); !errors.Is(err, context.Canceled) {
			t.Errorf("with a canceled context: got %v", err)
		}
	})
}

func TestACallEndsWithTheClientsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.srv.Fail(stytchtest.Fault{Delay: time.Hour})
		client := f.srv.Client()
		client.Timeout = 5 * time.Second
		start := time.Now()
		res, err := client.Do(f.newRequest(t.Context(), sendPath, f.with()))
		if err == nil {
			res.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("got %v after %v, want a timeout after 5s", err, time.Since(start))
		}
	})
}

func TestTheClientReachesOnlyItsServer(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	for _, url := range []string{"https://test.stytch.com", "http://stytch.test", "https://stytch.test:8443"} {
		res, err := srv.Client().Get(url + "/v1/b2b/sessions/jwks/" + srv.ProjectID)
		if err == nil {
			res.Body.Close()
			t.Errorf("%s was reached", url)
		}
	}
	srv.Close()
	res, err := srv.Client().Get(srv.URL + "/v1/b2b/sessions/jwks/" + srv.ProjectID)
	if err == nil {
		res.Body.Close()
		t.Error("a closed server was reached")
	}
	srv.Close() // again
}

// A client that traces its requests sees what it would see on a network. It tells
// from the trace whether a failed request can have reached the service.
func TestTheClientIsTraced(t *testing.T) {
	f := newFixture(t)
	var got []string
	trace := &httptrace.ClientTrace{
		GetConn:      func(string) { got = append(got, "get") },
		GotConn:      func(info httptrace.GotConnInfo) { got = append(got, fmt.Sprint("got ", info.Conn != nil)) },
		WroteRequest: func(httptrace.WroteRequestInfo) { got = append(got, "wrote") },
	}
	ctx := httptrace.WithClientTrace(t.Context(), trace)
	f.srv.Fail(stytchtest.Fault{HangUp: true})
	for range 2 {
		if res, err := f.do(ctx, sendPath, f.with()); err == nil {
			res.Body.Close()
		}
	}
	f.srv.Fail(stytchtest.Fault{Unreachable: true})
	if res, err := f.do(ctx, sendPath, f.with()); err == nil {
		res.Body.Close()
	}
	want := "[get got true wrote get got true wrote get]"
	if fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// closer notes whether a request body was closed, as RoundTripper promises.
type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }

func TestTheClientClosesBodies(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	body := &closer{Reader: bytes.NewReader([]byte(`{}`))}
	req, _ := http.NewRequest("POST", srv.URL+sendPath, body)
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if !body.closed {
		t.Error("the body was left open")
	}
}

// One code is good for one step-up, however many requests carry it, and the tenth
// failure locks the member, whatever else happens at the same time.
func TestAThousandParallelRequests(t *testing.T) {
	for name, start := range map[string]func() *stytchtest.Server{
		"in process":   stytchtest.NewUnstartedServer,
		"over network": stytchtest.NewServer,
	} {
		t.Run(name, func(t *testing.T) {
			srv := start()
			defer srv.Close()
			f := &fixture{t: t, srv: srv, member: srv.AddMember()}
			f.session = srv.SignIn(f.member)
			code := f.send()
			client := http.DefaultClient
			if name == "in process" {
				client = srv.Client()
			}
			var stepped, used, locked, jwks atomic.Int64
			var group sync.WaitGroup
			slots := make(chan struct{}, 100) // open connections
			for i := range 1000 {
				slots <- struct{}{}
				group.Go(func() {
					defer func() { <-slots }()
					req := f.newRequest(t.Context(), authenticatePath, f.with("code", code))
					counters := map[int]*atomic.Int64{200: &stepped, 401: &used, 429: &locked}
					if i%2 == 1 {
						req, _ = http.NewRequestWithContext(t.Context(), "GET", srv.URL+"/v1/b2b/sessions/jwks/"+srv.ProjectID, nil)
						counters = map[int]*atomic.Int64{200: &jwks}
					}
					res, err := client.Do(req)
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, res.Body)
					res.Body.Close()
					if counter := counters[res.StatusCode]; counter != nil {
						counter.Add(1)
					}
				})
			}
			group.Wait()
			if stepped.Load() != 1 || used.Load() != 10 || locked.Load() != 489 || jwks.Load() != 500 {
				t.Errorf("%d stepped up, %d codes used before, %d locked, %d key sets; want 1, 10, 489, 500",
					stepped.Load(), used.Load(), locked.Load(), jwks.Load())
			}
			if n := len(srv.Calls()); n != 1001 {
				t.Errorf("the call log has %d calls, want 1001", n)
			}
		})
	}
}
