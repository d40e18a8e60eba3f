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
	MaxAge        int64      `json:"max_age,omitzero"`        // of the policy, in seconds
	ElevatedUntil *time.Time `json:"elevated_until,omitzero"` // nil = the policy is not satisfied
	Challenge     *Challenge `json:"challenge"`               // nil = no message is known to have been sent
	Retry         bool       `json:"retry,omitzero"`          // the same request will succeed now

	AttemptsLeft *int   `json:"attempts_left,omitzero"` // after CodeIncorrect; nil = not known
	Superseded   bool   `json:"superseded,omitzero"`    // after CodeIncorrect: an older message may have been used
	Reason       Reason `json:"reason,omitzero"`
	Scope        Scope  `json:"scope,omitzero"`
	RetryAfter   int64  `json:"retry_after,omitzero"` // in seconds; 0 = not known

	SessionJWT string `json:"session_jwt,omitzero"` // bearer clients only
	Links      *Links `json:"links,omitzero"`       // nil = no policy is at stake
}

// Challenge is the message that waits for its passcode.
type Challenge struct {
	PhoneEnding string `json:"phone_ending,omitzero"`
	ExpiresIn   int64  `json:"expires_in"` // in seconds; 0 = the passcode no longer works
	ResendIn    int64  `json:"resend_in"`  // in seconds; 0 = now
}

// Links are where a program goes next: paths of the origin that was asked.
type Links struct {
	Send   string `json:"send"`           // POST {"policy": …} for a message
	Verify string `json:"verify"`         // POST {"policy": …, "code": …}
	Status string `json:"status"`         // GET, changes nothing
	Page   string `json:"page"`           // for people
	Phone  string `json:"phone,omitzero"` // POST {"policy": …, "phone": …}, where a number may be added
}
