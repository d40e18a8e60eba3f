// The reasons to refuse a request: Check returns them, Deny answers them.

package stepup

import (
	"errors"
	"fmt"
)

// Every error of Check wraps exactly one of these. No error text holds a
// passcode, a token or a phone number.
var (
	// ErrNoSession: the request carries no valid session: no token, a forged
	// one, an expired one that cannot be renewed, or one of a session that was
	// revoked. Deny answers 401, or sends browsers to Links.Login.
	ErrNoSession = errors.New("stepup: no session")
	// ErrConflict: the request carries valid tokens of different sessions.
	// Deny answers 400.
	ErrConflict = errors.New("stepup: two different sessions in one request")
	// ErrStepUpRequired: the session lacks a recent second factor. It comes as
	// a *RequiredError. Deny starts the challenge.
	ErrStepUpRequired = errors.New("stepup: step-up required")
	// ErrImpersonated: staff act for the member in this session, which cannot
	// be stepped up. Deny answers 403.
	ErrImpersonated = errors.New("stepup: the session is impersonated")
	// ErrCrossOrigin: another site made the browser send the request, which
	// would change something. Deny answers 403.
	ErrCrossOrigin = errors.New("stepup: the request comes from another site")
	// ErrBody: Policy.Bound cannot cover the body of the request, because it has
	// more than 64 KiB, does not arrive, or was read before. Deny answers 413 or
	// 400.
	ErrBody = errors.New("stepup: the body of the request cannot be bound to a proof")
	// ErrUnavailable: the session cannot be judged, because the key server,
	// Stytch or the limiter does not answer, or Stytch refuses to. Deny answers
	// 503, or what the refusal calls for, such as 429 for a locked member.
	ErrUnavailable = errors.New("stepup: temporarily unavailable")
	// ErrPolicy: the policy is not one of Config.Policies. Deny answers 500.
	ErrPolicy = errors.New("stepup: policy is not in Config.Policies")
)

// errMisconfigured: Stytch refuses the app itself, or what it is set up with
// does not work.
var errMisconfigured = errors.New("stepup: Stytch refuses the credentials or the settings of the app")

var (
	errTooLarge = fmt.Errorf("%w: it is larger than 64 KiB", ErrBody)
	errWasRead  = fmt.Errorf("%w: some of it was read before", ErrBody)
)

// errClaims: Config.SessionCustomClaims sets a claim of ours.
var errClaims = errors.New("stepup: Config.SessionCustomClaims returned a name with the reserved prefix rung_")

// errNoAddress: Config.ClientIP is set and found no address.
var errNoAddress = errors.New("stepup: Config.ClientIP returned no address")

// errNumberProved: the number that was to be replaced has been proved
// meanwhile.
var errNumberProved = errors.New("stepup: the member has a verified phone number")

// errAppProved: the authenticator app that was to be replaced has become a factor
// meanwhile.
var errAppProved = errors.New("stepup: the member has an authenticator app")
