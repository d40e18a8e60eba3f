// Package contract holds the answers of the verify handler of package stepup:
// the codes, states and documents that its steps return, for the pages and for
// programs. Templates and clients need this package and nothing else of the
// module.
package contract

// A Code names one answer of a guard, for machines: it is "code" in the JSON
// documents and Page.Code in the pages. The status, the state of the page and
// the title follow from it.
//
// Clients should decide by the code, and treat one they do not know as a
// refusal.
type Code string

// The codes. Each has a row in the table below.
const (
	// CodeStepUpRequired: the session needs a recent second factor, and no
	// one-time passcode is known to be on its way.
	CodeStepUpRequired Code = "step_up_required"
	// CodeChallengePending: a passcode is on its way and still works.
	CodeChallengePending Code = "challenge_pending"
	// CodeResent: as CodeChallengePending, and it was not the first passcode.
	CodeResent Code = "resent"
	// CodeVerified: the passcode was right, and the session satisfies the policy.
	CodeVerified Code = "verified"
	// CodeAlreadySatisfied: the session satisfies the policy; nothing was done.
	CodeAlreadySatisfied Code = "already_satisfied"
	// CodeCanceled: the member gave up. The session is as it was.
	CodeCanceled Code = "canceled"
	// CodeEnrollmentStarted: an authenticator app can be set up, and the first
	// passcode that it shows makes it a factor.
	CodeEnrollmentStarted Code = "enrollment_started"

	// CodeIncorrect: the passcode was wrong, and one attempt is spent.
	CodeIncorrect Code = "code_incorrect"
	// CodeMalformed: what was typed is no passcode. No attempt is spent.
	CodeMalformed Code = "code_malformed"
	// CodeExpired: the passcode has expired or was used before.
	CodeExpired Code = "code_expired"
	// CodeLocked: there were too many wrong passcodes. Scope says whose.
	CodeLocked Code = "locked"
	// CodeResendCooldown: another message cannot be sent yet.
	CodeResendCooldown Code = "resend_cooldown"

	// CodeDeliveryUnavailable: the member cannot be sent a passcode. Reason
	// says why.
	CodeDeliveryUnavailable Code = "delivery_unavailable"
	// CodeFactorNotEnrolled: the member has no factor to step up with, and
	// cannot add one here.
	CodeFactorNotEnrolled Code = "factor_not_enrolled"
	// CodeEnrollmentRequired: the member has no factor to step up with, and
	// may add a phone number or an authenticator app here.
	CodeEnrollmentRequired Code = "enrollment_required"
	// CodePhoneInvalid: what was typed is no phone number that can be used.
	CodePhoneInvalid Code = "phone_invalid"
	// CodePhoneUnavailable: the number belongs to somebody else, or the member
	// has proved one meanwhile.
	CodePhoneUnavailable Code = "phone_unavailable"

	// CodeProviderUnavailable: Stytch, its key server or the limiter does not
	// answer. The same request may succeed later.
	CodeProviderUnavailable Code = "provider_unavailable"
	// CodeSessionRequired: the request carries no session.
	CodeSessionRequired Code = "session_required"
	// CodeSessionExpired: the session has ended.
	CodeSessionExpired Code = "session_expired"
	// CodeReauthenticationRequired: the member must sign in again, because the
	// primary factor is too old or missing. A passcode does not help.
	CodeReauthenticationRequired Code = "reauthentication_required"
	// CodeLoginExpired: the login that lacked its second factor has expired or
	// was completed. The member signs in again.
	CodeLoginExpired Code = "login_expired"
	// CodeSessionConflict: the request carries two sessions.
	CodeSessionConflict Code = "session_conflict"
	// CodeMemberMismatch: the form was made for another session.
	CodeMemberMismatch Code = "member_mismatch"
	// CodeImpersonation: staff act for the member, and cannot step up.
	CodeImpersonation Code = "impersonation_forbidden"

	// CodeCrossOrigin: another site made the browser send the request.
	CodeCrossOrigin Code = "cross_origin"
	// CodeBadRequest: the request cannot be read.
	CodeBadRequest Code = "bad_request"
	// CodeUnknownPolicy: the request names a policy that the app does not have.
	CodeUnknownPolicy Code = "policy_unknown"
	// CodeMisconfigured: the app is set up wrongly. Nothing that the client
	// does will help.
	CodeMisconfigured Code = "misconfigured"
)

