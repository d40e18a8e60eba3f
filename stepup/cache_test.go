package stepup_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// A cache that stores an answer with a session cookie in it gives the session
// away, whatever the handler said of its answer.
func TestAnAnswerThatSetsASessionCookieIsNeverCacheable(t *testing.T) {
	public := func(write func(http.ResponseWriter)) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			write(w)
		})
	}
	handlers := map[string]http.Handler{
		"one that writes":          public(func(w http.ResponseWriter) { io.WriteString(w, "x") }),
		"one that sets a status":   public(func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }),
		"one that writes nothing":  public(func(http.ResponseWriter) {}),
		"one that flushes":         public(func(w http.ResponseWriter) { w.(http.Flusher).Flush(); io.WriteString(w, "x") }),
		"one that uses controller": public(func(w http.ResponseWriter) { http.NewResponseController(w).Flush() }),
		"one that copies a file":   public(func(w http.ResponseWriter) { io.Copy(w, bytes.NewReader(make([]byte, 1<<16))) }),
		"one with an early hint":   public(func(w http.ResponseWriter) { w.WriteHeader(http.StatusEarlyHints); io.WriteString(w, "x") }),
		"a style sheet of ours":    nil,
	}
	for name, handler := range handlers {
		for _, middleware := range []string{"LoadSession", "RequireSession", "Require"} {
			t.Run(name+" behind "+middleware, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := newApp(t)
					session := a.emu.SignIn(a.emu.AddMember(), withFreshSMS(), stytchtest.WithJWTAge(6*time.Minute), stytchtest.WithDuration(3*time.Hour))
					wrap := map[string]func(http.Handler) http.Handler{
						"LoadSession": a.guard.LoadSession, "RequireSession": a.guard.RequireSession, "Require": a.guard.Require(a.policy),
					}[middleware]
					path := "/x"
					next := handler
					if next == nil {
						path, next = "/stepup/stepup.css", a.guard.VerifyHandler()
					}
					a.handler = wrap(next)
					r := a.browser(session).get(path)
					if !strings.Contains(r.header.Get("Set-Cookie"), "stytch_session_jwt=") {
						t.Fatalf("the session was not renewed: %v", r.header)
					}
					if got := r.header.Get("Cache-Control"); got != "no-store" {
						t.Errorf("the answer sets a session cookie and says Cache-Control: %s", got)
					}
				})
			})
		}
	}
}

func TestWhatIsForMembersAloneIsPrivateUnlessTheHandlerSaysOtherwise(t *testing.T) {
	a := newApp(t)
	session := a.emu.SignIn(a.emu.AddMember(), withFreshSMS())
	for _, tt := range []struct {
		name, says, want string
		wrap             func(http.Handler) http.Handler
	}{
		{"a session is required", "", "private", a.guard.RequireSession},
		{"a policy is required", "", "private", a.guard.Require(a.policy)},
		{"both", "", "private", func(h http.Handler) http.Handler { return a.guard.RequireSession(a.guard.Require(a.policy)(h)) }},
		{"the handler says more", "no-store", "no-store", a.guard.RequireSession},
		{"the handler says less", "public, max-age=60", "public, max-age=60", a.guard.RequireSession},
		{"anybody may see it", "", "", a.guard.LoadSession},
	} {
		a.handler = tt.wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if tt.says != "" {
				w.Header().Set("Cache-Control", tt.says)
			}
		}))
		if got := a.browser(session).get("/x").header.Get("Cache-Control"); got != tt.want {
			t.Errorf("%s: got Cache-Control %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A renewed answer is written through a writer of ours, which must not take away
// what a handler can do with the server's.
func TestARenewedAnswerCanBeFlushedAndTakenOver(t *testing.T) {
	emu := stytchtest.NewServer()
	defer emu.Close()
	a := newAppOn(t, emu)
	session := emu.SignIn(emu.AddMember(), stytchtest.WithJWTAge(6*time.Minute), stytchtest.WithDuration(3*time.Hour))
	server := httptest.NewServer(a.guard.RequireSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/flush" {
			io.WriteString(w, "first")
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\ntaken")
		conn.Close()
	})))
	defer server.Close()
	for path, want := range map[string]string{"/flush": "first", "/hijack": "taken"} {
		req, _ := http.NewRequestWithContext(context.Background(), "GET", server.URL+path, nil)
		session.AddCookies(req)
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(body) != want {
			t.Errorf("%s: got %q, want %q", path, body, want)
		}
	}
}

// The session in a context is the answer for one credential.
func TestAClonedRequestWithAnotherCredentialIsJudgedAnew(t *testing.T) {
	a := newApp(t)
	alice := a.emu.SignIn(a.emu.AddMember(), withFreshSMS())
	bob := a.emu.SignIn(a.emu.AddMember())
	probe := func(bearer string) (*jwks.Session, int) {
		var who *jwks.Session
		w := httptest.NewRecorder()
		outer := httptest.NewRequest("GET", "/x", nil)
		alice.AddCookies(outer)
		a.guard.Require(a.policy)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			inner := r.Clone(r.Context())
			if bearer != "" {
				inner.Header.Set("Authorization", "Bearer "+bearer)
			}
			a.guard.Require(a.policy)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				who, _ = stepup.SessionFromContext(r.Context())
			})).ServeHTTP(w, inner)
		})).ServeHTTP(httptest.NewRecorder(), outer)
		return who, w.Code
	}
	if who, status := probe(""); who == nil || who.MemberID() != alice.MemberID {
		t.Errorf("the same credential: %v, status %d", who, status)
	}
	if who, status := probe(bob.JWT); who != nil || status != http.StatusUnauthorized {
		t.Errorf("another member's: %v got through, status %d", who, status)
	}
	if who, status := probe(alice.JWT[:len(alice.JWT)-6] + "AAAAAA"); who != nil || status != http.StatusUnauthorized {
		t.Errorf("a forged one: %v got through, status %d", who, status)
	}
}
