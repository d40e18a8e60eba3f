// Package instance is an app behind a guard, with the emulator of Stytch, all in
// this process, and what is counted of it: operations of the limiter, calls to
// Stytch and the time that they take.
package instance

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// App is an app with one guarded page, "/guarded", and one that only requires a
// session, "/account".
type App struct {
	Emulator *stytchtest.Server
	Limiter  *Limiter
	Stytch   *Stytch

	guard   *stepup.Guard
	handler http.Handler
}

// New returns an app whose guarded page has a policy of maxAge. Its limiter wraps
// limiter.
func New(maxAge time.Duration, limiter stepup.Limiter) (*App, error) {
	emulator := stytchtest.NewUnstartedServer()
	a := &App{Emulator: emulator, Limiter: &Limiter{of: limiter}, Stytch: &Stytch{of: emulator.Client().Transport}}
	client, err := stytch.New(stytch.Config{
		ProjectID: emulator.ProjectID, Secret: emulator.Secret, BaseURL: emulator.URL,
		HTTPClient: &http.Client{Transport: a.Stytch},
	})
	if err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	rand.Read(key)
	policy := stepup.Policy{Name: "money", MaxAge: maxAge}
	a.guard, err = stepup.New(stepup.Config{
		Client: client, Key: key, Cookies: stepup.ServerCookies(), Policies: []stepup.Policy{policy}, Limiter: a.Limiter,
	})
	if err != nil {
		return nil, err
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("$18,240.00\n")) })
	mux := http.NewServeMux()
	mux.Handle("/stepup/", a.guard.VerifyHandler())
	mux.Handle("GET /guarded", a.guard.Require(policy)(page))
	mux.Handle("GET /account", a.guard.RequireSession(page))
	a.handler = mux
	if err := a.guard.Ready(context.Background()); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// Close ends the guard.
func (a *App) Close() { a.guard.Close() }

// Stytch is the way to the emulator. It counts calls and the time that they take.
type Stytch struct {
	of    http.RoundTripper
	calls atomic.Int64
	spent atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (s *Stytch) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	resp, err := s.of.RoundTrip(r)
	s.spent.Add(int64(time.Since(began)))
	if r.Method == http.MethodPost { // the others fetch keys
		s.calls.Add(1)
	}
	return resp, err
}

// Calls is the number of calls so far, without those for keys.
func (s *Stytch) Calls() int { return int(s.calls.Load()) }

// Spent is how long the calls took so far.
func (s *Stytch) Spent() time.Duration { return time.Duration(s.spent.Load()) }

// Reset lets the next calls count from zero.
func (s *Stytch) Reset() {
	s.calls.Store(0)
	s.spent.Store(0)
}

// unexpected is the error for an answer that would spoil a measurement.
func unexpected(what string, status int) error {
	return fmt.Errorf("%s was answered with status %d", what, status)
}
