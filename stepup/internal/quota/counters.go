// Package quota owns every counter of a guard: its key, its windows, and which
// of them are taken together. Package stepup says who asks and what for, before
// anything is sent or judged.
package quota

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// Count and Room are stepup.Count and stepup.Room.
type (
	Count = struct {
		Key      string
		Windows  map[time.Duration]int
		LookOnly bool
		Advisory bool
	}
	Room = struct {
		Wait   time.Duration
		Events int
	}
)

// A Limiter counts events. It is stepup.Limiter, which says more.
type Limiter interface {
	Take(ctx context.Context, counts []Count) ([]Room, error)
	Forget(ctx context.Context, newest map[string]int) error
}

// Windows are the most events that any span may hold, by its length.
type Windows = map[time.Duration]int

// Limits are the numbers that are counted against. They are stepup.Limits with
// their defaults, which says more.
type Limits struct {
	CodesPerSession       int
	CodesPerMember        int
	Cooldown              Windows
	SendsPerSession       Windows
	SendsPerMember        Windows
	TotalPerMember        Windows
	SendsPerNumber        Windows
	SendsPerIP            Windows
	SendsPerOrganization  Windows
	OrganizationOnlyWarns bool
	SendsPerProject       Windows
	ProjectStops          bool
}

// Counters are the counters of one project. They may be used concurrently.
type Counters struct {
	limiter  Limiter
	key      []byte
	project  string
	limits   Limits
	patience time.Duration
	told     func(ctx context.Context, who Subject, r Report)
}

// A Subject is whom something is counted for: canonical ids, out of a verified
// JWT. Anchor is the id of the session.
type Subject struct {
	Organization, Member, Anchor string
}

// A Report is what the app should hear about: that a limit refused something
// or a budget was passed, or, with an error, that the limiter failed to take
// something back.
type Report struct {
	Limit string // which one, as a fixed word
	Err   error
}

// New returns the counters of a project. Their names are hashed with the key.
// patience is how long one call of the limiter may take: a shared limiter that
// hangs costs a 503, not a pile of waiting requests. told is called in the
// request that caused the report, concurrently.
func New(limiter Limiter, limits Limits, patience time.Duration, project string, key []byte, told func(context.Context, Subject, Report)) *Counters {
	return &Counters{limiter: limiter, key: key, project: project, limits: limits, patience: patience, told: told}
}

// counter is one count, and what its refusal means.
type counter struct {
	Count
	limit string // which one, as a fixed word
	quiet bool   // its refusal is everyday
}

// A Refused is the error of a limit that is reached.
type Refused struct {
	Limit  string        // which one, as a fixed word
	Locked bool          // the passcodes are used up
	Member bool          // and the member's are, not only the session's
	Wait   time.Duration // until there is room
}

func (e *Refused) Error() string { return "stepup: limit " + e.Limit + " is reached" }

// ErrUnavailable: whether there was room cannot be told. Nothing may happen.
var ErrUnavailable = errors.New("stepup: the limiter does not answer")

// take takes all counters or none, and returns how many events each holds. The
// error is a *Refused, of the counter that keeps the others waiting longest, or
// wraps ErrUnavailable.
func (c *Counters) take(ctx context.Context, who Subject, counters []counter) ([]Room, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	counts := make([]Count, len(counters))
	for i := range counters {
		counts[i] = counters[i].Count
	}
	rooms, err := c.limiter.Take(ctx, counts)
	if err == nil && len(rooms) != len(counts) {
		err = fmt.Errorf("%d answers to %d counts", len(rooms), len(counts))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	var refused *Refused
	for i, room := range rooms {
		if room.Wait <= 0 {
			continue
		}
		if !counters[i].quiet {
			c.told(ctx, who, Report{Limit: counters[i].limit})
		}
		if !counters[i].Advisory && (refused == nil || room.Wait > refused.Wait) {
			refused = &Refused{Limit: counters[i].limit, Wait: room.Wait}
		}
	}
	if refused != nil {
		return rooms, refused
	}
	return rooms, nil
}

// all is more events than any key holds.
const all = math.MaxInt32

// forget takes events back. It does not end with ctx, only with a patience of
// its own. What cannot be taken back stays counted: that errs on the side of one
// message too few.
func (c *Counters) forget(ctx context.Context, who Subject, newest map[string]int) {
	if len(newest) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.patience)
	defer cancel()
	if err := c.limiter.Forget(ctx, newest); err != nil {
		c.told(ctx, who, Report{Limit: "limiter", Err: fmt.Errorf("stepup: limiter: forget: %w", err)})
	}
}

// Taken is what was counted, for Refund. The zero value is nothing.
type Taken []string

// Refund takes back what was counted for something that surely did not happen.
func (c *Counters) Refund(ctx context.Context, who Subject, taken Taken) {
	newest := make(map[string]int, len(taken))
	for _, key := range taken {
		newest[key] = 1
	}
	c.forget(ctx, who, newest)
}

// recorded are the keys under which a take that was granted recorded an event.
func recorded(counters []counter, rooms []Room) (taken Taken) {
	for i, counter := range counters {
		if !counter.LookOnly && rooms[i].Wait <= 0 {
			taken = append(taken, counter.Key)
		}
	}
	return taken
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
