// Config.Enroll: which members may add a second factor on the verify page.
// look.go, phone.go and authenticator.go ask it.

package stepup

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rungauth/rung/stepup/internal/provider"
)

// Enrollment lets members who have no second factor add one: a phone number, or
// an authenticator app. A member who has one adds others elsewhere.
//
// A thief with a stolen session could add their own phone, and step up with it.
// So a primary factor must be fresh: a thief would have to sign in.
type Enrollment struct {
	// Methods are what may be added, SMS and TOTP; a policy must accept it too.
	// nil = SMS alone.
	Methods []Method
	// Issuer is the name that an authenticator app shows for the account: UTF-8
	// text of at most 128 bytes. "" = the name of the member's organization.
	Issuer string

	// PrimaryMaxAge is how old the newest primary factor (password, magic
	// link, email passcode, SSO, OAuth sign-in) may be. 0 = 5 minutes; at most
	// an hour.
	PrimaryMaxAge time.Duration
	// CallingCodes are the beginnings of the numbers that may be added: country
	// calling codes ("44"), or longer ("1876" for Jamaica, "4470"), of 1 to 7
	// digits. "1" is the United States and Canada, "44" the United Kingdom and
	// "7" Russia: the others that share these codes must be named, and so must
	// premium-rate and personal numbers, of every country. nil = every country
	// that Stytch sends to; an empty list is refused.
	CallingCodes []string
	// Allows decides instead of CallingCodes; the number is in E.164 form. It is
	// called concurrently. nil = CallingCodes decide.
	Allows func(number string) bool
}

func (e Enrollment) withDefaults() (*Enrollment, error) {
	if e.Methods == nil {
		e.Methods = []Method{SMS}
	}
	for _, m := range e.Methods {
		if m != SMS && m != TOTP {
			return nil, fmt.Errorf("stepup: Config.Enroll.Methods must hold SMS and TOTP only, has %q", m)
		}
	}
	e.Methods = slices.Clone(e.Methods)
	if len(e.Issuer) > 128 || !utf8.ValidString(e.Issuer) {
		return nil, errors.New("stepup: Config.Enroll.Issuer must be UTF-8 text of at most 128 bytes")
	}
	if e.PrimaryMaxAge == 0 {
		e.PrimaryMaxAge = 5 * time.Minute
	}
	if e.PrimaryMaxAge < 0 || e.PrimaryMaxAge > time.Hour {
		return nil, fmt.Errorf("stepup: Config.Enroll.PrimaryMaxAge must be 0 to 1 h, is %v", e.PrimaryMaxAge)
	}
	if e.CallingCodes != nil && len(e.CallingCodes) == 0 {
		return nil, errors.New("stepup: Config.Enroll.CallingCodes must be nil or hold a code")
	}
	for _, code := range e.CallingCodes {
		if len(code) < 1 || len(code) > 7 || strings.Trim(code, "0123456789") != "" || code[0] == '0' {
			return nil, fmt.Errorf("stepup: Config.Enroll.CallingCodes must hold codes like \"44\", has %q", code)
		}
	}
	if e.Allows != nil && e.CallingCodes != nil {
		return nil, errors.New("stepup: Config.Enroll.Allows and CallingCodes contradict each other: set one")
	}
	e.CallingCodes = slices.Clone(e.CallingCodes)
	return &e, nil
}

// adds reports whether a factor may be added here at all.
func (e *Enrollment) adds(m Method) bool { return e != nil && slices.Contains(e.Methods, m) }

// timeToFinish is how long after the proof of another factor the first passcode of
// a new one still counts: whoever has begun to add it needs time to scan a code, or
// to wait for a message.
func (e *Enrollment) timeToFinish() time.Duration {
	if e == nil {
		return 0
	}
	return e.PrimaryMaxAge + formLife
}

// allows reports whether the member may add a factor: only one who has just
// signed in may. It is asked when the form is shown, and again when it is
// posted. A login that lacks its second factor is at most ten minutes old, so
// the member has just signed in.
func (e *Enrollment) allows(current *provider.Standing, leeway time.Duration) bool {
	if e == nil {
		return false
	}
	if current.Session == nil {
		return true
	}
	now := time.Now()
	for f := range current.Session.Factors() {
		age := now.Sub(f.LastAuthenticatedAt)
		if isPrimary(f) && age >= -leeway && age < e.PrimaryMaxAge {
			return true
		}
	}
	return false
}
