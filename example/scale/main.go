// Command scale shows what a guard takes when there are many members: memory,
// calls and messages, measured and simulated. It prints Markdown tables.
//
//	go run -C example/scale .                 # everything, in some three minutes
//	go run -C example/scale . -what memory    # bytes of a session and of a key
//	go run -C example/scale . -what stepups   # of one instance
//	go run -C example/scale . -what morning   # of a million members, simulated
//
// Measured are memory and stepups:
//
//   - memory: the heap that a verified session takes in the memo of package jwks,
//     and a limiter key in stepup.MemoryLimiter and in a Redis that the command
//     starts, if redis-server is installed. A key has one event, as after a
//     message.
//   - stepups: whole step-ups, from the guarded page by way of the verify page
//     back to it, by clients in this process, with an emulated Stytch that answers
//     at once. Most of the time goes into the signatures of the emulator; "ours" is
//     what remains for one client, with what the client itself needs. Then what a
//     step-up asks of Stytch and of the limiter, and what an hour of a member
//     does who clicks every minute.
//
// Simulated is the morning: a model of many members on many instances, in virtual
// time, with a new signing key, a Redis that fails over and a Stytch that hangs.
// It takes the windows of the limits from a guard that it watches, and keeps its
// other rules as constants that tests compare with a guard. How members behave is
// assumed: see members.go in internal/morning. A row says what happened in that
// part of the morning:
//
//   - active: members, at its end
//   - calls/s, Redis/s: in its busiest second
//   - 503: answers, by cause: Stytch hung, no turn for a call, no Redis, no key
//   - refused: messages that a limit held back, by the name of the limit
//   - waiting: calls to Stytch under way and waiting in one instance, at most
//   - memory: of one instance, beyond that of an idle one, as an estimate
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are what the flags say.
type options struct {
	what string // memory, stepups, morning or all

	sizes   sizes // of the measurements of memory
	clients int
	stepUps int

	members   int
	instances int
	policy    time.Duration
	latency   time.Duration
	row       time.Duration
	keyLag    time.Duration
	seed      uint64
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o := options{sizes: sizes{1_000, 100_000, 1_000_000}}
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	flags.StringVar(&o.what, "what", "all", "memory, stepups, morning or all")
	flags.Var(&o.sizes, "sizes", "how many sessions and keys to measure, with commas")
	flags.IntVar(&o.clients, "clients", 4, "clients that step up at the same time")
	flags.IntVar(&o.stepUps, "stepups", 2_000, "step-ups to measure")
	flags.IntVar(&o.members, "members", 1_000_000, "members of the morning")
	flags.IntVar(&o.instances, "instances", 20, "instances of the app in the morning")
	flags.DurationVar(&o.policy, "policy", 10*time.Minute, "MaxAge of the policy in the morning")
	flags.DurationVar(&o.latency, "latency", 200*time.Millisecond, "a call to Stytch in the morning, on the average")
	flags.DurationVar(&o.row, "row", 30*time.Minute, "a row of the morning")
	flags.DurationVar(&o.keyLag, "key-lag", 0, "how long after its first token the new key is published")
	flags.Uint64Var(&o.seed, "seed", 1, "the same seed makes the same morning")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	writeHead(out, time.Now())
	for _, part := range []struct {
		name string
		run  func(context.Context, options, io.Writer) error
	}{{"memory", measureMemory}, {"stepups", measureStepUps}, {"morning", simulateMorning}} {
		if o.what != "all" && o.what != part.name {
			continue
		}
		if err := part.run(ctx, o, out); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

func (o options) check() error {
	switch {
	case !slices.Contains([]string{"all", "memory", "stepups", "morning"}, o.what):
		return fmt.Errorf("-what must be memory, stepups, morning or all, is %q", o.what)
	case o.clients < 1 || o.clients > 256:
		return errors.New("-clients must be 1 to 256")
	case o.stepUps < o.clients || o.stepUps > 100_000:
		return errors.New("-stepups must be at least -clients, and at most 100000")
	case o.members < 1 || o.members > 10_000_000:
		return errors.New("-members must be 1 to 10000000")
	case o.instances < 1 || o.instances > 10_000:
		return errors.New("-instances must be 1 to 10000")
	case o.policy < time.Minute || o.policy > 24*time.Hour:
		return errors.New("-policy must be 1m to 24h")
	case o.latency < 10*time.Millisecond || o.latency > time.Minute:
		return errors.New("-latency must be 10ms to 1m")
	case o.row < time.Minute || o.row > 5*time.Hour:
		return errors.New("-row must be 1m to 5h")
	case o.keyLag < 0 || o.keyLag > time.Hour:
		return errors.New("-key-lag must be 0 to 1h")
	}
	return nil
}

// sizes is the value of a flag.
type sizes []int

func (s *sizes) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*s), " ", ","), "[]")
}

// Set implements flag.Value.
func (s *sizes) Set(text string) error {
	*s = nil
	for word := range strings.SplitSeq(text, ",") {
		var n int
		if _, err := fmt.Sscan(word, &n); err != nil || n < 1 || n > 10_000_000 {
			return errors.New("want numbers from 1 to 10000000 with commas between them")
		}
		*s = append(*s, n)
	}
	return nil
}
