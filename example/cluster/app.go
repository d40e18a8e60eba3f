// The app that every instance serves. Built by runInstance in instance.go.

package main

import (
	"bytes"
	_ "embed"
	"html/template"
	"log/slog"
	"net/http"

	"github.com/rungauth/rung/stepup"
)

//go:embed page.html
var pageTemplate string

//go:embed style.css
var styleSheet []byte

// app is a miniature treasury app. It keeps no state, so any instance can go on
// where another left off.
type app struct {
	name     string
	guard    *stepup.Guard
	money    stepup.Policy
	emulator string
	members  []member
	log      *slog.Logger
	page     *template.Template
}

func (a *app) routes() http.Handler {
	a.page = template.Must(template.New("page").Parse(pageTemplate))
	mux := http.NewServeMux()
	mux.Handle("GET /stepup/", a.guard.VerifyHandler())
	mux.Handle("POST /stepup/", a.guard.VerifyHandler())
	mux.Handle("GET /{$}", a.guard.LoadSession(a.show("home")))
	mux.Handle("GET /account", a.guard.RequireSession(a.show("account")))
	mux.Handle("GET /payouts", a.guard.Require(a.money)(a.show("payouts")))
	mux.Handle("POST /transfers", a.guard.Require(a.money)(http.HandlerFunc(a.transfer)))
	mux.HandleFunc("POST /sign-in", a.signIn)
	mux.HandleFunc("POST /sign-out", a.signOut)
	mux.HandleFunc("GET /style.css", serveStyleSheet)

	protected := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Instance", a.name)
		protected.ServeHTTP(w, r)
	})
}

// view is what the page shows.
type view struct {
	Name     string // of the page
	Instance string
	Members  []member
	SignedIn bool
	Payee    string // payee of a transfer; "" = none
}

func (a *app) show(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.render(w, r, view{Name: name})
	})
}

// transfer is called only for members who stepped up. Until then the form waited,
// sealed, in the verify page.
func (a *app) transfer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	a.render(w, r, view{Name: "transfer", Payee: r.PostFormValue("payee")})
}

func (a *app) render(w http.ResponseWriter, r *http.Request, v view) {
	v.Instance, v.Members = a.name, a.members
	_, v.SignedIn = stepup.SessionFromContext(r.Context())
	var out bytes.Buffer
	if err := a.page.Execute(&out, v); err != nil {
		panic(err) // a mistake in the template; the tests visit every page
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = out.WriteTo(w)
}

func (a *app) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	id := r.PostFormValue("member")
	for _, m := range a.members {
		if m.ID != id {
			continue
		}
		c, err := signIn(r.Context(), a.emulator, m)
		if err != nil {
			a.log.Error("sign-in", "error", err)
			http.Error(w, "Sign-in is not available.", http.StatusServiceUnavailable)
			return
		}
		for name, value := range map[string]string{"stytch_session_jwt": c.JWT, "stytch_session": c.Token} {
			http.SetCookie(w, &http.Cookie{
				Name: name, Value: value, Path: "/", Expires: c.Session.ExpiresAt,
				Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
			})
		}
		http.Redirect(w, r, "/account", http.StatusSeeOther)
		return
	}
	http.Error(w, "no such member", http.StatusBadRequest)
}

func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	if err := a.guard.SignOut(w, r); err != nil {
		a.log.Error("sign-out", "error", err)
		http.Error(w, "You are signed out of this browser. Stytch could not be told.", http.StatusServiceUnavailable)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func serveStyleSheet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css")
	_, _ = w.Write(styleSheet)
}
