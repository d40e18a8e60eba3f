// Command load measures what a guard costs: how many requests per second one
// process answers, and how long they take, with and without a guard in front of
// the handler.
//
//	go run ./example/load
//
// It starts an app and an emulated Stytch on the loopback interface, sends
// requests as fast as they are answered, and prints a Markdown table. It calls no
// other machine. Each line of the table ends after some seconds or requests,
// whichever comes first. An unexpected answer ends the run: errors are fast and
// would look good.
//
// The clients share the process and the processors with the app, so the numbers
// are good only for comparing lines, and runs on one machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// bounds limit the load, for machines with other work.
type bounds struct {
	clients  int           // each has one connection and waits for every answer
	duration time.Duration // of a line
	requests int           // of a line
}

// The upper limits of bounds.
const (
	maxClients  = 256
	maxDuration = time.Minute
	maxRequests = 5_000_000
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var b bounds
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:0", "loopback address for the app; port 0 picks a free one")
	flags.IntVar(&b.clients, "clients", 16, fmt.Sprintf("clients at the same time, 1 to %d", maxClients))
	flags.DurationVar(&b.duration, "duration", 3*time.Second, fmt.Sprintf("time for each line, up to %v", maxDuration))
	flags.IntVar(&b.requests, "requests", 500_000, fmt.Sprintf("requests for each line, 1 to %d", maxRequests))
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return err
	}
	if err := checkLoopback(*addr); err != nil {
		return err
	}

	app, err := startApp(*addr)
	if err != nil {
		return err
	}
	defer app.close()
	writeHead(out, b, time.Now())
	for _, c := range app.cases() {
		// A short run first, to warm up connections, memos and caches.
		warm := bounds{clients: b.clients, duration: b.duration / 10, requests: b.requests}
		if _, err := measure(ctx, c, warm); err != nil {
			return err
		}
		result, err := measure(ctx, c, b)
		if err != nil {
			return err
		}
		writeLine(out, c.name, result)
	}
	return nil
}

func (b bounds) check() error {
	switch {
	case b.clients < 1 || b.clients > maxClients:
		return fmt.Errorf("-clients must be 1 to %d", maxClients)
	case b.duration <= 0 || b.duration > maxDuration:
		return fmt.Errorf("-duration must be more than 0 and at most %v", maxDuration)
	case b.requests < 1 || b.requests > maxRequests:
		return fmt.Errorf("-requests must be 1 to %d", maxRequests)
	}
	return nil
}

// checkLoopback refuses addresses that other machines can reach, because the app
// signs in anybody.
func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("-addr: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("-addr: %q is not a loopback address", addr)
	}
	return nil
}
