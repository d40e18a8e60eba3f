//go:build unix

package main_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// TestOneProcess is TestCluster for the limiter in memory.
func TestOneProcess(t *testing.T) {
	t.Run("a thousand navigations send one message", func(t *testing.T) { navigate(t, oneProcess(t)) })
	t.Run("a thousand guesses count as five, whatever comes next", func(t *testing.T) { guess(t, oneProcess(t), nil) })
}

// oneProcess returns a minimal app in the process of the test, with the default
// limiter. It is called without a network, so that its timeouts mean the same on a
// slow machine.
func oneProcess(t *testing.T) *site {
	t.Helper()
	emulator := stytchtest.NewUnstartedServer()
	client, err := stytch.New(stytch.Config{
		ProjectID: emulator.ProjectID, Secret: emulator.Secret, BaseURL: emulator.URL, HTTPClient: emulator.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	key := make([]byte, 32)
	rand.Read(key)
	money := stepup.Policy{Name: "money", MaxAge: 10 * time.Minute}
	guard, err := stepup.New(stepup.Config{
		Client: client, Key: key, Cookies: stepup.ServerCookies(), Policies: []stepup.Policy{money},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(guard.Close)
	if err := guard.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/stepup/", guard.VerifyHandler())
	mux.Handle("GET /payouts", guard.Require(money)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("Halden Freight"))
	})))
	return &site{
		t: t, home: "https://ledgerline.example", transport: inProcess{mux},
		emulator: emulator.URL, stytch: emulator.Client(),
	}
}

// inProcess calls a handler instead of a server.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	received := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), r.Body)
	received.Header = r.Header
	p.handler.ServeHTTP(w, received)
	return w.Result(), nil
}
