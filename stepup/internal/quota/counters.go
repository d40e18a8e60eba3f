// Package quota owns every counter of a guard: its key, its windows and the
// order in which it is taken. Package stepup calls it before anything is sent
// or judged, and says who asks and what for.
package quota

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Patience is how long all the takes of one request may take together: a
// shared limiter that hangs costs a 503, not a pile of waiting requests.
const Patience = 100 * time.Millisecond

// A Limiter counts events. See stepup.Limiter.
type Limiter interface {
	Take(ctx context.Context, key string, windows map[time.Duration]int) (retryAfter time.Duration, err error)
	Undo(ctx context.Context, key string) error
	Reset(ctx context.Context, key string) error
}

// Limits are stepup.Limits with their defaults. See there.
type Limits struct {
	CodesPerSession      int
	CodesPerMember       int
	SendsPerMember       map[time.Duration]int
	SendsPerIP           map[time.Duration]int
	SendsPerOrganization map[time.Duration]int
	SendsPerProject      map[time.Duration]int
	StopAtBudget         bool
}

// Counters are the counters of one project. They may be used concurrently.
type Counters struct {
	limiter Limiter
	key     []byte
	project string
	limits  Limits
	told    func(ctx context.Context, who Subject, r Report)
}

// A Subject is whom something is counted for: canonical ids from a verified
// JWT. Anchor is the id of the session.
type Subject struct {
	Organization, Member, Anchor string
}

// A Report is what the app should hear about: that a limit refused something
// or a budget was exceeded, or, with an error, that the limiter failed to take
// something back.
type Report struct {
	Limit string // which one, as a fixed word
	Err   error
}

// New returns the counters of a project. Their names are hashed with the key.
// told is called in the request that caused the report, concurrently.
func New(limiter Limiter, limits Limits, project string, key []byte, told func(context.Context, Subject, Report)) *Counters {
	return &Counters{limiter: limiter, key: key, project: project, limits: limits, told: told}
}

// take is one event that is to be counted under a key.
type take struct {
	limit    string
	key      string
	windows  map[time.Duration]int
	advisory bool // counted, and reported when it is refused, but stops nothing
	quiet    bool // its refusal is everyday
}

// Taken is what was counted, for Refund. The zero value is nothing.
type Taken []take

// A Refused is the error of a limit that is reached.
type Refused struct {
	Limit  string        // which one, as a fixed word
	Member bool          // it is the member's, not the session's
	Wait   time.Duration // until there is room
}

func (e *Refused) Error() string { return "stepup: limit " + e.Limit + " is reached" }

// ErrUnavailable: it is not known whether there was room, so nothing may be
// sent or judged.
var ErrUnavailable = errors.New("stepup: the limiter does not answer")

// takeAll counts an event under every key, or under none: the first refusal
// takes the earlier ones back. The error is a *Refused or wraps ErrUnavailable.
// ctx bounds all of it.
func (c *Counters) takeAll(ctx context.Context, who Subject, takes ...take) (taken Taken, err error) {
	for _, t := range takes {
		wait, err := c.limiter.Take(ctx, t.key, t.windows)
		if err != nil {
			c.undo(ctx, who, taken)
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		if wait <= 0 {
			taken = append(taken, t)
			continue
		}
		if !t.quiet {
			c.told(ctx, who, Report{Limit: t.limit})
		}
		if !t.advisory {
			c.undo(ctx, who, taken)
			return nil, &Refused{Limit: t.limit, Wait: wait}
		}
	}
	return taken, nil
}

// undo takes events back, newest first. One that cannot be taken back stays
// counted: one message too few is the safe side.
func (c *Counters) undo(ctx context.Context, who Subject, taken Taken) {
	for _, t := range slices.Backward(taken) {
		if err := c.limiter.Undo(ctx, t.key); err != nil {
			c.told(ctx, who, Report{Limit: t.limit, Err: fmt.Errorf("stepup: limiter: undo: %w", err)})
		}
	}
}

// Refund takes back what was counted for something that surely did not happen.
// It outlives ctx, with a time limit of its own.
func (c *Counters) Refund(ctx context.Context, who Subject, taken Taken) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Patience)
	defer cancel()
	c.undo(ctx, who, taken)
}

// name names a counter. The parts are canonical ids, each with its length in
// front, so that no two lists of parts make the same name. They are hashed with
// a secret, so that a shared store holds neither members nor addresses.
func (c *Counters) name(purpose string, parts ...string) string {
	mac := hmac.New(sha256.New, c.key)
	for _, part := range append([]string{purpose}, parts...) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		mac.Write(length[:])
		mac.Write([]byte(part))
	}
	return purpose + ":" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
