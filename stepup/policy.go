// Policies, and the error for a session that does not satisfy one. New
// validates them; decision.go applies them to each request.

package stepup

import (
	"fmt"
	"slices"
	"time"
)

// Policy says how recently a member must have proved a second factor.
// The zero value is refused wherever a policy is used.
type Policy struct {
	// Name appears in the URL of the verify page, in events and in the answers
	// to API clients: 1 to 64 letters, digits, "-" and "_". Required.
	Name string
	// MaxAge is how old the proof may be: one that is exactly MaxAge old is
	// too old. Required; more than zero and at most 366 days.
	MaxAge time.Duration
	// Methods are the second factors that count. The one that the verify pages
	// ask for must be among them. nil = that one alone.
	Methods []Method
}

const (
	minSessionDuration = 5 * time.Minute      // the shortest session that Stytch makes
	maxSessionDuration = 527040 * time.Minute // the longest: 366 days
)

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
	if err := validateMethods(p.Methods); err != nil {
		return fmt.Errorf("stepup: policy %q: Methods %w", p.Name, err)
	}
	return nil
}

func validatePolicies(policies []Policy) error {
	seen := make(map[string]bool)
	for _, p := range policies {
		if err := p.validate(); err != nil {
			return fmt.Errorf("stepup: Config.Policies: %w", err)
		}
		if seen[p.Name] {
			return fmt.Errorf("stepup: Config.Policies: two policies are named %q", p.Name)
		}
		seen[p.Name] = true
	}
	return nil
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// clone returns a copy that the app may change.
func (p *Policy) clone() Policy {
	c := *p
	c.Methods = slices.Clone(p.Methods)
	return c
}

func (p Policy) equal(q Policy) bool {
	return p.Name == q.Name && p.MaxAge == q.MaxAge && slices.Equal(p.Methods, q.Methods)
}

// RequiredError says which policy a session does not satisfy.
// It wraps ErrStepUpRequired.
type RequiredError struct {
	Policy Policy
	// LastAuthenticatedAt is when the newest factor that counts was proved;
	// zero = never.
	LastAuthenticatedAt time.Time
}

func (e *RequiredError) Error() string {
	if e.LastAuthenticatedAt.IsZero() {
		return "stepup: policy " + e.Policy.Name + ": no second factor"
	}
	return "stepup: policy " + e.Policy.Name + ": second factor is too old"
}

// Unwrap returns ErrStepUpRequired.
func (e *RequiredError) Unwrap() error { return ErrStepUpRequired }
