package stepup

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Windows are the most events that any span of a length may hold, by length.
type Windows = map[time.Duration]int

// Limits are the numbers that messages and codes are counted against. The
// zero value holds the defaults. A window {time.Hour: 5} allows never more
// than five in any span of an hour.
type Limits struct {
	// CodesPerSession are wrong codes of one session in 24 hours; a right one
	// clears them. 0 = 5. From 1 to 9.
	CodesPerSession int
	// CodesPerMember are wrong codes of one member in an hour, over all
	// sessions. 0 = 8. From 1 to 9, since Stytch locks a member out of
	// signing in at ten in a row.
	CodesPerMember int
	// SendsPerMember are messages to one member, cooldown included.
	// nil = {30 s: 1, 90 s: 2, 210 s: 3, 1 h: 5, 24 h: 10}.
	SendsPerMember Windows
	// SendsPerIP are messages asked for from one IPv4 address or IPv6 /64,
	// where it is known (TrustedProxies, ClientIP). nil = {1 h: 20}.
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

// Between two messages that were sent by a navigation alone in one session.
// Cleared by a success.
var automaticWindows = Windows{10 * time.Minute: 1}

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

// How long all the takes of one request may take together: a shared limiter
// that hangs costs a 503, not a pile of waiting requests.
const limiterPatience = 100 * time.Millisecond

// take is one event that is to be counted under a key. An advisory one is
// counted, and reported when it is refused, but stops nothing.
type take struct {
	reason   string // for events
	key      string
	windows  Windows
	advisory bool
	quiet    bool // its refusal is everyday
}

// refusedTake is the error of a take that its windows do not allow.
type refusedTake struct {
	take
	wait time.Duration
}

func (e *refusedTake) Error() string { return "stepup: limit " + e.reason + " is reached" }

// takeAll counts an event under every key, or under none: the first refusal
// takes the earlier ones back. It returns what was counted, which undo gives
// back, or a *refusedTake, or an error that wraps ErrUnavailable. ctx bounds
// all of it.
func (g *Guard) takeAll(ctx context.Context, id *identity, takes []take) (taken []take, err error) {
	for _, t := range takes {
		wait, err := g.config.Limiter.Take(ctx, t.key, t.windows)
		if err != nil {
			g.undo(ctx, taken)
			return nil, fmt.Errorf("%w: limiter: %w", ErrUnavailable, err)
		}
		if wait <= 0 {
			taken = append(taken, t)
			continue
		}
		if !t.quiet {
			g.tell(ctx, id, Event{Kind: EventLimited, Reason: t.reason})
		}
		if !t.advisory {
			g.undo(ctx, taken)
			return nil, &refusedTake{take: t, wait: wait}
		}
	}
	return taken, nil
}

// undo takes events back, newest first. What can not be taken back stays
// counted: that errs on the side of one message too few.
func (g *Guard) undo(ctx context.Context, takes []take) {
	for _, t := range slices.Backward(takes) {
		if err := g.config.Limiter.Undo(ctx, t.key); err != nil {
			g.tell(ctx, nil, Event{Kind: EventFailed, Reason: t.reason, Err: fmt.Errorf("stepup: limiter: undo: %w", err)})
		}
	}
}

// refund is undo for later, when the deadline of the takes has passed.
func (g *Guard) refund(ctx context.Context, takes []take) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limiterPatience)
	defer cancel()
	g.undo(ctx, takes)
}

// limitKey names a counter. The parts are canonical ids out of a verified JWT,
// each with its length in front, so that no two lists of parts make the same
// key; they are hashed with a secret, so that neither members nor addresses
// stand in a shared store.
func (g *Guard) limitKey(purpose string, parts ...string) string {
	mac := hmac.New(sha256.New, g.keys.limiter)
	for _, part := range append([]string{purpose}, parts...) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		mac.Write(length[:])
		mac.Write([]byte(part))
	}
	return purpose + ":" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
