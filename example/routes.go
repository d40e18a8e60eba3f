// The routes, and which of them need a session or a step-up. Called last by run
// in main.go.

package main

import (
	"context"
	"net/http"
	"time"
)

// routes returns the router of the app. Only this function decides what a route
// requires.
func (a *app) routes() http.Handler {
	mux := http.NewServeMux()

	// The pages that ask for the code, and the same in JSON.
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

	// Members. For a large amount, the handler asks for a second factor too.
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

	// No other site may post to this one. The guard protects its own forms, and
	// this protects those of the app, sign-in included: a member whom another
	// site signs in to an attacker's account would enter secrets there.
	return http.NewCrossOriginProtection().Handler(mux)
}

// ready answers a load balancer whether sessions can be verified.
func (a *app) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	if err := a.guard.Ready(ctx); err != nil {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}
