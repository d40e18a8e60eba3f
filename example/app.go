// What the handlers of the app share. Made by run in main.go.

package main

import (
	"log/slog"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
)

// app holds what the handlers share.
type app struct {
	guard    *stepup.Guard
	policies policies
	client   *stytch.Client
	demo     *demo // nil = on the real service

	organization  string // id or slug: to which members sign in, unless a form names another
	origin        string // where the links in mails lead, such as https://app.example.com
	secureCookies bool
	sealer        *sealer

	pages  *pages
	ledger *ledger
	log    *slog.Logger
}
