// What is counted before a passcode is judged, and what a right one gives back.

package quota

import (
	"context"
	"errors"
	"time"
)

const (
	limitCodesSession = "codes-session"
	limitCodesMember  = "codes-member"
)

func (c *Counters) sessionCodes(who Subject) string {
	return c.name("codes-session", c.project, who.Anchor)
}

func (c *Counters) memberCodes(who Subject) string {
	return c.name("codes-member", c.project, who.Organization, who.Member)
}

func (c *Counters) sessionCodesWindows() Windows {
	return Windows{24 * time.Hour: c.limits.CodesPerSession}
}

func (c *Counters) memberCodesWindows() Windows {
	return Windows{time.Hour: c.limits.CodesPerMember}
}

// Attempt is a guess that was counted.
type Attempt struct {
	Left     int // guesses that remain, of the session and of the member
	taken    Taken
	unproved int // messages of the session that have led to no right passcode
}

// TakeAttempt counts a guess before Stytch sees it: counted afterwards, a
// thousand guesses at once would all pass before the first is counted. The
// error is a *Refused that is locked, or wraps ErrUnavailable.
func (c *Counters) TakeAttempt(ctx context.Context, who Subject) (Attempt, error) {
	counters := []counter{
		{limit: limitCodesSession, Count: Count{Key: c.sessionCodes(who), Windows: c.sessionCodesWindows()}},
		{limit: limitCodesMember, Count: Count{Key: c.memberCodes(who), Windows: c.memberCodesWindows()}},
		{quiet: true, Count: Count{Key: c.name("send-session", c.project, who.Anchor), Windows: c.limits.SendsPerSession, LookOnly: true, Advisory: true}},
	}
	rooms, err := c.take(context.WithoutCancel(ctx), who, counters)
	if err != nil {
		return Attempt{}, lockedFirst(rooms, err)
	}
	return Attempt{
		Left:     min(c.limits.CodesPerSession-rooms[0].Events, c.limits.CodesPerMember-rooms[1].Events),
		unproved: rooms[2].Events,
		taken:    Taken{counters[0].Key, counters[1].Key},
	}, nil
}

// RefundAttempt takes back a guess that was not judged.
func (c *Counters) RefundAttempt(ctx context.Context, who Subject, a Attempt) {
	c.Refund(ctx, who, a.taken)
}

// Proved settles a right passcode: it forgets the wrong guesses of the session,
// gives the right one back to the member, and gives back the messages that led
// to it wherever they were counted, but for the cooldown and the member's total.
// s says where the last of them was counted.
func (c *Counters) Proved(ctx context.Context, who Subject, a Attempt, s Send) {
	newest := map[string]int{c.sessionCodes(who): all, c.memberCodes(who): 1, c.automatic(who): all}
	if a.unproved > 0 {
		for _, counter := range c.unproved(who, s) {
			newest[counter.Key] = a.unproved
		}
	}
	c.forget(ctx, who, newest)
}

// Lock returns why no passcode of the session would be judged, or nil. It counts
// nothing. The error wraps ErrUnavailable.
func (c *Counters) Lock(ctx context.Context, who Subject) (*Refused, error) {
	rooms, err := c.take(ctx, who, []counter{
		{limit: limitCodesSession, quiet: true, Count: Count{Key: c.sessionCodes(who), Windows: c.sessionCodesWindows(), LookOnly: true}},
		{limit: limitCodesMember, quiet: true, Count: Count{Key: c.memberCodes(who), Windows: c.memberCodesWindows(), LookOnly: true}},
	})
	var refused *Refused
	if errors.As(lockedFirst(rooms, err), &refused) {
		return refused, nil
	}
	return nil, err
}

// lockedFirst makes of a refusal the lock, where there is one: the first two
// counters are the passcodes of the session and of the member. The member's lock
// comes first, since nothing but time lifts it.
func lockedFirst(rooms []Room, err error) error {
	var refused *Refused
	if !errors.As(err, &refused) || len(rooms) < 2 {
		return err
	}
	switch {
	case rooms[1].Wait > 0:
		return &Refused{Limit: limitCodesMember, Locked: true, Member: true, Wait: rooms[1].Wait}
	case rooms[0].Wait > 0:
		return &Refused{Limit: limitCodesSession, Locked: true, Wait: rooms[0].Wait}
	}
	return err
}
