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
//
// A right passcode gives back the messages that led to it, in every limit but
// Cooldown and TotalPerMember. So these two alone bound how often an honest
// member can step up, and the defaults let one do so every 7.2 minutes, all day
// (24 h / 200). A policy with a MaxAge below that needs a larger TotalPerMember
// if members are expected to use it around the clock; over a working day of
// 8 hours, a MaxAge of 2.4 minutes (8 h / 200) is enough.
type Limits struct {
	// CodesPerSession is how many wrong passcodes one session may try in 24
	// hours; a right one resets the count, and a new sign-in begins a new one.
	// 0 = 5. From 1 to 9.
	CodesPerSession int
	// CodesPerMember is how many wrong passcodes one member may try in an
	// hour, over all sessions; a new sign-in does not lift it. 0 = 8. From 1 to
	// 9, since Stytch locks a member out of signing in at ten in a row.
	CodesPerMember int
	// Cooldown is the least time between messages to one member.
	// nil = {30 s: 1, 90 s: 2, 210 s: 3}.
	Cooldown Windows
	// SendsPerSession limits the messages of one session, so that a stolen one
	// cannot use up its owner's. nil = {1 h: 3, 24 h: 5}.
	SendsPerSession Windows
	// SendsPerMember limits the messages to one member, over all sessions.
	// nil = {1 h: 5, 24 h: 10}.
	SendsPerMember Windows
	// TotalPerMember limits the messages to one member, whatever they led to.
	// nil = {24 h: 200}.
	TotalPerMember Windows
	// SendsPerNumber limits the messages to a number that members have typed,
	// over all members (Config.Enroll). nil = {1 h: 3, 24 h: 10}.
	SendsPerNumber Windows
	// SendsPerIP limits the messages asked for from one IPv4 address or IPv6
	// /64, if it is known (Config.ClientIP). A client with a /56, as many homes
	// have, has 256 of these. nil = {1 h: 20}.
	SendsPerIP Windows
	// SendsPerOrganization is the budget of one organization. What it refuses,
	// it refuses to that organization alone. nil = {1 h: 200}.
	SendsPerOrganization Windows
	// OrganizationOnlyWarns reports EventLimited where the budget of an
	// organization is used up, and sends all the same.
	OrganizationOnlyWarns bool
	// SendsPerProject is the budget of all organizations together: exceeding it
	// reports EventLimited. nil = {1 h: 1000}.
	SendsPerProject Windows
	// ProjectStops refuses messages beyond the budget of the project. The zero
	// value only reports it: a stop would let one attacker end the step-up of
	// everybody.
	ProjectStops bool
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
		{"Cooldown", &l.Cooldown, Windows{30 * time.Second: 1, 90 * time.Second: 2, 210 * time.Second: 3}},
		{"SendsPerSession", &l.SendsPerSession, Windows{time.Hour: 3, 24 * time.Hour: 5}},
		{"SendsPerMember", &l.SendsPerMember, Windows{time.Hour: 5, 24 * time.Hour: 10}},
		{"TotalPerMember", &l.TotalPerMember, Windows{24 * time.Hour: 200}},
		{"SendsPerNumber", &l.SendsPerNumber, Windows{time.Hour: 3, 24 * time.Hour: 10}},
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
