package stepup

import (
	"errors"
	"time"
)

// Every error of Check wraps exactly one of these. None of their texts holds
// a code, a token or a phone number.
var (
	// ErrNoSession: the request carries no session, or none that is good: no
	// token, a forged one, an expired one that can not be renewed, a revoked
	// session. Deny answers 401, or sends browsers to LoginURL.
	ErrNoSession = errors.New("stepup: no session")
	// ErrConflict: the request carries good tokens of different sessions.
	// Deny answers 400.
	ErrConflict = errors.New("stepup: two different sessions in one request")
	// ErrStepUpRequired: the session lacks a recent second factor. It comes as
	// a *RequiredError. Deny starts the challenge.
	ErrStepUpRequired = errors.New("stepup: step-up required")
	// ErrImpersonated: staff act for the member in this session, which can
	// not be stepped up. Deny answers 403.
	ErrImpersonated = errors.New("stepup: the session is impersonated")
	// ErrUnavailable: whether the session is good can not be told, since the
	// key server or Stytch does not answer. Deny answers 503.
	ErrUnavailable = errors.New("stepup: can not be told at the moment")
	// ErrPolicy: the policy is not one of Config.Policies. Deny answers 500.
	ErrPolicy = errors.New("stepup: policy is not in Config.Policies")
)

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
