package stepup

import "time"

// State is what a page asks of the member or tells them.
type State string

// The states of the verify pages. Every answer to a browser that is not a
// redirect is a page in one of them.
const (
	// StateAsk offers to send a code. Nothing was sent yet, or nothing is
	// known to have been: a code that the member already has can be typed too.
	StateAsk State = "ask"
	// StateCode asks for the code. Page.Code tells whether it is asked for the
	// first time (CodeChallengePending), after a new message (CodeResent),
	// after a code that was refused (CodeIncorrect, CodeMalformed,
	// CodeExpired) or after a message that was refused (CodeResendCooldown).
	StateCode State = "code"
	// StateLocked says that there were too many wrong codes.
	StateLocked State = "locked"
	// StateUndeliverable says that this number can not be texted, and why
	// (Page.Reason).
	StateUndeliverable State = "undeliverable"
	// StateNoPhone says that the member has no verified phone number.
	StateNoPhone State = "no_phone"
	// StatePhone asks for a phone number. Page.Code tells whether the one
	// before was refused (CodePhoneInvalid, CodePhoneUnavailable), or the
	// message to it (CodeResendCooldown).
	StatePhone State = "phone"
	// StateUnavailable says that nobody can be verified at the moment.
	StateUnavailable State = "unavailable"
	// StateSignedOut says that the session has ended, where a redirect to
	// LoginURL is not possible.
	StateSignedOut State = "signed_out"
	// StateOtherMember says that the page was opened by somebody else than
	// the member who is signed in now.
	StateOtherMember State = "other_member"
	// StateContinue shows the request that waited for the step-up, with the
	// button that sends it.
	StateContinue State = "continue"
	// StateImpersonated refuses a session in which staff act for the member.
	StateImpersonated State = "impersonated"
	// StateCrossOrigin refuses a form that came from another site.
	StateCrossOrigin State = "cross_origin"
	// StateConflict refuses a request that carries two sessions.
	StateConflict State = "conflict"
	// StateBadRequest refuses a request that this handler can not read.
	StateBadRequest State = "bad_request"
	// StateFailed says that the app is set up wrongly: its own fault, not the
	// member's.
	StateFailed State = "failed"
)

// The codes that name an answer for machines: "code" in the JSON answers,
// Page.Code in the pages.
const (
	CodeStepUpRequired      = "step_up_required"
	CodeChallengePending    = "challenge_pending"
	CodeResent              = "resent"
	CodeVerified            = "verified"
	CodeAlreadySatisfied    = "already_satisfied"
	CodeIncorrect           = "code_incorrect"
	CodeMalformed           = "code_malformed"
	CodeExpired             = "code_expired"
	CodeLocked              = "locked"
	CodeResendCooldown      = "resend_cooldown"
	CodeDeliveryUnavailable = "delivery_unavailable"
	CodeFactorNotEnrolled   = "factor_not_enrolled"
	CodeEnrolmentRequired   = "enrolment_required"
	CodePhoneInvalid        = "phone_invalid"
	CodePhoneUnavailable    = "phone_unavailable"
	CodeProviderUnavailable = "provider_unavailable"
	CodeSessionRequired     = "session_required"
	CodeSessionExpired      = "session_expired"
	CodeSessionConflict     = "session_conflict"
	CodeMemberMismatch      = "member_mismatch"
	CodeImpersonation       = "impersonation_forbidden"
	CodeCrossOrigin         = "cross_origin"
	CodeBadRequest          = "bad_request"
	CodeUnknownPolicy       = "challenge_unknown"
	CodeMisconfigured       = "misconfigured"
)

// The reasons of StateUndeliverable.
const (
	ReasonCountry      = "country"      // the country is not texted
	ReasonUnsubscribed = "unsubscribed" // the number has stopped our messages; a text START takes that back
	ReasonNumber       = "number"       // the number can not be texted: a landline, or refused by the carrier
	ReasonRestricted   = "restricted"   // the organization does not allow text messages as a factor
)

// The scopes of StateLocked.
const (
	ScopeSession = "challenge" // this session: a new code does not lift it
	ScopeMember  = "member"    // the member: it may also keep them from signing in
)

// Page is everything that a page shows. It holds no code but the one that was
// just typed, no token and no phone number beyond its last digits.
type Page struct {
	State  State
	Status int    // HTTP status to answer with
	Code   string // one of the Code constants

	Language string // BCP 47 tag of a language that the texts exist in
	Action   string // what is being approved, in the app's words; "" = not said

	PhoneEnding string    // last digits of the number that was texted or will be; "" = unknown
	Now         time.Time // the server's time
	ExpiresAt   time.Time // when the newest code stops working; zero = unknown
	ResendAt    time.Time // when a new code may be asked for; zero or past = now
	RetryAt     time.Time // when to try again; zero = unknown

	AttemptsLeft int    // after CodeIncorrect: codes that may still be tried
	Superseded   bool   // after CodeIncorrect: an older message may have been used
	Reason       string // one of the Reason constants
	Scope        string // one of the Scope constants
	Entered      string // what the member typed, to be shown again because nobody judged it

	// Hidden fields of every form on the page.
	Session string // names the session that the page is for, as an opaque text
	Policy  string // name of the policy
	Next    string // where to go afterwards: a path of this origin

	FormLost bool  // a request body could not be kept: to be said before the code is typed
	Form     *Form // the request that waits for the step-up; nil = none

	Base        string // VerifyPath: forms go to Base (code), Base+"send", Base+"cancel", Base+"phone"
	LoginURL    string // where to sign in, with the way back; "" = not offered
	SettingsURL string // where the member can change their phone number; "" = not offered
	SupportURL  string // where to get help; "" = not offered
}

// Form is a request that waits for the step-up, as StateContinue shows it.
type Form struct {
	Sealed   string      // the request itself, for the hidden field "form"; opaque
	Method   string      // "POST"
	Action   string      // the path that it goes to, once the member says so
	Title    string      // what the app said is being approved; "" = not said
	Values   []FormValue // what is sent to Action: every field, in order; only in StateContinue
	Shown    []FormValue // fields whose values the app allows to be shown
	Named    []string    // names of the other fields that were kept
	Withheld []string    // names of fields that were not kept and must be typed again
}

// FormValue is one field of a form.
type FormValue struct {
	Name, Value string
}
