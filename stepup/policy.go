// Policies, and the error for a session that does not satisfy one. New
// validates them; decision.go applies them to each request.

package stepup

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Policy says what a member must have proved, and how recently. All of its
// requirements must be met. The zero value is refused wherever a policy is
// used.
type Policy struct {
	// Name appears in the URL of the verify page, in events and in the answers
	// to API clients: 1 to 64 letters, digits, "-" and "_". Required.
	Name string
	// MaxAge is how old the proof of a second factor may be: one that is
	// exactly MaxAge old is too old. At most 366 days. 0 = AllOf says it all.
	MaxAge time.Duration
	// Methods are the second factors that count for MaxAge: any one of them
	// will do. nil = SMS alone.
	Methods []Method
	// AllOf are requirements besides MaxAge. nil = none; there must be one if
	// MaxAge is 0.
	AllOf []Requirement

	// EveryTime makes a proof good for one request: each one needs a proof that
	// was asked for by this policy and has not been used. Guard a route with it
	// once: a second Require or Check of the same request finds the proof used.
	// See Bound for where the evidence is.
	EveryTime bool
	// Bound makes a proof good for one request, and only for the very one that
	// the member was shown: its method, host, path and query, its body of at
	// most 64 KiB, and what Config.Action says of it. HEAD counts as GET, the
	// fields of a form may change their order, and headers are not part of it,
	// nor are fields of a form that are withheld (Config.Forms), since the
	// member types those again: what matters of them belongs into Config.Action.
	//
	// The evidence is in the session JWT: with the passcode, Stytch is given a
	// custom claim, "rung_approval", that holds the hash of the action and a
	// number to be used once. Only holders of Config.Key can make one. A session
	// holds one at a time: a proof for the next request replaces the last. That a
	// number was used is kept in Config.Limiter, for as long as the proof would
	// count; a MemoryLimiter forgets it at a restart, and the proof is good once
	// more. If the limiter does not answer, the request is refused.
	Bound bool
	// Live asks Stytch before a request is let through (POST
	// /v1/b2b/sessions/authenticate), so that a session that was revoked
	// elsewhere ends at once and not with its JWT, up to five minutes later. It
	// costs at most a call per session and second: for a second, the last answer
	// holds. If Stytch does not answer, the request is refused with
	// ErrUnavailable.
	Live bool
	// SameAddress asks again when the client's address (Config.ClientIP) is not
	// the one that the member stepped up from; IPv6 addresses count by their
	// /64. The evidence is in the session JWT, in the custom claim
	// "rung_address", which every step-up sets, whatever its policy. It needs
	// Config.ClientIP. A client whose address is not known satisfies no such
	// policy: it is answered with 500 and EventFailed, since no passcode would
	// help. Everybody behind the same router is at the same address.
	SameAddress bool

	all []Requirement // of a registered policy: all that must be met
}

// Requirement is met by any one of its proofs.
type Requirement []Proof

// Proof is a factor that a session must hold, and how old it may be: one that
// was last proved exactly MaxAge ago is too old.
type Proof struct {
	Method Method
	MaxAge time.Duration // more than 0 and at most 366 days
}

// Strict is a preset named "strict": a second factor of the last 10 minutes.
// Like every policy, a preset must be in Config.Policies.
func Strict() Policy { return preset("strict", 10*time.Minute) }

// StrictMFA is a preset named "strict_mfa": a second factor and a primary
// factor, both of the last 10 minutes.
func StrictMFA() Policy {
	p := preset("strict_mfa", 10*time.Minute)
	p.AllOf = []Requirement{{{Method: Primary, MaxAge: p.MaxAge}}}
	return p
}

// Moderate is a preset named "moderate": a second factor of the last hour.
func Moderate() Policy { return preset("moderate", time.Hour) }

// Lax is a preset named "lax": a second factor of the last day.
func Lax() Policy { return preset("lax", 24*time.Hour) }

func preset(name string, maxAge time.Duration) Policy {
	return Policy{Name: name, MaxAge: maxAge, Methods: []Method{SMS, TOTP}}
}

const (
	minSessionDuration = 5 * time.Minute      // the shortest session that Stytch makes
	maxSessionDuration = 527040 * time.Minute // the longest: 366 days
)

// requirements returns all that must be met, the one of MaxAge first.
func (p *Policy) requirements() []Requirement {
	var all []Requirement
	if p.MaxAge > 0 {
		methods := p.Methods
		if len(methods) == 0 {
			methods = []Method{SMS}
		}
		var first Requirement
		for _, m := range methods {
			first = append(first, Proof{Method: m, MaxAge: p.MaxAge})
		}
		all = append(all, first)
	}
	return append(all, p.AllOf...)
}

