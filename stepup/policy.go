package stepup

import (
	"fmt"
	"slices"
	"time"

	"github.com/rungauth/rung/jwks"
)

// Method is a second factor: a type and a delivery method of Stytch's
// authentication factors, exactly. A prefix or a type alone would let the
// first factor pass for the second: email_otp is not otp.
type Method string

// The second factors that a policy may accept.
const (
	SMS  Method = "otp/sms"                // a one-time passcode by text message
	TOTP Method = "totp/authenticator_app" // a passcode of an authenticator app, used elsewhere in the same session
)

// Policy says how recently a member must have proved a second factor.
// The zero value is refused wherever a policy is used.
type Policy struct {
	// Name stands in the URL of the verify page, in events and in the answers
	// to API clients: 1 to 64 letters, digits, "-" and "_". Required.
	Name string
	// MaxAge is how old the proof may be: one that is exactly MaxAge old is
	// too old. Required, more than zero.
	MaxAge time.Duration
	// Methods are the second factors that count; nil = SMS alone. SMS must be
	// among them, since it is what the verify pages ask for.
	Methods []Method
}

// The longest that a Stytch session can live: 366 days.
const maxSessionDuration = 527040 * time.Minute

func (p Policy) validate() error {
	if p.Name == "" || len(p.Name) > 64 {
		return fmt.Errorf("stepup: Policy.Name must have 1 to 64 characters, has %d", len(p.Name))
	}
	for _, c := range []byte(p.Name) {
		if !isAlphanumeric(c) && c != '-' && c != '_' {
			return fmt.Errorf("stepup: Policy.Name %q has a character other than letters, digits, \"-\" and \"_\"", p.Name)
		}
	}
	if p.MaxAge <= 0 || p.MaxAge > maxSessionDuration {
		return fmt.Errorf("stepup: policy %q: MaxAge must be more than 0 and at most 366 days, is %v", p.Name, p.MaxAge)
	}
	for _, m := range p.Methods {
		if m != SMS && m != TOTP {
			return fmt.Errorf("stepup: policy %q: Methods holds %q, which is not a second factor", p.Name, m)
		}
	}
	if len(p.Methods) > 0 && !slices.Contains(p.Methods, SMS) {
		return fmt.Errorf("stepup: policy %q: Methods must hold SMS, which is what the verify pages ask for", p.Name)
	}
	return nil
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func (p Policy) equal(q Policy) bool {
	return p.Name == q.Name && p.MaxAge == q.MaxAge && slices.Equal(p.Methods, q.Methods)
}

func (p Policy) accepts(f jwks.Factor) bool {
	if len(p.Methods) == 0 {
		return SMS.is(f)
	}
	for _, m := range p.Methods {
		if m.is(f) {
			return true
		}
	}
	return false
}

// is compares without building the joined text, since it runs for every
// factor of every guarded request.
func (m Method) is(f jwks.Factor) bool {
	t, d := len(f.Type), len(f.DeliveryMethod)
	return len(m) == t+1+d && string(m[:t]) == f.Type && m[t] == '/' && string(m[t+1:]) == f.DeliveryMethod
}

// check decides whether a session satisfies the policy at a time. It looks at
// nothing but the factors that Stytch signed. It returns nil, ErrImpersonated
// or a *RequiredError.
func (p Policy) check(s *jwks.Session, now time.Time, leeway time.Duration) error {
	newest, impersonated := p.newest(s, now, leeway)
	switch {
	case impersonated:
		// Staff who act for a member must neither spend the member's proof
		// nor make the member's phone ring.
		return ErrImpersonated
	case newest.IsZero() || !now.Before(newest.Add(p.MaxAge)):
		return &RequiredError{Policy: p, LastAuthenticatedAt: newest}
	}
	return nil
}

// until is when the proof in the session gets too old; zero = there is none.
func (p Policy) until(s *jwks.Session, now time.Time, leeway time.Duration) time.Time {
	newest, impersonated := p.newest(s, now, leeway)
	if newest.IsZero() || impersonated {
		return time.Time{}
	}
	return newest.Add(p.MaxAge)
}

// newest is when a factor that counts was last proved: last_authenticated_at,
// since created_at and updated_at move for other reasons. A time that is
// missing or could not be read is zero, and one later than our clock can be
// wrong is nobody's proof.
func (p Policy) newest(s *jwks.Session, now time.Time, leeway time.Duration) (newest time.Time, impersonated bool) {
	latest := now.Add(leeway)
	for f := range s.Factors() {
		if f.Type == "impersonated" || f.DeliveryMethod == "impersonation" {
			return time.Time{}, true
		}
		if p.accepts(f) && !f.LastAuthenticatedAt.After(latest) && f.LastAuthenticatedAt.After(newest) {
			newest = f.LastAuthenticatedAt
		}
	}
	return newest, false
}
