// The HTTP server and its shutdown. Called by run in main.go once everything is
// open.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/rungauth/rung/stepup/stytch"
)

// serve answers requests until ctx is done, and then lets those under way finish.
func serve(ctx context.Context, ln net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		// Longer than the guard ever waits for Stytch, or a step-up that
		// succeeded there might be cut off on the way to the browser.
		WriteTimeout:   30 * time.Second,
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 32 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

// announce prints the addresses to open, and what the policies ask for.
func announce(out io.Writer, a *app, config stytch.Config) {
	fmt.Fprintf(out, "Ledgerline   %s/\n", a.origin)
	if a.demo != nil {
		fmt.Fprintf(out, "Phone        %s/phone\n", a.origin)
		fmt.Fprintf(out, "Emulator     %s/_emulator/\n", config.BaseURL)
	} else {
		fmt.Fprintf(out, "Stytch       project %s, organization %s\n", config.ProjectID, a.organization)
		fmt.Fprintf(out, "Redirects    %s%s, for links in mails\n", a.origin, linkPath)
	}
	for _, p := range a.guard.Policies() {
		fmt.Fprintf(out, "Policy       %s\n", policyLine(p))
	}
	if a.demo != nil {
		fmt.Fprintf(out, "\nOpen Ledgerline, sign in as Ada and open the payouts. The code comes to the phone.\n")
	} else {
		fmt.Fprintf(out, "\nOpen Ledgerline and sign in with the password of a member.\n")
	}
}

// browserAddress returns the address to open for a server that listens on addr. If
// that is all addresses, it is the loopback address.
func browserAddress(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
}
