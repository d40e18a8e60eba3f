// Prints the simulated morning, and what breaks first in it. Called by run in
// main.go.

package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rungauth/rung/example/scale/internal/instance"
	"github.com/rungauth/rung/example/scale/internal/morning"
	"github.com/rungauth/rung/stepup"
)

// sevenOClock is when the morning begins. It ends at noon.
const sevenOClock = 7 * time.Hour

func simulateMorning(_ context.Context, o options, out io.Writer) error {
	rules, err := watchedRules()
	if err != nil {
		return err
	}
	config := morning.Config{
		Members: o.members, Instances: o.instances, MaxAge: o.policy, Latency: o.latency, Row: o.row, Seed: o.seed,
		Rules: rules, Length: 5 * time.Hour,
		Rotation: 2*time.Hour + 20*time.Minute, KeyLag: o.keyLag,
		Failover: 2*time.Hour + 45*time.Minute, FailoverLength: 3 * time.Second,
		Outage: 3*time.Hour + 40*time.Minute, OutageLength: 2 * time.Minute,
	}
	r, err := morning.Run(config)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s members on %d instances from 7:00 to 12:00, a policy of %v, calls to Stytch of %v; simulated in %v.\n",
		number(o.members), o.instances, o.policy, o.latency, r.Took.Round(time.Second))
	fmt.Fprintf(out, "New signing key at %s, Redis away for %v at %s, Stytch hangs for %v at %s.\n\n",
		clock(config.Rotation), config.FailoverLength, clock(config.Failover), config.OutageLength, clock(config.Outage))
	writeRow(out, "from", "active", "messages", "renewals", "other calls", "calls/s", "Redis/s", "503: Stytch, turn, Redis, key", "refused", "waiting", "memory")
	writeRow(out, "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---", "---", "---:", "---:")
	for _, row := range r.Rows {
		writeMorningRow(out, row)
	}
	writeSums(out, r)
	writeWeakest(out, config, r)
	return nil
}

// watchedRules are the windows of a guard with the defaults, as it shows them to
// its limiter in a step-up.
func watchedRules() (morning.Rules, error) {
	a, err := instance.New(10*time.Minute, new(stepup.MemoryLimiter))
	if err != nil {
		return nil, err
	}
	defer a.Close()
	member := a.Emulator.AddMember()
	err = a.Browser(a.Emulator.SignIn(member)).StepUp(func() string { return a.Emulator.LastCode(member) })
	return a.Limiter.Rules(), err
}

func clock(at time.Duration) string {
	at += sevenOClock
	return fmt.Sprintf("%d:%02d", at/time.Hour, at%time.Hour/time.Minute)
}

func writeMorningRow(out io.Writer, row morning.Row) {
	var failures []string
	for _, n := range row.Unavailable {
		failures = append(failures, number(n))
	}
	var refused []string
	for _, limit := range slices.Sorted(maps.Keys(row.Refused)) {
		refused = append(refused, fmt.Sprintf("%s %s", limit, number(row.Refused[limit])))
	}
	renewals := row.Calls[morning.KindRenewal]
	writeRow(out, clock(row.From), number(row.Active), number(row.Messages), number(renewals), number(row.CallsInAll()-renewals),
		number(row.CallsPeak), number(row.RedisPeak), strings.Join(failures, ", "), strings.Join(refused, ", "),
		number(row.WaitingPeak), megabytes(row.Memory))
}

// writeSums writes what the whole morning took.
func writeSums(out io.Writer, r *morning.Result) {
	fmt.Fprintf(out, "\nStep-ups: %s begun, %s done, %s abandoned, %s given up after a refusal or a failure; %s wrong passcodes. Redis at noon: %s.\n",
		number(r.Begun), number(r.Done), number(r.Abandoned), number(r.GivenUp), number(r.Wrong), megabytes(r.Rows[len(r.Rows)-1].RedisMemory))
	names := [...]string{"Stytch", "turn", "Redis", "key"}
	for cause, name := range names {
		if from := r.FailedFrom[cause]; from > 0 {
			fmt.Fprintf(out, "503 for %s from %s to %s. ", name, exactly(from), exactly(r.FailedTo[cause]))
		}
	}
	warned := 0
	for _, row := range r.Rows {
		warned += row.Warned
	}
	fmt.Fprintf(out, "The new key took %d fetches. The budget of the project warned %s times.\n", r.KeyFetches, number(warned))
}

func exactly(at time.Duration) string {
	return clock(at) + fmt.Sprintf(":%02d", at%time.Minute/time.Second)
}

// writeWeakest says what breaks first, and at which number.
func writeWeakest(out io.Writer, c morning.Config, r *morning.Result) {
	calls, redis := 0, 0
	for _, row := range r.Rows {
		if row.Failures() == 0 {
			calls, redis = max(calls, row.CallsPeak), max(redis, row.RedisPeak)
		}
	}
	fmt.Fprint(out, "\nWhat breaks first: ")
	switch {
	case r.FirstRefusal > 0:
		fmt.Fprintf(out, "the budget of an organization (SendsPerOrganization), without any fault: at %s it refuses a message to one of %s members. ",
			clock(r.FirstRefusal), number(r.FirstRefusalMembers))
	default:
		fmt.Fprint(out, "no limit of messages. ")
	}
	if r.FirstWarning > 0 {
		fmt.Fprintf(out, "The budget of the project, which only warns, is passed at %s. ", clock(r.FirstWarning))
	}
	writeRoom(out, c, r, calls)
	fmt.Fprintf(out, "Redis is asked %s times in its busiest second.\n", number(redis))
}

// writeRoom says how much room the calls to Stytch have, calls being those of
// the busiest second without a fault.
func writeRoom(out io.Writer, c morning.Config, r *morning.Result, calls int) {
	room := float64(c.Instances*morning.CallsUnderWay) / c.Latency.Seconds()
	fmt.Fprintf(out, "The instances have room for %s calls to Stytch a second. ", number(int(room)))
	// The outage is long over after ten minutes.
	from, to := r.FailedFrom[morning.CauseTurn], r.FailedTo[morning.CauseTurn]
	if to > 0 && (from < c.Outage || to > c.Outage+c.OutageLength+10*time.Minute) {
		fmt.Fprintf(out, "That is too little: from %s to %s calls do not get their turn. ", exactly(from), exactly(to))
		return
	}
	fmt.Fprintf(out, "The busiest second without a fault takes %s (%.0f %%), so they would be used up by %s members, or by a Stytch that takes %v. ",
		number(calls), 100*float64(calls)/room, number(int(float64(c.Members)*room/float64(calls))),
		time.Duration(float64(c.Latency)*room/float64(calls)).Round(10*time.Millisecond))
}
