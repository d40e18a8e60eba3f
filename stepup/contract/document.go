// The JSON answer to a program. stepup/document.go makes it of a reply.

package contract

import "time"

// Document is the JSON answer to a program. With a status of 400 or more it is
// a problem details object (RFC 9457, application/problem+json); below, it has
// the same members without Type, Title and Status.
type Document struct {
	Type   string `json:"type,omitzero"` // "urn:rung:problem:" and the code
	Title  string `json:"title,omitzero"`
	Status int    `json:"status,omitzero"` // HTTP
	Code   Code   `json:"code"`

	Policy        string     `json:"policy,omitzero"`         // its name
	MaxAge        int64      `json:"max_age,omitzero"`        // the shortest of the policy, in seconds
	Unmet         []Unmet    `json:"unmet,omitempty"`         // what the policy asks for and the session lacks
	Method        Method     `json:"method,omitzero"`         // that the answer is about
	Methods       []Method   `json:"methods,omitempty"`       // that the member can step up with, the strongest first
	ElevatedUntil *time.Time `json:"elevated_until,omitzero"` // nil = the policy is not satisfied
	Challenge     *Challenge `json:"challenge"`               // nil = no message is known to have been sent
	Retry         bool       `json:"retry,omitzero"`          // the same request will succeed now

	AttemptsLeft *int   `json:"attempts_left,omitzero"` // after CodeIncorrect; nil = not known
	Superseded   bool   `json:"superseded,omitzero"`    // after CodeIncorrect: an older message may have been used
	Reason       Reason `json:"reason,omitzero"`
	Scope        Scope  `json:"scope,omitzero"`
	RetryAfter   int64  `json:"retry_after,omitzero"` // in seconds; 0 = not known

	SessionJWT   string `json:"session_jwt,omitzero"`   // bearer clients only
	SessionToken string `json:"session_token,omitzero"` // bearer clients only, after a login
	Login        string `json:"login,omitzero"`         // bearer clients only: the login that lacks its second factor, opaque
	Bound        string `json:"bound,omitzero"`         // the action that a passcode will approve, opaque: sent back with it

	Setup          *SetupDocument `json:"setup,omitempty"`                    // nil = no authenticator app is being set up
	RecoveryCodes  []string       `json:"recovery_codes,omitempty"`           // to be written down; they are not returned again
	RecoveryRemain *int           `json:"recovery_codes_remaining,omitempty"` // after a recovery code; nil = not known

	Links *Links `json:"links,omitzero"` // nil = no policy is at stake
}

// Unmet is one requirement of a policy that the session does not meet. Any one
// of the proofs meets it.
type Unmet struct {
	State UnmetState `json:"state"`
	AnyOf []Proof    `json:"any_of"`
}

// UnmetState is why a requirement is not met.
type UnmetState string

// The states of a requirement that is not met.
const (
	UnmetMissing UnmetState = "missing" // never proved in this session
	UnmetExpired UnmetState = "expired" // proved, but too long ago
)

// Proof is a factor and how old its proof may be. The Method of a primary
// factor is "primary".
type Proof struct {
	Method Method `json:"method"`
	MaxAge int64  `json:"max_age"` // in seconds
}

// SetupDocument is an authenticator app that is being set up.
type SetupDocument struct {
	Secret string `json:"secret"` // in base32
	URI    string `json:"uri"`    // otpauth
	Sealed string `json:"sealed"` // sent back with the first passcode, as "setup"
}

// Challenge is the message that waits for its passcode.
type Challenge struct {
	PhoneEnding string `json:"phone_ending,omitzero"`
	ExpiresIn   int64  `json:"expires_in"` // in seconds; 0 = the passcode no longer works
	ResendIn    int64  `json:"resend_in"`  // in seconds; 0 = now
}

// Links are where a program goes next: paths of the origin that was asked.
type Links struct {
	Send   string `json:"send"`             // POST {"policy": …} for a message
	Verify string `json:"verify"`           // POST {"policy": …, "code": …}, with "bound" if there is one
	Status string `json:"status"`           // GET, changes nothing
	Page   string `json:"page"`             // for people
	SignIn string `json:"sign_in,omitzero"` // for people, where a primary factor is missing or too old

	Phone         string `json:"phone,omitzero"`         // POST {"policy": …, "phone": …}, where a number may be added
	Authenticator string `json:"authenticator,omitzero"` // POST {"policy": …}, where an authenticator app may be added
}
