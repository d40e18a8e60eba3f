// Whether a session satisfies a policy: the one place that says yes. The
// middleware, Check and every step of the verify handler ask it.

package stepup

import (
	"time"

	"github.com/rungauth/rung/jwks"
)

// decision is what the factors of a session say about a policy at one moment.
// The zero value denies.
type decision struct {
	satisfied    bool
	impersonated bool
	newest       time.Time // when a factor that counts was last proved; zero = never
	until        time.Time // when that proof gets too old; zero = there is none
}

// decide looks only at the factors that Stytch signed, and of their times only
// at last_authenticated_at, since created_at and updated_at change for other
// reasons. A time that is missing or could not be read is zero. One that is
// further in the future than our clock can be wrong (leeway) proves nothing.
func (p *Policy) decide(s *jwks.Session, leeway time.Duration) decision {
	now := time.Now()
	latest := now.Add(leeway)
	var newest time.Time
	for f := range s.Factors() {
		if f.Type == "impersonated" || f.DeliveryMethod == "impersonation" {
			// Staff who act for a member must neither spend the member's proof
			// nor make the member's phone ring.
			return decision{impersonated: true}
		}
		if accepts(p.Methods, f) && !f.LastAuthenticatedAt.After(latest) && f.LastAuthenticatedAt.After(newest) {
			newest = f.LastAuthenticatedAt
		}
	}
	if newest.IsZero() {
		return decision{}
	}
	until := newest.Add(p.MaxAge)
	return decision{satisfied: now.Before(until), newest: newest, until: until}
}

// err is nil, ErrImpersonated or a *RequiredError.
func (d decision) err(p *Policy) error {
	switch {
	case d.satisfied:
		return nil
	case d.impersonated:
		return ErrImpersonated
	}
	return &RequiredError{Policy: p.clone(), LastAuthenticatedAt: d.newest}
}
