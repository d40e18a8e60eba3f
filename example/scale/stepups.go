// Measures step-ups of one instance, and what they ask of others. Called by run
// in main.go.

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rungauth/rung/example/scale/internal/instance"
	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytchtest"
)

func measureStepUps(ctx context.Context, o options, out io.Writer) error {
	fmt.Fprintf(out, "\nOne instance, in process with its clients and an emulator that answers at once; %s step-ups a line.\n\n", number(o.stepUps))
	writeRow(out, "clients", "step-ups/s", "one takes", "of it the emulator", "ours", "calls to Stytch", "operations of the limiter")
	writeRow(out, "---:", "---:", "---:", "---:", "---:", "---:", "---:")
	for _, clients := range slices.Compact([]int{1, o.clients}) {
		r, err := stepUp(ctx, clients, o.stepUps)
		if err != nil {
			return err
		}
		cells := []any{clients, fmt.Sprintf("%.0f", float64(o.stepUps)/r.took.Seconds()), "", "", ""}
		if clients == 1 { // with more, they wait for processors
			cells[2], cells[3], cells[4] = milliseconds(r.each), milliseconds(r.each-r.ours), milliseconds(r.ours)
		}
		writeRow(out, append(cells, fmt.Sprintf("%.1f", r.calls), fmt.Sprintf("%.1f", r.trips))...)
	}
	fmt.Fprint(out, "\nThe passcode is typed at once. After more than two seconds, when the answer about the session is not kept anymore, it is one call to Stytch more.\n")
	fmt.Fprintf(out, "\nAn hour of a member who clicks on guarded pages every minute and types each passcode after %v.\n\n", typing)
	writeRow(out, "policy", "messages", "calls to Stytch", "operations of the limiter")
	writeRow(out, "---:", "---:", "---:", "---:")
	for _, maxAge := range []time.Duration{5 * time.Minute, 10 * time.Minute, 30 * time.Minute} {
		h := anHour(maxAge)
		writeRow(out, minutes(maxAge), h.messages, h.calls, h.trips)
	}
	return nil
}

func minutes(d time.Duration) string { return fmt.Sprintf("%.0f min", d.Minutes()) }

// stepUps is what some step-ups took.
type stepUps struct {
	took         time.Duration // all of them
	each, ours   time.Duration // one, and without what Stytch took; medians
	calls, trips float64       // of each
}

// stepUp lets n members step up once, so many at a time.
func stepUp(ctx context.Context, clients, n int) (stepUps, error) {
	a, err := instance.New(10*time.Minute, &stepup.MemoryLimiter{MaxKeys: 20*n + 1000})
	if err != nil {
		return stepUps{}, err
	}
	defer a.Close()
	members := make([]*stytchtest.Member, n)
	browsers := make([]*instance.Browser, n)
	for i := range members {
		if err := ctx.Err(); err != nil {
			return stepUps{}, err
		}
		members[i] = a.Emulator.AddMember()
		browsers[i] = a.Browser(a.Emulator.SignIn(members[i]))
	}
	a.Stytch.Reset()
	each, ours := make([]time.Duration, n), make([]time.Duration, n)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var running sync.WaitGroup
	began := time.Now()
	for range clients {
		running.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				began, spent := time.Now(), a.Stytch.Spent()
				var read time.Duration // the phone, which is neither the guard's work nor Stytch's
				err := browsers[i].StepUp(func() string {
					began := time.Now()
					defer func() { read = time.Since(began) }()
					return a.Emulator.LastCode(members[i])
				})
				if err != nil {
					cancel(err)
				}
				each[i] = time.Since(began) - read
				ours[i] = each[i] - (a.Stytch.Spent() - spent)
			}
		})
	}
	running.Wait()
	if err := context.Cause(ctx); err != nil {
		return stepUps{}, err
	}
	return stepUps{
		took: time.Since(began), each: median(each), ours: median(ours),
		calls: float64(a.Stytch.Calls()) / float64(n), trips: float64(a.Limiter.Trips()) / float64(n),
	}, nil
}

// median is robust against the other work of the machine.
func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
