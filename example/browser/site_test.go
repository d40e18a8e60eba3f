package browser_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// site is a minimal app with a guard, in this process. Unlike in the example, the
// emulator can be made to fail and the guard can be configured.
type site struct {
	t      *testing.T
	emu    *stytchtest.Server
	client *stytch.Client
	guard  *stepup.Guard
	home   string
	member *stytchtest.Member // who signs in

	session *stytchtest.Session
	signIn  []stytchtest.SignInOption
	login   []stytchtest.LoginOption
	twice   bool // whether a second session is set for the path of the verify pages
}

// newSite starts a site whose member has the options and whose configuration is
// changed by change.
func newSite(t *testing.T, member []stytchtest.MemberOption, change func(*stepup.Config)) *site {
	t.Helper()
	s := &site{t: t, emu: stytchtest.NewUnstartedServer()}
	t.Cleanup(s.emu.Close)
	s.member = s.emu.AddMember(append([]stytchtest.MemberOption{stytchtest.WithPhone("+12025550142")}, member...)...)
	client, err := stytch.New(stytch.Config{
		ProjectID: s.emu.ProjectID, Secret: s.emu.Secret, BaseURL: s.emu.URL, HTTPClient: s.emu.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.client = client
	key := make([]byte, 32)
	rand.Read(key)
	config := stepup.Config{
		Client: client, Key: key, Cookies: stepup.ServerCookies(),
		Policies: []stepup.Policy{{Name: "money", MaxAge: 10 * time.Minute}},
		Links:    stepup.Links{Login: "/sign-in"},
		Action:   func(*http.Request, stepup.Policy) string { return "Transfer $5,000 to Acme" },
	}
	if change != nil {
		change(&config)
	}
	s.guard, err = stepup.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.guard.Close)
	ready, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.guard.Ready(ready); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.routes(config.Policies[0]))
	t.Cleanup(server.Close)
	s.home = server.URL
	return s
}

func (s *site) routes(money stepup.Policy) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/stepup/", s.guard.VerifyHandler())
	mux.HandleFunc("GET /sign-in", s.startSession)
	mux.HandleFunc("GET /login", s.startLogin)
	mux.Handle("GET /payouts", s.guard.Require(money)(text("The payouts")))
	mux.Handle("POST /transfers", s.guard.Require(money)(text("Sent")))
	mux.HandleFunc("GET /broken", func(w http.ResponseWriter, r *http.Request) {
		s.guard.Deny(w, r, errors.New("not an error of the guard"))
	})
	mux.HandleFunc("GET /favicon.ico", http.NotFound)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		writePage(w, `<p><a href="/payouts">Payouts</a></p>
<form method="post" action="/transfers">
<input type="hidden" name="payee" value="Acme Industrial Holdings and Sons">
<input type="hidden" name="amount" value="$5,000.00">
<input type="hidden" name="memo" value="AVeryLongReferenceThatHasNoPlaceToBreakIt-0123456789-0123456789">
<input type="hidden" name="csrf" value="secret">
<input type="hidden" name="card_number" value="4242">
<button>Transfer</button></form>
<form method="post" action="/transfers" enctype="multipart/form-data"><input type="hidden" name="a" value="b"><button>Upload</button></form>`)
	})
	return mux
}

// startSession signs the member in.
func (s *site) startSession(w http.ResponseWriter, r *http.Request) {
	s.session = s.emu.SignIn(s.member, s.signIn...)
	for _, c := range s.session.Cookies() {
		http.SetCookie(w, c)
	}
	if s.twice {
		for _, c := range s.emu.SignIn(s.member).Cookies() {
			c.Path = "/payouts"
			http.SetCookie(w, c)
		}
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// startLogin signs the member in as far as the second factor.
func (s *site) startLogin(w http.ResponseWriter, r *http.Request) {
	s.guard.CompleteLogin(w, r, stepup.Login{
		OrganizationID: s.member.OrganizationID, MemberID: s.member.ID, IntermediateSessionToken: s.emu.StartLogin(s.member, s.login...),
		CodeSent: len(s.login) > 0, PhoneNumber: s.member.PhoneNumber,
	})
}

func text(words string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writePage(w, "<p>"+words+"</p>") })
}

func writePage(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><title>Site</title><main><h1>Site</h1>%s</main>`, body)
}