func (p *Policy) validate() error {
	if p.Name == "" || len(p.Name) > 64 {
		return fmt.Errorf("stepup: Policy.Name must have 1 to 64 characters, has %d", len(p.Name))
	}
	for _, c := range []byte(p.Name) {
		if !isAlphanumeric(c) && c != '-' && c != '_' {
			return fmt.Errorf("stepup: Policy.Name %q has a character other than letters, digits, \"-\" and \"_\"", p.Name)
		}
	}
	err := p.validateRequirements()
	if err != nil {
		return fmt.Errorf("stepup: policy %q: %w", p.Name, err)
	}
	return nil
}

func (p *Policy) validateRequirements() error {
	switch {
	case p.MaxAge < 0 || p.MaxAge > maxSessionDuration:
		return fmt.Errorf("MaxAge must be more than 0 and at most 366 days, is %v", p.MaxAge)
	case p.MaxAge == 0 && len(p.AllOf) == 0:
		return errors.New("MaxAge or AllOf is required")
	case p.MaxAge == 0 && len(p.Methods) > 0:
		return errors.New("MaxAge is required with Methods")
	}
	for i, r := range p.AllOf {
		if len(r) == 0 {
			return fmt.Errorf("AllOf[%d] holds no proof", i)
		}
	}
	byPasscode := false
	for _, r := range p.requirements() {
		for _, proof := range r {
			if !isKnown(proof.Method) {
				return fmt.Errorf("%q is not a factor that a policy can ask for", proof.Method)
			}
			if proof.MaxAge <= 0 || proof.MaxAge > maxSessionDuration {
				return fmt.Errorf("MaxAge of %s must be more than 0 and at most 366 days, is %v", proof.Method, proof.MaxAge)
			}
			byPasscode = byPasscode || proof.Method != Primary
		}
	}
	if !byPasscode && (p.isUsedUp() || p.SameAddress) {
		return errors.New("EveryTime, Bound and SameAddress need a second factor")
	}
	return nil
}

// accepts reports whether a proof of the method can count.
func (p *Policy) accepts(m Method) bool {
	for _, r := range p.all {
		for _, proof := range r {
			if proof.Method == m {
				return true
			}
		}
	}
	return false
}

// isUsedUp reports whether a proof is good for one request.
func (p *Policy) isUsedUp() bool { return p.EveryTime || p.Bound }

// longest is the age up to which a proof of the policy can count.
func (p *Policy) longest() time.Duration {
	var longest time.Duration
	for _, r := range p.all {
		for _, proof := range r {
			longest = max(longest, proof.MaxAge)
		}
	}
	return longest
}

// shortest is the age up to which every proof of the policy counts.
func (p *Policy) shortest() time.Duration {
	shortest := maxSessionDuration
	for _, r := range p.all {
		for _, proof := range r {
			shortest = min(shortest, proof.MaxAge)
		}
	}
	return shortest
}

func validatePolicies(policies []Policy) error {
	seen := make(map[string]bool)
	for i := range policies {
		p := &policies[i]
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
	c.all = nil
	c.Methods = slices.Clone(p.Methods)
	c.AllOf = slices.Clone(p.AllOf)
	for i := range c.AllOf {
		c.AllOf[i] = slices.Clone(c.AllOf[i])
	}
	return c
}

func clonePolicies(policies []Policy) []Policy {
	clones := make([]Policy, len(policies))
	for i := range policies {
		clones[i] = policies[i].clone()
	}
	return clones
}

func (p *Policy) equal(q *Policy) bool {
	return p.Name == q.Name && p.MaxAge == q.MaxAge && slices.Equal(p.Methods, q.Methods) &&
		slices.EqualFunc(p.AllOf, q.AllOf, slices.Equal[Requirement]) &&
		p.EveryTime == q.EveryTime && p.Bound == q.Bound && p.Live == q.Live && p.SameAddress == q.SameAddress
}

// RequiredError says which policy a session does not satisfy, and why.
// It wraps ErrStepUpRequired.
type RequiredError struct {
	Policy Policy
	// Missing are the requirements whose factors were never proved in the
	// session. Expired are those whose factors were proved too long ago. Both
	// are empty if the proofs are recent enough, but were used up, made for
	// something else, or made at another address.
	Missing, Expired []Requirement
}

func (e *RequiredError) Error() string {
	text := "stepup: policy " + e.Policy.Name
	for _, r := range e.Missing {
		text += ": missing " + r.String()
	}
	for _, r := range e.Expired {
		text += ": too old " + r.String()
	}
	return text
}

// Unwrap returns ErrStepUpRequired.
func (e *RequiredError) Unwrap() error { return ErrStepUpRequired }

// String lists the proofs: "otp/sms (10m0s) or totp/authenticator_app (1h0m0s)".
func (r Requirement) String() string {
	var proofs []string
	for _, proof := range r {
		proofs = append(proofs, fmt.Sprintf("%s (%v)", proof.Method, proof.MaxAge))
	}
	return strings.Join(proofs, " or ")
}
