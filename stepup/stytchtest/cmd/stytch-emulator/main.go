// Command stytch-emulator serves an emulated Stytch B2B project to programs in any
// language until it is interrupted.
//
// It prints the base URL and the credentials as one line of JSON:
//
//	{"url":"http://127.0.0.1:41967","project_id":"project-test-…","secret":"secret-test-…"}
//
// The admin API below /_emulator/ makes members and sessions. The page
// /_emulator/phone shows the text messages.
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
	"syscall"

	"github.com/rungauth/rung/stepup/stytchtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx ends. It prints the line of JSON to out and a hint for people
// to hints.
func run(ctx context.Context, args []string, out, hints io.Writer) error {
	srv := stytchtest.NewUnstartedServer()
	flags := flag.NewFlagSet("stytch-emulator", flag.ExitOnError)
	addr := flags.String("addr", "127.0.0.1:0", "loopback `address` to listen on; port 0 picks a free port")
	projectID := flags.String("project-id", "", "project `id` that clients must present (default random)")
	secret := flags.String("secret", "", "`secret` that clients must present (default random)")
	flags.BoolVar(&srv.BaseURLIssuer, "base-url-issuer", false, "make the base URL the issuer of session JWTs, as behind a custom domain")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("stytch-emulator: unexpected argument %q", flags.Arg(0))
	}
	srv.ProjectID = cmp.Or(*projectID, srv.ProjectID)
	srv.Secret = cmp.Or(*secret, srv.Secret)
	if err := srv.Listen(*addr); err != nil {
		return err
	}
	defer srv.Close()
	fmt.Fprintf(hints, "the simulated phone is at %s/_emulator/phone\n", srv.URL)
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
