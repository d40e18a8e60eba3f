// The passcodes of one member, and the lock that wrong codes lead to. The SMS
// endpoints issue and redeem them.

package stytchtest

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"time"
)

const (
	passcodeLife = 2 * time.Minute
	lockAfter    = 10 // failures in a row
	lockLife     = time.Hour
)

const digits = "0123456789"

// passcodes holds the active code and the lock of one member. A new code replaces
// the active one, so a superseded code is refused like any wrong one. state.mu
// must be held.
type passcodes struct {
	active      *passcode // nil = none was sent to the current number
	failures    int       // in a row
	lockCreated time.Time // zero = never locked, or the lock has been lifted
	lockExpires time.Time
}

// passcode is one code that was sent.
type passcode struct {
	digits string
	sent   time.Time
	used   bool
}

// issue replaces the active code with a new one and returns it.
func (p *passcodes) issue(now time.Time) string {
	before := ""
	if p.active != nil {
		before = p.active.digits
	}
	p.active = &passcode{digits: newDigits(before), sent: now}
	return p.active.digits
}

// discard makes the active code stop working.
func (p *passcodes) discard() { p.active = nil }

// redeem uses up the active code if the digits match. The caller has checked that
// the member is not locked. Wrong, expired and used codes all count toward the
// lock. Only success and the end of a lock reset the count; a new code does not,
// or an attacker could guess without end.
func (p *passcodes) redeem(digits string, now time.Time) *apiError {
	if !p.lockExpires.IsZero() { // the lock is over, or the caller would have refused
		p.failures, p.lockCreated, p.lockExpires = 0, time.Time{}, time.Time{}
	}
	code := p.active
	switch {
	case code == nil || code.digits != digits:
		p.fail(now)
		return refuse("otp_code_not_found")
	case code.used || !now.Before(code.sent.Add(passcodeLife)):
		p.fail(now)
		return refuse("unable_to_auth_otp_code")
	}
	code.used = true
	p.failures = 0
	return nil
}

// fail counts a failure. The failure that starts the lock is answered like any
// other; the lock shows from the next attempt on.
func (p *passcodes) fail(now time.Time) {
	p.failures++
	if p.failures >= lockAfter {
		p.lock(now)
	}
}

// lock locks the member for an hour from now, even if it is already locked.
func (p *passcodes) lock(now time.Time) {
	p.lockCreated, p.lockExpires = now, now.Add(lockLife)
}

// locked reports whether the member is locked at the given time.
func (p *passcodes) locked(now time.Time) bool { return now.Before(p.lockExpires) }

// shift moves the times of the code and the lock. The failure count has no time
// to move.
func (p *passcodes) shift(d time.Duration) {
	p.lockCreated, p.lockExpires = moved(p.lockCreated, d), moved(p.lockExpires, d)
	if p.active != nil {
		p.active.sent = p.active.sent.Add(d)
	}
}

// newDigits draws a six-digit code. It never repeats the previous code, so a
// superseded code cannot work by chance, and never draws a code that people type
// as a wrong one in tests and demos. Codes may begin with zeros, which catches
// programs that treat a code as a number.
func newDigits(before string) string {
	for {
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			panic(err) // crypto/rand does not fail
		}
		code := fmt.Sprintf("%06d", n)
		switch code {
		case before, "000000", "111111", "123456", "654321", "999999":
			continue
		}
		return code
	}
}

// validCode reports whether code is six ASCII digits. Anything else is refused
// without counting as a failure: it was never a guess.
func validCode(code string) bool {
	return len(code) == 6 && strings.Trim(code, digits) == ""
}
