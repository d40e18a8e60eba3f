// What the handlers of the app share. Made by run in main.go.

package main

import (
	"log/slog"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
)

// app holds what the handlers share.
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
