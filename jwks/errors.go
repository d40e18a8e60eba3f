// The errors of Verify and Ready.

package jwks

import (
	"errors"
	"fmt"
	"time"
)

// Every error of [Verifier.Verify] wraps exactly one of these.
var (
	// ErrInvalidToken says that the token is not a session JWT of the project
	// and never will be: answer 401 and have the member sign in.
	ErrInvalidToken = errors.New("jwks: invalid token")

	// ErrExpired says that the token is valid but for its expiry, signature
	// included. It may be exchanged for a new one. The error is an
	// [*ExpiredError].
	ErrExpired = errors.New("jwks: token expired")

	// ErrUnavailable says that the token cannot be judged, because its key is
	// not known: answer 503. It must not sign anybody out.
	ErrUnavailable = errors.New("jwks: keys unavailable")
)

// EarlyError is the error for a token that is not valid yet: it is signed and for
// this project, so the clock here is behind Stytch's. It wraps ErrInvalidToken.
type EarlyError struct {
	By time.Duration // how far beyond the leeway its nbf or iat is in the future
}

func (e *EarlyError) Error() string {
	return fmt.Sprintf("%v: not valid yet, by %v", ErrInvalidToken, e.By)
}

// Unwrap returns ErrInvalidToken.
func (e *EarlyError) Unwrap() error { return ErrInvalidToken }

// ExpiredError is the error for a token that is valid but for its expiry. A
// refresh compares its session with that of the new token.
type ExpiredError struct {
	Session *Session // never nil; no longer proof of anything
}

func (e *ExpiredError) Error() string { return ErrExpired.Error() }

// Unwrap returns [ErrExpired].
func (e *ExpiredError) Unwrap() error { return ErrExpired }

// invalid is an [ErrInvalidToken] with its reason. Reasons are constants, so
// they leak nothing of the token into a log, and refusing garbage does not
// allocate.
type invalid string

func (e invalid) Error() string { return ErrInvalidToken.Error() + ": " + string(e) }

func (e invalid) Unwrap() error { return ErrInvalidToken }

// unavailable is an [ErrUnavailable] with its reason and its cause, if any.
type unavailable struct {
	reason string
	cause  error
}

func (e *unavailable) Error() string {
	text := ErrUnavailable.Error() + ": " + e.reason
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

func (e *unavailable) Unwrap() []error {
	if e.cause == nil {
		return []error{ErrUnavailable}
	}
	return []error{ErrUnavailable, e.cause}
}
