// The page that a browser is answered with. stepup/page.go makes it of a reply,
// and internal/pages or Config.Render shows it.

package contract

import "time"

// State is what a page asks of the member or tells them.
type State string

// The states of the verify pages. Every answer to a browser that is not a
// redirect is a page in one of them.
const (
	// StateAsk offers to send a passcode (Page.Method is SMS). None is known to be on its way; one
	// that the member already has can be typed too.
	StateAsk State = "ask"
	// StateCode asks for the passcode of Page.Method. Page.Code says whether it
	// is asked for the first time (CodeChallengePending for a message,
	// CodeStepUpRequired for other methods), after a new message (CodeResent),
	// after a passcode that was refused (CodeIncorrect, CodeMalformed,
	// CodeExpired) or after a message that was refused (CodeResendCooldown).
	StateCode State = "code"
	// StateLocked says that there were too many wrong passcodes.
	StateLocked State = "locked"
	// StateUndeliverable says that the member cannot be sent a passcode, and
	// why (Page.Reason).
	StateUndeliverable State = "undeliverable"
	// StateNoPhone says that the member has no second factor that would do.
	StateNoPhone State = "no_phone"
	// StatePhone asks for a phone number. Page.Code says whether the one
	// before was refused (CodePhoneInvalid, CodePhoneUnavailable), or the
	// message to it (CodeResendCooldown).
	StatePhone State = "phone"
	// StateAuthenticator offers to set up an authenticator app (Page.Setup is
	// nil), or shows its secret and asks for its first passcode. Page.Code says
	// whether one was refused (CodeIncorrect, CodeMalformed).
	StateAuthenticator State = "authenticator"
	// StateUnavailable says that nobody can be verified at the moment.
	StateUnavailable State = "unavailable"
	// StateSignedOut says that the session has ended, where a redirect to the
	// sign-in page is not possible, or that a login took too long
	// (CodeLoginExpired).
	StateSignedOut State = "signed_out"
	// StateReauthenticate asks the member to sign in again, where a redirect to
	// the sign-in page is not possible.
	StateReauthenticate State = "reauthenticate"
	// StateOtherMember says that the page was made for another session than
	// the one that is signed in now.
	StateOtherMember State = "other_member"
	// StateContinue shows the request that waited for the step-up, with the
	// button that sends it. Without a request (Page.Form is nil) it shows what
	// the member must see before they go on to Page.Next: recovery codes to
	// write down, or how many are left.
	StateContinue State = "continue"
	// StateImpersonated refuses a session in which staff act for the member.
	StateImpersonated State = "impersonated"
	// StateCrossOrigin refuses a form that came from another site.
	StateCrossOrigin State = "cross_origin"
	// StateConflict refuses a request that carries two sessions.
	StateConflict State = "conflict"
	// StateBadRequest refuses a request that the handler cannot read.
	StateBadRequest State = "bad_request"
	// StateFailed says that the app is set up wrongly: its own fault, not the
	// member's.
	StateFailed State = "failed"
)

// Method is a second factor: the type and the delivery method of one of
// Stytch's authentication factors, exactly. With a prefix or the type alone,
// the first factor could pass for the second: email_otp is not otp.
type Method string

// The methods of the verify pages.
const (
	SMS          Method = "otp/sms"                      // a one-time passcode by text message
	TOTP         Method = "totp/authenticator_app"       // a passcode of an authenticator app
	RecoveryCode Method = "recovery_codes/recovery_code" // one of the codes that were written down
)

// Reason is why a member cannot be sent a passcode.
type Reason string

// The reasons of StateUndeliverable.
const (
	ReasonCountry      Reason = "country"      // no messages are sent to the country
	ReasonUnsubscribed Reason = "unsubscribed" // the number has stopped our messages; texting START allows them again
	ReasonNumber       Reason = "number"       // the number takes no messages: a landline, or refused by the carrier
	ReasonRestricted   Reason = "restricted"   // the organization does not allow the factor
)

// Scope is what CodeLocked locks.
type Scope string

// The scopes of StateLocked.
const (
	ScopeSession Scope = "session" // this session: a new passcode does not lift it
	ScopeMember  Scope = "member"  // the member: it may also keep them from signing in
)

// Page is everything that a page shows. It holds no token, no passcode but the
// one that was just typed, and no phone number beyond its last digits.
type Page struct {
	State  State
	Status int // HTTP status to answer with
	Code   Code

	Method Method   // that the page asks for or is about; "" = none
	Others []Method // in StateAsk, StateCode and StateUndeliverable: what the member can use instead, the strongest first
	Login  bool     // the page completes a sign-in, and Policy is ""

	Language string // BCP 47 tag of a language that the texts exist in
	Action   string // what is being approved, in the app's words; "" = not said

	PhoneEnding string    // last digits of the number that was texted or will be; "" = unknown
	Now         time.Time // the server's time
	ExpiresAt   time.Time // when the newest passcode stops working; zero = unknown
	ResendAt    time.Time // when a new one may be asked for; zero or past = now
	RetryAt     time.Time // when to try again; zero = unknown

	AttemptsLeft int    // after CodeIncorrect: passcodes that may still be tried
	Superseded   bool   // after CodeIncorrect: an older message may have been used
	Reason       Reason // in StateUndeliverable
	Scope        Scope  // in StateLocked
	Entered      string // what the member typed, shown again because nobody judged it

	Setup          *Setup   // in StateAuthenticator: the app to be set up; nil = it is offered. In StateUnavailable: tried again
	Addable        []Method // in StatePhone and StateAuthenticator: what can be added instead
	RecoveryCodes  []string // in StateContinue: to be written down; they are not shown again
	RecoveryRemain *int     // in StateContinue: after a recovery code, how many are left; nil = not known

	// Hidden fields of every form on the page.
	Session string // names the session that the page is for, as opaque text
	Policy  string // name of the policy
	Next    string // where to go afterwards: a path of this origin
	Bound   string // the action that the passcode will approve, as opaque text; "" = none

	FormLost bool  // a request body could not be kept: said before the passcode is typed
	Form     *Form // the request that waits for the step-up; nil = none

	Verify      string // where the page is and passcodes go; "" = Base
	Base        string // other forms go to Base+"send", "use", "cancel", "phone", "authenticator"
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

// Setup is an authenticator app that is being set up. All of it is secret.
type Setup struct {
	Secret string // to be typed into the app, in base32
	URI    string // the same as an otpauth URI
	QR     string // the same as a QR code: an SVG element, put into the page as it is
	Sealed string // for the hidden field "setup"; opaque
}

// FormValue is one field of a form.
type FormValue struct {
	Name, Value string
}