// A row is what follows from a code.
type row struct {
	code   Code
	status int // HTTP
	state  State
	title  string
}

// rows is the one table of codes. A code without a row has no status and
// cannot be sent; the test of this package finds it first.
func rows() [29]row {
	return [...]row{
		{CodeStepUpRequired, 401, StateAsk, "A recent second factor is required"},
		{CodeChallengePending, 200, StateCode, "A passcode is on its way"},
		{CodeResent, 200, StateCode, "A new passcode is on its way"},
		{CodeVerified, 200, StateContinue, "Verified"},
		{CodeAlreadySatisfied, 200, StateContinue, "The session satisfies the policy"},
		{CodeCanceled, 200, StateContinue, "Canceled"},
		{CodeEnrollmentStarted, 200, StateAuthenticator, "An authenticator app can be set up"},

		{CodeIncorrect, 422, StateCode, "The passcode is not right"},
		{CodeMalformed, 422, StateCode, "What was typed is no passcode"},
		{CodeExpired, 422, StateCode, "The passcode has expired or was used"},
		{CodeLocked, 429, StateLocked, "Too many wrong passcodes"},
		{CodeResendCooldown, 429, StateCode, "Too many messages"},

		{CodeDeliveryUnavailable, 403, StateUndeliverable, "This number cannot be sent a passcode"},
		{CodeFactorNotEnrolled, 403, StateNoPhone, "No second factor"},
		{CodeEnrollmentRequired, 403, StatePhone, "Add a second factor first"},
		{CodePhoneInvalid, 422, StatePhone, "The phone number is not one with a country code"},
		{CodePhoneUnavailable, 422, StatePhone, "This number cannot be used"},

		{CodeProviderUnavailable, 503, StateUnavailable, "Verification is not available at the moment"},
		{CodeSessionRequired, 401, StateSignedOut, "Sign in first"},
		{CodeSessionExpired, 401, StateSignedOut, "The session has ended"},
		{CodeReauthenticationRequired, 401, StateReauthenticate, "Sign in again first"},
		{CodeLoginExpired, 401, StateSignedOut, "The sign-in has expired"},
		{CodeSessionConflict, 400, StateConflict, "The request carries two different sessions"},
		{CodeMemberMismatch, 409, StateOtherMember, "The request was made for another session"},
		{CodeImpersonation, 403, StateImpersonated, "Not available in an impersonated session"},

		{CodeCrossOrigin, 403, StateCrossOrigin, "The request came from another site"},
		{CodeBadRequest, 400, StateBadRequest, "The request could not be read"},
		{CodeUnknownPolicy, 404, StateBadRequest, "No such policy"},
		{CodeMisconfigured, 500, StateFailed, "The app is not set up correctly"},
	}
}

// Codes returns every code there is, in the order of the table.
func Codes() []Code {
	table := rows()
	codes := make([]Code, len(table))
	for i, r := range table {
		codes[i] = r.code
	}
	return codes
}

// row returns the zero row for a code that is not in the table.
func (c Code) row() row {
	for _, r := range rows() {
		if r.code == c {
			return r
		}
	}
	return row{}
}

// Status returns the HTTP status that the code is answered with; 0 = the code
// is not one of this package. An answer may have another if the request makes
// a difference: the page that offers to send a passcode is 200 when it was
// asked for, and 401 in place of a guarded page.
func (c Code) Status() int { return c.row().status }

// State returns the state of the page that shows the code; "" = the code is
// not one of this package.
func (c Code) State() State { return c.row().state }

// Title returns what the code means, in English, for "title" in problem
// details (RFC 9457); "" = the code is not one of this package.
func (c Code) Title() string { return c.row().title }
