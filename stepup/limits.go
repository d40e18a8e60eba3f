// The numbers that messages and passcodes are counted against.

package stepup

import (
	"fmt"
	"maps"
	"time"
)

// Windows say how many events any span of time may hold, by its length:
// {time.Hour: 5, 24 * time.Hour: 10} is never more than five within an hour and
// never more than ten within a day, wherever the hour and the day begin. It is
// what [Limiter.Take] takes.
type Windows = map[time.Duration]int

// Limits are the numbers that messages and passcodes are counted against. The
// zero value holds the defaults.
type Limits struct {
	// CodesPerSession are wrong passcodes of one session in 24 hours; a right
	// one clears them. 0 = 5. From 1 to 9.
	CodesPerSession int
	// CodesPerMember are wrong passcodes of one member in an hour, over all
	// sessions. 0 = 8. From 1 to 9, since Stytch locks a member out of
	// signing in at ten in a row.
	CodesPerMember int
	// SendsPerMember are messages to one member, cooldown included.
	// nil = {30 s: 1, 90 s: 2, 210 s: 3, 1 h: 5, 24 h: 10}.
	SendsPerMember Windows
	// SendsPerIP are messages asked for from one IPv4 address or IPv6 /64,
	// where it is known (Config.ClientIP). nil = {1 h: 20}.
	SendsPerIP Windows
	// SendsPerOrganization is a budget: passing it raises an event.
	// nil = {1 h: 200}.
	SendsPerOrganization Windows
	// SendsPerProject is a budget: passing it raises an event.
	// nil = {1 h: 1000}.
	SendsPerProject Windows
	// StopAtBudget refuses messages beyond the budgets of an organization and
	// of the project. The zero value only raises the event: a stop is what an
	// attacker of everybody's step-up would want.
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
