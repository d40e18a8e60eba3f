// The page that a browser is answered with. stepup/page.go makes it of a reply,
// and internal/pages or Config.Render shows it.

package contract

import "time"

// State is what a page asks of the member or tells them.
type State string

// The states of the verify pages. Every answer to a browser that is not a
// redirect is a page in one of them.
const (
	// StateAsk offers to send a passcode. None is known to be on its way; one
	// that the member already has can be typed too.
	StateAsk State = "ask"
	// StateCode asks for the passcode. Page.Code says whether it is asked for
	// the first time (CodeChallengePending), after a new message (CodeResent),
	// after a passcode that was refused (CodeIncorrect, CodeMalformed,
	// CodeExpired) or after a message that was refused (CodeResendCooldown).
	StateCode State = "code"
	// StateLocked says that there were too many wrong passcodes.
	StateLocked State = "locked"
	// StateUndeliverable says that the member cannot be sent a passcode, and
	// why (Page.Reason).
	StateUndeliverable State = "undeliverable"
	// StateNoPhone says that the member has no verified phone number.
	StateNoPhone State = "no_phone"
	// StatePhone asks for a phone number. Page.Code says whether the one
	// before was refused (CodePhoneInvalid, CodePhoneUnavailable), or the
	// message to it (CodeResendCooldown).
	StatePhone State = "phone"
	// StateUnavailable says that nobody can be verified at the moment.
	StateUnavailable State = "unavailable"
	// StateSignedOut says that the session has ended, where a redirect to the
	// sign-in page is not possible.
	StateSignedOut State = "signed_out"
	// StateOtherMember says that the page was made for another session than
	// the one that is signed in now.
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
	// StateBadRequest refuses a request that the handler cannot read.
	StateBadRequest State = "bad_request"
	// StateFailed says that the app is set up wrongly: its own fault, not the
	// member's.
	StateFailed State = "failed"
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

	// Hidden fields of every form on the page.
	Session string // names the session that the page is for, as opaque text
	Policy  string // name of the policy
	Next    string // where to go afterwards: a path of this origin

	FormLost bool  // a request body could not be kept: said before the passcode is typed
	Form     *Form // the request that waits for the step-up; nil = none

	Base        string // VerifyPath: forms go to Base (passcode), Base+"send", Base+"cancel", Base+"phone"
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
