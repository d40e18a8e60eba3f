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
	anybody := func(h http.HandlerFunc) http.Handler { return a.guard.LoadSession(h) }
	member := func(h http.HandlerFunc) http.Handler { return a.guard.RequireSession(h) }

	// The pages that ask for the code, at a step-up and at a sign-in, and the same
	// in JSON.
	mux.Handle("GET /stepup/", a.guard.VerifyHandler())
	mux.Handle("POST /stepup/", a.guard.VerifyHandler())

	// Signing in. A member comes here too, to sign in again.
	mux.Handle("GET /sign-in", anybody(a.signIn))
	mux.Handle("POST /sign-in", anybody(a.signInWithPassword))
	mux.Handle("POST "+linkPath, anybody(a.emailLink))
	mux.Handle("GET /sign-in/sent", anybody(a.linkSent))
	mux.Handle("GET "+linkPath, anybody(a.openLink))
	mux.Handle("GET /sign-in/organization", anybody(a.chooseOrganization))
	mux.Handle("POST /sign-in/organization", anybody(a.enterOrganization))
	mux.HandleFunc("POST /sign-out", a.signOut)

	// Members. For a large transfer, the handler asks for a code too.
	mux.Handle("GET /{$}", member(a.home))
	mux.Handle("GET /account", member(a.account))
	mux.Handle("GET /transfers", member(a.transfers))
	mux.Handle("POST /transfers", member(a.transfer))
	mux.Handle("GET /organizations", member(a.organizations))
	mux.Handle("POST /organizations", member(a.switchOrganization))

	// Members with a recent second factor.
	money := a.guard.Require(a.policies.money)
	mux.Handle("GET /payouts", money(http.HandlerFunc(a.payouts)))
	mux.Handle("GET /api/payouts", money(http.HandlerFunc(a.payoutsAPI)))
	mux.Handle("GET /statements", a.guard.Require(a.policies.statements)(http.HandlerFunc(a.statements)))

	// Members who have also just signed in.
	mux.Handle("GET /approvers", a.guard.Require(a.policies.approvers)(http.HandlerFunc(a.approvers)))

	if a.demo != nil {
		mux.HandleFunc("GET /phone", a.phone)
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
