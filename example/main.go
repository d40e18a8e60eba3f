// Command example is Ledgerline, a small treasury app with a step-up in front of
// the money. Members sign in with a password or a link in a mail, and with a
// second factor where Stytch asks for one. To open the payouts, they must have
// entered a code from their phone within the last ten minutes; to send a large
// amount, a code for that very transfer.
//
//	go run ./example
//
// This needs no account: it starts an emulated Stytch on this machine, with a few
// members and a phone that shows what they get. To use your own project, set
// STYTCH_PROJECT_ID, STYTCH_SECRET and STYTCH_ORGANIZATION (the id or slug of the
// organization to sign in to), and STYTCH_BASE_URL for a project with a custom
// domain. For links in mails, add the address that the start-up prints to the
// redirect URLs of the project.
//
// This file shows all that an app adds: a client, policies and a guard.
// routes.go puts the guard around handlers, and signin.go is the sign-in.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

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
	origin := flags.String("origin", "", "where browsers find this server, for links in mails; empty is http:// and the address")
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

	looks, err := verifyPages(project.demo != nil)
	if err != nil {
		return err
	}
	rules := newPolicies()
	guard, err := stepup.New(stepup.Config{
		Client:          client,
		Key:             newKey(),
		Cookies:         stepup.ServerCookies(),
		Policies:        rules.all(),
		Links:           stepup.Links{Login: "/sign-in"},
		InsecureCookies: *insecureCookies,
		// Members without a second factor may add one. Where numbers are real,
		// name the countries in CallingCodes: messages cost money.
		Enroll:  &stepup.Enrollment{Methods: []stepup.Method{stepup.SMS, stepup.TOTP}, Issuer: "Ledgerline"},
		Action:  describeAction,
		Forms:   stepup.Forms{Show: []string{"payee", "amount", "reference"}},
		Pages:   looks,
		OnEvent: stepup.LogEvents(logger),
	})
	if err != nil {
		return err
	}
	defer guard.Close()
	sealer, err := newSealer(newKey(), !*insecureCookies)
	if err != nil {
		return err
	}

	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	ledgerline := &app{
		guard: guard, policies: rules, client: client, demo: project.demo,
		organization: project.organization, origin: cmp.Or(*origin, "http://"+browserAddress(ln.Addr())),
		secureCookies: !*insecureCookies, sealer: sealer,
		pages: parsePages(), ledger: newLedger(), log: logger,
	}
	announce(os.Stdout, ledgerline, project.config)
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
