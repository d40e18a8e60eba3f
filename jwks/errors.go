package jwks

import "errors"

// The three answers besides a session. Every error of [Verifier.Verify] wraps
// exactly one of them.
var (
	// ErrInvalidToken says that the token is worth nothing, now and later:
	// answer 401 and have the member sign in.
	ErrInvalidToken = errors.New("jwks: invalid token")

	// ErrExpired says that the token would be good if its time were not over:
	// signed by the project, and right in everything else. It may be traded
	// for a new one. The error is an [*ExpiredError].
	ErrExpired = errors.New("jwks: token expired")

	// ErrUnavailable says that nobody can tell, because the keys are not known:
	// answer 503. It must not sign anybody out.
	ErrUnavailable = errors.New("jwks: keys unavailable")
)

// ExpiredError is the error for a token that is only expired. It carries what
// the token says, which is what a refresh must find again in the new one.
type ExpiredError struct {
	Session *Session // never nil; not to be taken for proof of anything
}

func (e *ExpiredError) Error() string { return ErrExpired.Error() }

// Unwrap returns [ErrExpired].
func (e *ExpiredError) Unwrap() error { return ErrExpired }

// invalid is an [ErrInvalidToken] with its reason. The reasons are constants:
// nothing of the token gets into a log through them, and refusing garbage does
// not allocate.
type invalid string

func (e invalid) Error() string { return ErrInvalidToken.Error() + ": " + string(e) }

func (e invalid) Unwrap() error { return ErrInvalidToken }

// unavailable is an [ErrUnavailable] with its reason and, where there is one,
// the error that led to it.
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
