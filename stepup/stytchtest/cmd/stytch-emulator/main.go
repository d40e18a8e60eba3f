// Command stytch-emulator serves an emulated Stytch B2B project to programs in any
// language until it is interrupted.
//
// Once it serves, it prints the base URL and the credentials as one line of JSON:
//
//	{"url":"http://127.0.0.1:41967","project_id":"project-test-…","secret":"secret-test-…"}
//
// With -config it begins with the organizations and members of a file, whose form is that
// of [github.com/rungauth/rung/stepup/stytchtest.Server.Load]. What is wrong with the file
// is printed to the standard error, with the name of the field, and the exit code is 1.
//
// The page /_emulator/ shows what is in the emulator, /_emulator/phone the text messages.
// The admin API below /_emulator/ makes members and sessions; it and everything else is
// described in the README of the package.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/rungauth/rung/stepup/stytchtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "stytch-emulator:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. It prints the line of JSON to out and hints for people
// to hints.
func run(ctx context.Context, args []string, out, hints io.Writer) error {
	flags := flag.NewFlagSet("stytch-emulator", flag.ExitOnError)
	addr := flags.String("addr", "127.0.0.1:0", "loopback `address` to listen on; port 0 picks a free port")
	config := flags.String("config", "", "JSON `file` with the organizations and members to begin with")
	projectID := flags.String("project-id", "", "project `id` that clients must present (default that of the file, or random)")
	secret := flags.String("secret", "", "`secret` that clients must present (default that of the file, or random)")
	issuer := flags.Bool("base-url-issuer", false, "make the base URL the issuer of session JWTs, as behind a custom domain")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	srv := stytchtest.NewUnstartedServer()
	if *config != "" {
		text, err := os.ReadFile(*config)
		if err != nil {
			return err
		}
		if err := srv.Load(text); err != nil {
			return fmt.Errorf("%s: %s", *config, strings.TrimPrefix(err.Error(), "stytchtest: Load: "))
		}
	}
	srv.ProjectID = cmp.Or(*projectID, srv.ProjectID)
	srv.Secret = cmp.Or(*secret, srv.Secret)
	srv.BaseURLIssuer = cmp.Or(*issuer, srv.BaseURLIssuer)
	if err := srv.Listen(*addr); err != nil {
		return err
	}
	defer srv.Close()
	fmt.Fprintf(hints, "the emulator shows itself at %s/_emulator/\n", srv.URL)
	err := json.NewEncoder(out).Encode(struct {
		URL       string `json:"url"`
		ProjectID string `json:"project_id"`
		Secret    string `json:"secret"`
	}{srv.URL, srv.ProjectID, srv.Secret})
	if err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
