package stepup

import (
	"net/http"
	"time"
)

// answer is what there is to say to a client, before it is known in which
// language: a page for browsers, JSON for programs. Both are written from it,
// so that neither can know or allow more than the other.
type answer struct {
	code       string // one of the Code constants; state and status follow from it
	httpStatus int    // instead of the status that follows from code; 0 = that

	policy *Policy   // the policy at stake; nil = none
	until  time.Time // until when the policy is satisfied; zero = it is not

	ending    string    // last digits of the number
	expiresAt time.Time // of the newest code
	resendAt  time.Time

	attemptsLeft int
	superseded   bool
	reason       string
	scope        string
	retryAfter   time.Duration
	entered      string // to be shown again

	next     string // where the member is going
	formLost bool   // the body of the request was not kept

	jwt string // the new session JWT; only ever written to bearer clients
}

// status is the HTTP status of an answer.
func (a answer) status() int {
	if a.httpStatus != 0 {
		return a.httpStatus
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
	case CodeChallengePending, CodeResent, CodeIncorrect, CodeMalformed, CodeExpired, CodeResendCooldown:
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

// codeCancelled answers a program that gave up.
const codeCancelled = "cancelled"

// answerTo is what a failed call to Stytch says to the client.
func answerTo(f failure) answer {
	a := answer{code: f.code, reason: f.reason, retryAfter: f.retryAfter}
	if f.code == CodeLocked {
		a.scope = ScopeMember
	}
	return a
}
