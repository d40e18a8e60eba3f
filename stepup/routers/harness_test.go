// The app of the tests: handlers, a guard and an emulator of Stytch. Every case
// gets one; suite_test.go lets each router mount its handlers.

package routers_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// origin is where clients find every app. A proxy that ends TLS stands in front
// of it, as it were: browsers say https, and the app is served plain http.
const origin = "https://app.example.com"

// app is what a router is given to mount.
type app struct {
	guard  *stepup.Guard
	money  stepup.Policy
	t      *testing.T
	emu    *stytchtest.Server
	prefix string // of the public paths; "" = none
	verify string // VerifyPath

	address  string       // where the server listens
	requests atomic.Int64 // that clients made
	reached  atomic.Int64 // how often a handler behind the policy ran

	mu       sync.Mutex
	arrived  []string           // what forms brought, "/path?query fields"
	starting *stytchtest.Member // the member whom the sign-in handler signs in
}

// newApp makes an app with a guard of the usual configuration; change changes
// it.
func newApp(t *testing.T, prefix string, change ...func(*stepup.Config)) *app {
	t.Helper()
	a := &app{
		t: t, emu: stytchtest.NewUnstartedServer(), prefix: prefix, verify: prefix + "/stepup/",
		money: stepup.Policy{Name: "money", MaxAge: 10 * time.Minute},
	}
	client, err := stytch.New(stytch.Config{
		ProjectID: a.emu.ProjectID, Secret: a.emu.Secret, BaseURL: a.emu.URL, HTTPClient: a.emu.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	config := stepup.Config{
		Client: client, Key: []byte("0123456789abcdef0123456789abcdef"), Cookies: stepup.ServerCookies(),
		Policies: []stepup.Policy{a.money}, VerifyPath: a.verify,
		Links: stepup.Links{Login: prefix + "/login", Cancel: prefix + "/"},
	}
	for _, c := range change {
		c(&config)
	}
	a.verify = config.VerifyPath
	if a.guard, err = stepup.New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.guard.Close)
	if err := a.guard.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// serve serves a handler until the test ends.
func (a *app) serve(h http.Handler) {
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // panics are part of the tests
	srv.Start()
	a.t.Cleanup(srv.Close)
	a.address = srv.Listener.Addr().String()
}

// listen returns a listener for servers that are not net/http's. The caller
// closes it.
func (a *app) listen() net.Listener {
	a.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		a.t.Fatal(err)
	}
	a.address = l.Addr().String()
	return l
}

// at is the public path of an endpoint of the verify handler. Where VerifyPath
// has no slash at its end, none of them has.
func (a *app) at(name string) string {
	if base, slash := strings.CutSuffix(a.verify, "/"); !slash {
		return strings.TrimSuffix(base+"/"+name, "/")
	}
	return a.verify + name
}

// home is behind LoadSession. Any cache may store it.
func (a *app) home(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", publicly)
	fmt.Fprint(w, "home of ", nameOf(r.Context()))
}

const publicly = "public, max-age=60"

// account is behind RequireSession.
func (a *app) account(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, "account of ", nameOf(r.Context()))
}

// payouts is behind Require(money), for every method.
func (a *app) payouts(w http.ResponseWriter, r *http.Request) { a.payee(w, r, "all") }

// payee is payouts to one payee, whom the router found in the path.
func (a *app) payee(w http.ResponseWriter, r *http.Request, payee string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Errorf("reading the body of %s: %v", r.URL, err)
	}
	fields := string(body)
	if r.PostForm != nil { // middleware has read it
		fields = r.PostForm.Encode()
	}
	fmt.Fprint(w, a.pay(r.Context(), r.Method, payee, r.URL.RawQuery, fields))
}

// pay is what the handlers behind the policy do. It returns what they answer.
func (a *app) pay(ctx context.Context, method, payee, query, fields string) string {
	a.reached.Add(1)
	if method == http.MethodPost {
		a.arrive(query, fields)
	}
	return fmt.Sprintf("%s payouts to %s by %s, query %q, %d bytes", method, payee, nameOf(ctx), query, len(fields))
}

// transfers is behind RequireSession, and asks for a step-up above an amount.
func (a *app) transfers(w http.ResponseWriter, r *http.Request) {
	amount, err := strconv.Atoi(r.FormValue("amount"))
	if err != nil {
		http.Error(w, "no amount", http.StatusUnprocessableEntity)
		return
	}
	if amount > large {
		if err := a.guard.Check(r, a.money); err != nil {
			a.guard.Deny(w, r, err)
			return
		}
	}
	fmt.Fprint(w, a.transfer(amount, r.URL.RawQuery, r.PostForm.Encode()))
}

// large is an amount that takes a step-up.
const large = 1000

// transfer is what the handler of transfers does in the end.
func (a *app) transfer(amount int, query, fields string) string {
	if amount > large {
		a.reached.Add(1)
	}
	a.arrive(query, fields)
	return fmt.Sprint("transferred ", amount)
}

// signIn begins a login that lacks its second factor.
func (a *app) signIn(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	member := a.starting
	a.mu.Unlock()
	a.guard.CompleteLogin(w, r, stepup.Login{
		OrganizationID: member.OrganizationID, MemberID: member.ID,
		IntermediateSessionToken: a.emu.StartLogin(member, stytchtest.CodeSent()),
		CodeSent:                 true, PhoneNumber: member.PhoneNumber, Next: a.prefix + "/account",
	})
}

// signOut ends the session.
func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	if err := a.guard.SignOut(w, r); err != nil {
		http.Error(w, "still signed in", http.StatusForbidden)
		return
	}
	fmt.Fprint(w, "signed out")
}

// broken is behind Require(money).
func (a *app) broken(http.ResponseWriter, *http.Request) {
	a.reached.Add(1)
	panic("a handler of the app")
}

// nameOf is the member whose request it is, by its context.
func nameOf(ctx context.Context) string {
	s, ok := stepup.SessionFromContext(ctx)
	if !ok {
		return "nobody"
	}
	return s.MemberID()
}

func (a *app) arrive(query, fields string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.arrived = append(a.arrived, strings.TrimSpace(query+" "+fields))
}

// begin makes member the one that signIn signs in.
func (a *app) begin(member *stytchtest.Member) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.starting = member
}

// wantArrived checks what forms brought to the handlers since the last time.
func (a *app) wantArrived(t *testing.T, want ...string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Equal(a.arrived, want) {
		t.Errorf("arrived %q, want %q", a.arrived, want)
	}
	a.arrived = nil
}

// wantReached checks how often handlers behind the policy ran since the last
// time.
func (a *app) wantReached(t *testing.T, want int64) {
	t.Helper()
	if got := a.reached.Swap(0); got != want {
		t.Errorf("handlers behind the policy ran %d times, want %d", got, want)
	}
}

// wantMessages checks how many messages a member got.
func (a *app) wantMessages(t *testing.T, member *stytchtest.Member, want int) {
	t.Helper()
	if got := len(a.emu.Messages(member.ID)); got != want {
		t.Errorf("%d messages were sent, want %d", got, want)
	}
}
