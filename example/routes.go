package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
)

// app is what the handlers share.
type app struct {
	guard  *stepup.Guard
	money  stepup.Policy
	client *stytch.Client
	demo   *demo // nil = on the real service

	secureCookies bool
	pages         *pages
	ledger        *ledger
	log           *slog.Logger
}

// routes is the router of the app. Which route wants what stands here, at the
// route, and nowhere else.
func (a *app) routes() http.Handler {
	mux := http.NewServeMux()

	// The pages that ask for the code, and their JSON twins.
	mux.Handle("GET /stepup/", a.guard.VerifyHandler())
	mux.Handle("POST /stepup/", a.guard.VerifyHandler())

	// Anybody, signed in or not.
	mux.Handle("GET /{$}", a.guard.LoadSession(http.HandlerFunc(a.home)))

	// Members.
	mux.Handle("GET /account", a.guard.RequireSession(http.HandlerFunc(a.account)))
	mux.Handle("GET /transfers", a.guard.RequireSession(http.HandlerFunc(a.transfers)))

	// Members with a recent second factor.
	mux.Handle("GET /payouts", a.guard.Require(a.money)(http.HandlerFunc(a.payouts)))
	mux.Handle("GET /api/payouts", a.guard.Require(a.money)(http.HandlerFunc(a.payoutsAPI)))

	// Members; the handler looks at the amount and asks for more than that.
	mux.Handle("POST /transfers", a.guard.RequireSession(http.HandlerFunc(a.transfer)))

	mux.HandleFunc("POST /sign-out", a.signOut)
	if a.demo != nil {
		mux.HandleFunc("POST /sign-in", a.signIn)
		mux.HandleFunc("GET /phone", a.phone)
	} else {
		mux.HandleFunc("POST /session", a.pasteSession)
	}
	mux.HandleFunc("GET /readyz", a.ready)
	mux.Handle("GET /static/", staticFiles())

	// No other site may post to this one. The guard checks its own forms; this
	// is for those of the app, sign-in included: a member who is signed in to
	// somebody else's account unawares would type their secrets into it.
	return http.NewCrossOriginProtection().Handler(mux)
}

// ready tells a load balancer whether sessions can be verified.
func (a *app) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	if err := a.guard.Ready(ctx); err != nil {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}
