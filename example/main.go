// Command example is Ledgerline, a small treasury app with a step-up in front of
// the money. To open the payouts or send a large amount, a member must have
// entered a code from a text message within the last ten minutes.
//
//	go run ./example
//
// This needs no account: it starts an emulated Stytch on this machine, with three
// members and a phone that shows their messages. To use your own project, set
// STYTCH_PROJECT_ID and STYTCH_SECRET, and STYTCH_BASE_URL for a project with a
// custom domain.
//
// This file shows all that an app adds: a client, a policy and a guard.
// routes.go puts the guard around handlers.
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "example:", err)
		os.Exit(1)
	}
}

// run serves the app until ctx is done. It closes what it opened in reverse order,
// the server first, so that no request meets a closed guard.
func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("example", flag.ExitOnError)
	addr := flags.String("addr", "127.0.0.1:8080", "address to listen on; port 0 picks a free one")
	insecureCookies := flags.Bool("insecure-cookies", false, "for browsers that refuse Secure cookies on plain http")
	if err := flags.Parse(args); err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))

	// Stytch itself, or the emulator.
	project, err := openProject(os.Getenv)
	if err != nil {
		return err
	}
	defer project.close()
	client, err := stytch.New(project.config)
	if err != nil {
		return err
	}

	// How recent the second factor has to be. The name appears on the verify
	// page, in events and in answers to API clients.
	money := stepup.Policy{Name: "money", MaxAge: 10 * time.Minute}

	looks, err := verifyPages(project.demo != nil)
	if err != nil {
		return err
	}
	guard, err := stepup.New(stepup.Config{
		Client:          client,
		Key:             newKey(),
		Cookies:         project.cookies,
		Policies:        []stepup.Policy{money},
		InsecureCookies: *insecureCookies,
		Action:          describeAction,
		Forms:           stepup.Forms{Show: []string{"payee", "amount", "reference"}},
		Pages:           looks,
		OnEvent:         stepup.LogEvents(logger),
	})
	if err != nil {
		return err
	}
	defer guard.Close()

	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	ledgerline := &app{
		guard: guard, money: money, client: client,
		demo: project.demo, secureCookies: !*insecureCookies,
		pages: parsePages(), ledger: newLedger(), log: logger,
	}
	announce(os.Stdout, ln.Addr(), project)
	return serve(ctx, ln, ledgerline.routes())
}

// newKey makes a key for this run. A real app keeps one with its other secrets,
// the same on every instance, or verify pages that are open during a restart
// stop working.
func newKey() []byte {
	key := make([]byte, 32)
	rand.Read(key)
	return key
}
