// The app under load and its requests. Started by run in main.go.

package main

import (
	"crypto/rand"
	"net"
	"net/http"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// app is the app to measure, on its own port, with the emulator behind it.
type app struct {
	emulator *stytchtest.Server
	guard    *stepup.Guard
	server   *http.Server
	url      string
}

func startApp(addr string) (*app, error) {
	emulator := stytchtest.NewUnstartedServer()
	if err := emulator.Listen("127.0.0.1:0"); err != nil {
		return nil, err
	}
	a := &app{emulator: emulator}
	client, err := stytch.New(stytch.Config{
		ProjectID: emulator.ProjectID, Secret: emulator.Secret, BaseURL: emulator.URL,
	})
	if err != nil {
		a.close()
		return nil, err
	}
	key := make([]byte, 32)
	rand.Read(key)
	money := stepup.Policy{Name: "money", MaxAge: 10 * time.Minute}
	a.guard, err = stepup.New(stepup.Config{
		Client: client, Key: key, Cookies: stepup.ServerCookies(), Policies: []stepup.Policy{money},
	})
	if err != nil {
		a.close()
		return nil, err
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		a.close()
		return nil, err
	}
	a.url = "http://" + ln.Addr().String()

	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte("Halden Freight, $18,240.00\n"))
	})
	mux := http.NewServeMux()
	mux.Handle("/stepup/", a.guard.VerifyHandler())
	mux.Handle("GET /bare", handler)
	mux.Handle("GET /session", a.guard.RequireSession(handler))
	mux.Handle("GET /policy", a.guard.Require(money)(handler))
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = a.server.Serve(ln) }() // until close
	return a, nil
}

// close closes everything in reverse order.
func (a *app) close() {
	if a.server != nil {
		a.server.Close()
	}
	if a.guard != nil {
		a.guard.Close()
	}
	a.emulator.Close()
}

// loadCase is a line of the table: a request and the status that it must get.
type loadCase struct {
	name    string
	request *http.Request
	want    int // status
}

func (a *app) cases() []loadCase {
	member := a.emulator.AddMember()
	signedIn := a.emulator.SignIn(member)
	steppedUp := a.emulator.SignIn(member, stytchtest.WithFactor("otp", "sms", time.Minute))
	return []loadCase{
		{"the handler alone", a.navigation("/bare", signedIn), http.StatusOK},
		{"session required", a.navigation("/session", signedIn), http.StatusOK},
		{"policy satisfied", a.navigation("/policy", steppedUp), http.StatusOK},
		// The first request sends the message. The others are redirected to the
		// same page.
		{"policy not satisfied: the challenge", a.navigation("/policy", signedIn), http.StatusSeeOther},
	}
}

// navigation returns the request that a browser sends for a link.
func (a *app) navigation(path string, session *stytchtest.Session) *http.Request {
	r, err := http.NewRequest(http.MethodGet, a.url+path, nil)
	if err != nil {
		panic(err) // the URL is our own
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", "document")
	session.AddCookies(r)
	return r
}
