// The SMS passcodes of one member. Logins and the SMS endpoints issue them, and the
// authenticate endpoint redeems them.

package stytchtest

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"time"
)

const passcodeLife = 2 * time.Minute

const digits = "0123456789"

// passcodes holds the active code of one member. A new code replaces the active
// one, so a superseded code is refused like any wrong one. state.mu must be held.
type passcodes struct {
	active *passcode // nil = none was sent to the current number
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

// redeem uses up the active code if the digits match. Wrong, expired and used codes
// all count as failures.
func (p *passcodes) redeem(digits string, now time.Time) *apiError {
	code := p.active
	switch {
	case code == nil || code.digits != digits:
		return refuse("otp_code_not_found")
	case code.used || !now.Before(code.sent.Add(passcodeLife)):
		return refuse("unable_to_auth_otp_code")
	}
	code.used = true
	return nil
}

func (p *passcodes) copied() passcodes {
	if p.active == nil {
		return passcodes{}
	}
	active := *p.active
	return passcodes{active: &active}
}

// shift moves the time of the code.
func (p *passcodes) shift(d time.Duration) {
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
