// Config.Limits: how many messages and wrong passcodes are allowed. New checks
// them; package internal/quota counts against them.

package stepup

import (
	"fmt"
	"maps"
	"time"
)

// Windows say how many events any span of time may hold, by its length:
// {time.Hour: 5, 24 * time.Hour: 10} allows at most five in any hour and ten
// in any day, wherever the hour and the day begin. [Limiter.Take] takes them.
type Windows = map[time.Duration]int

// Limits are how many messages and wrong passcodes are allowed. A zero field
// has its default.
type Limits struct {
	// CodesPerSession is how many wrong passcodes one session may try in 24
	// hours; a right one resets the count. 0 = 5. From 1 to 9.
	CodesPerSession int
	// CodesPerMember is how many wrong passcodes one member may try in an
	// hour, over all sessions. 0 = 8. From 1 to 9, since Stytch locks a member
	// out of signing in at ten in a row.
	CodesPerMember int
	// SendsPerMember limits the messages to one member; the short windows are
	// the cooldown. nil = {30 s: 1, 90 s: 2, 210 s: 3, 1 h: 5, 24 h: 10}.
	SendsPerMember Windows
	// SendsPerIP limits the messages asked for from one IPv4 address or IPv6
	// /64, if it is known (Config.ClientIP). nil = {1 h: 20}.
	SendsPerIP Windows
	// SendsPerOrganization is a budget: exceeding it reports EventLimited.
	// nil = {1 h: 200}.
	SendsPerOrganization Windows
	// SendsPerProject is a budget: exceeding it reports EventLimited.
	// nil = {1 h: 1000}.
	SendsPerProject Windows
	// StopAtBudget refuses messages beyond the budgets of an organization and
	// of the project. The zero value only reports the event: a stop would let
	// one attacker end the step-up of everybody.
	StopAtBudget bool
}

func (l Limits) withDefaults() (Limits, error) {
	for _, n := range []struct {
		field string
		value *int
		zero  int
	}{
		{"CodesPerSession", &l.CodesPerSession, 5},
		{"CodesPerMember", &l.CodesPerMember, 8},
	} {
		if *n.value == 0 {
			*n.value = n.zero
		}
		if *n.value < 1 || *n.value > 9 {
			return l, fmt.Errorf("stepup: Config.Limits.%s must be 1 to 9, is %d", n.field, *n.value)
		}
	}
	for _, w := range []struct {
		field string
		value *Windows
		zero  Windows
	}{
		{"SendsPerMember", &l.SendsPerMember, Windows{30 * time.Second: 1, 90 * time.Second: 2, 210 * time.Second: 3, time.Hour: 5, 24 * time.Hour: 10}},
		{"SendsPerIP", &l.SendsPerIP, Windows{time.Hour: 20}},
		{"SendsPerOrganization", &l.SendsPerOrganization, Windows{time.Hour: 200}},
		{"SendsPerProject", &l.SendsPerProject, Windows{time.Hour: 1000}},
	} {
		if *w.value == nil {
			*w.value = w.zero
		}
		if len(*w.value) == 0 {
			return l, fmt.Errorf("stepup: Config.Limits.%s must hold a window", w.field)
		}
		for per, n := range *w.value {
			if per < time.Millisecond || n < 1 {
				return l, fmt.Errorf("stepup: Config.Limits.%s: window {%v: %d} must be of a millisecond or more and allow 1 or more", w.field, per, n)
			}
		}
		*w.value = maps.Clone(*w.value)
	}
	return l, nil
}
