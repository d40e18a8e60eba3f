// Package morning is a model of many members on many instances of an app behind
// a guard, in virtual time: when they come, when their sessions are renewed, when
// they step up, and what happens when Redis fails over and Stytch is away. It
// runs no guard. It keeps the guard's rules; see rules.go and limits.go.
package morning

import (
	"errors"
	"math/rand/v2"
	"time"
)

// Config describes a morning. Every field is required, but those that say so.
type Config struct {
	Members   int
	Instances int
	Length    time.Duration // of the morning
	Row       time.Duration // that a row of the result is about
	MaxAge    time.Duration // of the policy
	Latency   time.Duration // of a call to Stytch, on the average
	Rules     Rules         // the windows of the guard
	Seed      uint64        // the same seed, the same morning

	// Rotation is when Stytch signs with a new key, and KeyLag how much later
	// the key is published. 0 = no rotation, no lag.
	Rotation, KeyLag time.Duration
	// From when, and for how long, Redis and Stytch do not answer. 0 = never.
	Failover, FailoverLength time.Duration
	Outage, OutageLength     time.Duration

	// Organizations are the sizes of the large ones, in thousandths of all
	// members; the others are in organizations of 50. nil = Large().
	Organizations []float64

	// For tests: sent is called for each message, and steady calls all take
	// the average.
	sent   func(member int32, at moment)
	steady bool
}

// Large are the organizations of a morning: one has 2 % of all members, ten have
// 1 % each and a hundred 0.2 % each.
func Large() []float64 {
	sizes := []float64{20}
	for range 10 {
		sizes = append(sizes, 10)
	}
	for range 100 {
		sizes = append(sizes, 2)
	}
	return sizes
}

// Result is what happened.
type Result struct {
	Rows []Row

	Begun, Done, Abandoned, GivenUp, Open int // step-ups
	Wrong                                 int // passcodes
	KeyFetches                            int // for the new key, by all instances
	Took                                  time.Duration

	// FirstRefusal is when the budget of an organization first refused a message,
	// and how many members that organization has; 0 = it never did.
	FirstRefusal         time.Duration
	FirstRefusalMembers  int
	FirstWarning         time.Duration         // of the budget of the project; 0 = none
	FailedFrom, FailedTo [Causes]time.Duration // the first and the last 503; 0 = none
}

// Run lets a morning pass.
func Run(c Config) (*Result, error) {
	switch {
	case c.Members < 1 || c.Instances < 1:
		return nil, errors.New("morning: Members and Instances must be 1 or more")
	case c.Length < time.Minute || c.Length > 24*time.Hour || c.Row < time.Second:
		return nil, errors.New("morning: Length must be a minute to a day, and Row a second or more")
	case c.MaxAge <= 0 || c.Latency <= 0:
		return nil, errors.New("morning: MaxAge and Latency must be positive")
	}
	for _, purpose := range []string{
		"codes-session", "codes-member", "send-cooldown", "send-all", "send-automatic",
		"send-session", "send-member", "send-organization", "send-project",
	} {
		if len(c.Rules[purpose].Windows) == 0 {
			return nil, errors.New("morning: Rules have no windows for " + purpose)
		}
	}
	if c.Organizations == nil {
		c.Organizations = Large()
	}
	began := time.Now()
	s := newSim(c, rand.New(rand.NewPCG(c.Seed, 1)))
	s.run()
	r := s.result()
	r.Took = time.Since(began)
	return r, nil
}
