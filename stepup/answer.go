package stepup

import (
	"errors"
	"net/http"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/stytch"
)

// answer is what there is to say to a client, before it is known in which
// language: a page for browsers, JSON for programs. Both are written from it,
// so that neither can know or allow more than the other.
type answer struct {
	code   string // one of the Code constants; state and status follow from it
	status int    // instead of the status that follows from code; 0 = that

	policy *Policy   // the policy at stake; nil = none
	until  time.Time // until when the policy is satisfied; zero = it is not
	next   string    // where the member is going
	form   *Form     // the form that waits; nil = none
	lost   bool      // there was a form, and it was not kept

	ending    string    // last digits of the number
	expiresAt time.Time // of the newest code; zero = none is known
	resendAt  time.Time

	attemptsLeft int
	superseded   bool
	reason       string
	scope        string
	retryAfter   time.Duration
	entered      string // to be shown again

	asksPhone bool // it answers the phone form, and no code is on its way

	again bool   // the same request will succeed now
	jwt   string // the new session JWT; only ever written to bearer clients
}

// httpStatus is the HTTP status of an answer.
func (a answer) httpStatus() int {
	if a.status != 0 {
		return a.status
	}
	switch a.code {
	case CodeVerified, CodeAlreadySatisfied, CodeChallengePending, CodeResent, codeCancelled:
		return http.StatusOK
	case CodeStepUpRequired, CodeSessionRequired, CodeSessionExpired:
		return http.StatusUnauthorized
	case CodeIncorrect, CodeMalformed, CodeExpired, CodePhoneInvalid, CodePhoneUnavailable:
		return http.StatusUnprocessableEntity
	case CodeLocked, CodeResendCooldown:
		return http.StatusTooManyRequests
	case CodeDeliveryUnavailable, CodeFactorNotEnrolled, CodeEnrolmentRequired, CodeImpersonation, CodeCrossOrigin:
		return http.StatusForbidden
	case CodeProviderUnavailable:
		return http.StatusServiceUnavailable
	case CodeMemberMismatch:
		return http.StatusConflict
	case CodeSessionConflict, CodeBadRequest:
		return http.StatusBadRequest
	case CodeUnknownPolicy:
		return http.StatusNotFound
	}
	return http.StatusInternalServerError
}

// state is what a page shows for an answer.
func (a answer) state() State {
	switch a.code {
	case CodeStepUpRequired:
		return StateAsk
	case CodeResendCooldown:
		if a.asksPhone {
			return StatePhone
		}
		return StateCode
	case CodeChallengePending, CodeResent, CodeIncorrect, CodeMalformed, CodeExpired:
		return StateCode
	case CodeLocked:
		return StateLocked
	case CodeDeliveryUnavailable:
		return StateUndeliverable
	case CodeFactorNotEnrolled:
		return StateNoPhone
	case CodeEnrolmentRequired, CodePhoneInvalid, CodePhoneUnavailable:
		return StatePhone
	case CodeProviderUnavailable:
		return StateUnavailable
	case CodeSessionRequired, CodeSessionExpired:
		return StateSignedOut
	case CodeMemberMismatch:
		return StateOtherMember
	case CodeImpersonation:
		return StateImpersonated
	case CodeCrossOrigin:
		return StateCrossOrigin
	case CodeSessionConflict:
		return StateConflict
	case CodeBadRequest, CodeUnknownPolicy:
		return StateBadRequest
	case CodeVerified, CodeAlreadySatisfied:
		return StateContinue
	}
	return StateFailed
}

// isSignedOut tells the answers after which there is nothing but to sign in.
func (a answer) isSignedOut() bool {
	return a.code == CodeSessionRequired || a.code == CodeSessionExpired
}

// wasSent tells the answers to a send that a message followed.
func (a answer) wasSent() bool { return a.code == CodeChallengePending || a.code == CodeResent }

// codeCancelled answers a program that gave up.
const codeCancelled = "cancelled"

// failed is the answer to a call to Stytch that failed.
func (a answer) failed(f failure) answer {
	a.code, a.reason, a.retryAfter = f.code, f.reason, f.retryAfter
	if f.code == CodeLocked {
		a.scope = ScopeMember
	}
	return a
}

// answerTo maps an error of this package to its answer. What is no error of
// this package is answered 500 and reported: it can only be the app's own.
func (g *Guard) answerTo(r *http.Request, err error) answer {
	var a answer
	var required *RequiredError
	switch {
	case errors.As(err, &required):
		a.code, a.policy = CodeStepUpRequired, &required.Policy
	case errors.Is(err, ErrImpersonated):
		a.code = CodeImpersonation
	case errors.Is(err, ErrConflict):
		a.code = CodeSessionConflict
	case errors.Is(err, ErrUnavailable):
		a.code, a.retryAfter = CodeProviderUnavailable, orElse(failureOf(err).retryAfter, retryUnavailable)
	case errors.Is(err, errMisconfigured):
		a.code = CodeMisconfigured
	case errors.Is(err, ErrNoSession):
		a.code = CodeSessionRequired
		var refused *stytch.APIError
		if errors.Is(err, jwks.ErrExpired) || errors.As(err, &refused) {
			a.code = CodeSessionExpired
		}
	default:
		a.code = CodeMisconfigured
		g.tell(r.Context(), nil, Event{Kind: EventFailed, Reason: a.code, Err: err})
	}
	return a
}
