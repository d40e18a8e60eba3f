// Whether a session satisfies a policy: the one place that says yes. The
// middleware, Check and every step of the verify handler ask it.

package stepup

import (
	"slices"
	"time"

	"github.com/rungauth/rung/jwks"
)

// decision is what the factors of a session say about a policy at one moment.
// The zero value denies.
type decision struct {
	satisfied    bool
	impersonated bool
	until        time.Time     // when the first proof gets too old; zero = not satisfied
	missing      []Requirement // never met; the next two are empty if satisfied
	expired      []Requirement // met, but too long ago
}

// decide looks only at the factors that Stytch signed, and of their times only
// at last_authenticated_at, since created_at and updated_at change for other
// reasons. Without a session no policy is satisfied, and neither is one without
// requirements.
func (p *Policy) decide(s *jwks.Session, leeway time.Duration) decision {
	if s == nil {
		return decision{missing: p.all}
	}
	now := time.Now()
	latest := now.Add(leeway)
	d := decision{satisfied: len(p.all) > 0}
	for _, r := range p.all {
		until, impersonated := r.metUntil(s, latest)
		if impersonated {
			// Staff who act for a member must neither spend the member's proof
			// nor make the member's phone ring.
			return decision{impersonated: true}
		}
		if now.Before(until) {
			if d.until.IsZero() || until.Before(d.until) {
				d.until = until
			}
			continue
		}
		d.satisfied = false
		if until.IsZero() {
			d.missing = append(d.missing, r)
		} else {
			d.expired = append(d.expired, r)
		}
	}
	if !d.satisfied {
		d.until = time.Time{}
	}
	return d
}

// metUntil is when the session's best proof gets too old; zero = it has none.
// A time of a factor that is missing or could not be read is zero. One after
// latest is further in the future than our clock can be wrong, and proves
// nothing. It also reports whether the session is impersonated, since the hot
// path looks at the factors once.
func (r Requirement) metUntil(s *jwks.Session, latest time.Time) (until time.Time, impersonated bool) {
	for f := range s.Factors() {
		if f.Type == "impersonated" || f.DeliveryMethod == "impersonation" {
			return time.Time{}, true
		}
		for _, proof := range r {
			if !isFactor(proof.Method, f) || f.LastAuthenticatedAt.IsZero() || f.LastAuthenticatedAt.After(latest) {
				continue
			}
			if end := f.LastAuthenticatedAt.Add(proof.MaxAge); end.After(until) {
				until = end
			}
		}
	}
	return until, false
}

// provedAt is when a factor was last proved in a session; zero = never.
func provedAt(m Method, s *jwks.Session, leeway time.Duration) time.Time {
	const age = time.Hour // any will do
	if until, _ := (Requirement{{m, age}}).metUntil(s, time.Now().Add(leeway)); !until.IsZero() {
		return until.Add(-age)
	}
	return time.Time{}
}

// needsLogin reports whether something is not met that only signing in can
// meet.
func (d decision) needsLogin() bool {
	for _, unmet := range [][]Requirement{d.missing, d.expired} {
		for _, r := range unmet {
			if len(r.byPasscode()) == 0 {
				return true
			}
		}
	}
	return false
}

// byPasscode returns the methods of a requirement that the verify pages can
// ask for.
func (r Requirement) byPasscode() []Method {
	var methods []Method
	for _, proof := range r {
		if proof.Method != Primary {
			methods = append(methods, proof.Method)
		}
	}
	return methods
}

// next returns the requirement that a passcode is asked for next: the first one
// that is not met, or, if all are met and the proof is used up, the first one
// that a passcode meets. nil = no passcode meets any.
func (p *Policy) next(d decision) Requirement {
	for _, list := range [][]Requirement{d.missing, d.expired, p.all} {
		for _, r := range list {
			if len(r.byPasscode()) > 0 {
				return r
			}
		}
	}
	return nil
}

// wanted returns the methods of which a member has to prove one next.
func (p *Policy) wanted(d decision) []Method { return p.next(d).byPasscode() }

// takesLogin reports whether signing in again is another way to meet the
// requirement that a passcode is asked for. It brings no evidence of a request
// or an address.
func (p *Policy) takesLogin(d decision) bool {
	return !p.isUsedUp() && !p.SameAddress && slices.ContainsFunc(p.next(d), func(proof Proof) bool { return proof.Method == Primary })
}

// err is nil, ErrImpersonated or a *RequiredError.
func (d decision) err(p *Policy) error {
	switch {
	case d.satisfied:
		return nil
	case d.impersonated:
		return ErrImpersonated
	}
	c := p.clone()
	return &RequiredError{Policy: c, Missing: cloned(d.missing), Expired: cloned(d.expired)}
}

func cloned(requirements []Requirement) []Requirement {
	return (&Policy{AllOf: requirements}).clone().AllOf
}
