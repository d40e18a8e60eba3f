package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// serve answers requests until ctx ends, and then lets those under way finish.
func serve(ctx context.Context, ln net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		// Longer than the guard ever waits for Stytch: a step-up that
		// succeeded there must not be cut off on the way to the browser.
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

// announce prints where to look.
func announce(out io.Writer, addr net.Addr, project *project) {
	home := "http://" + browserAddress(addr)
	fmt.Fprintf(out, "Ledgerline   %s/\n", home)
	if project.demo == nil {
		fmt.Fprintf(out, "Stytch       project %s\n", project.config.ProjectID)
		return
	}
	fmt.Fprintf(out, "Phone        %s/phone\n", home)
	fmt.Fprintf(out, "Emulator     %s/_emulator/\n\n", project.config.BaseURL)
	fmt.Fprintf(out, "Open Ledgerline, sign in as Ada and open the payouts: the code comes to the phone.\n")
}

// browserAddress is what to type for a server that listens on addr: one that
// listens on all addresses is reached on this machine by its loopback address.
func browserAddress(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
}
