package stepup

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// document is the JSON answer: problem details (RFC 9457) with a status of 400
// or more, the same members without them below.
type document struct {
	Type   string `json:"type,omitempty"`
	Title  string `json:"title,omitempty"`
	Status int    `json:"status,omitempty"`
	Code   string `json:"code"`

	Policy        string     `json:"policy,omitempty"`
	MaxAge        int64      `json:"max_age,omitempty"` // seconds
	ElevatedUntil *time.Time `json:"elevated_until,omitempty"`
	Challenge     *challenge `json:"challenge"`       // null: no message is known to have been sent
	Retry         bool       `json:"retry,omitempty"` // the same request will succeed now

	AttemptsLeft *int   `json:"attempts_left,omitempty"`
	Superseded   bool   `json:"superseded,omitempty"`
	Reason       string `json:"reason,omitempty"`
	Scope        string `json:"scope,omitempty"`
	RetryAfter   int64  `json:"retry_after,omitempty"` // seconds

	SessionJWT string `json:"session_jwt,omitempty"` // bearer clients only
	Links      *links `json:"links,omitempty"`
}

// challenge is the message that waits for its code.
type challenge struct {
	PhoneEnding string `json:"phone_ending,omitempty"`
	ExpiresIn   int64  `json:"expires_in"` // seconds
	ResendIn    int64  `json:"resend_in"`  // seconds
}

type links struct {
	Send   string `json:"send"`            // POST {"policy": …} for a message
	Verify string `json:"verify"`          // POST {"policy": …, "code": …}
	Status string `json:"status"`          // GET, changes nothing
	Page   string `json:"page"`            // for people
	Phone  string `json:"phone,omitempty"` // POST {"policy": …, "phone": …}, where a number may be added
}

// writeJSON answers a program.
func (g *Guard) writeJSON(w http.ResponseWriter, a answer) {
	h := w.Header()
	keepOutOfCaches(h)
	h.Set("X-Content-Type-Options", "nosniff")
	setAuthenticate(h, a)
	status := a.httpStatus()
	kind := "application/json"
	if status >= 400 {
		kind = "application/problem+json"
	}
	h.Set("Content-Type", kind)
	setRetryAfter(h, a.retryAfter)
	body, err := json.Marshal(g.document(a, status))
	if err != nil { // unreachable: the document is of strings and numbers
		status, body = http.StatusInternalServerError, nil
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

func (g *Guard) document(a answer, status int) document {
	d := document{
		Code: a.code, Superseded: a.superseded, Reason: a.reason, Scope: a.scope,
		Retry: a.again, RetryAfter: seconds(a.retryAfter), SessionJWT: a.jwt,
	}
	if status >= 400 {
		d.Type, d.Title, d.Status = "urn:rung:problem:"+a.code, a.title(), status
	}
	if a.code == CodeIncorrect {
		d.AttemptsLeft = &a.attemptsLeft
	}
	if !a.until.IsZero() {
		until := a.until.UTC().Truncate(time.Second)
		d.ElevatedUntil = &until
	}
	if !a.expiresAt.IsZero() {
		d.Challenge = &challenge{
			PhoneEnding: a.ending,
			ExpiresIn:   max(0, seconds(time.Until(a.expiresAt))),
			ResendIn:    max(0, seconds(time.Until(a.resendAt))),
		}
	}
	if a.policy != nil {
		d.Policy, d.MaxAge = a.policy.Name, seconds(a.policy.MaxAge)
		d.Links = &links{
			Send: g.verifyPath + "send", Verify: g.verifyPath,
			Status: g.verifyPath + "status?" + url.Values{"policy": {a.policy.Name}}.Encode(),
			Page:   g.pageURL(a.policy.Name, a.next),
		}
		if a.state() == StatePhone {
			d.Links.Phone = g.verifyPath + "phone"
		}
	}
	return d
}

// setAuthenticate sets the WWW-Authenticate field, which every 401 has (RFC
// 9110, 15.5.2): that of RFC 9470, 3 where a step-up is missing, and of RFC
// 6750, 3.1 where the session is.
func setAuthenticate(h http.Header, a answer) {
	if a.httpStatus() != http.StatusUnauthorized {
		return
	}
	switch {
	case a.code == CodeSessionExpired:
		h.Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="The session has ended"`)
	case a.code == CodeSessionRequired || a.policy == nil:
		h.Set("WWW-Authenticate", "Bearer")
	default:
		h.Set("WWW-Authenticate", `Bearer error="insufficient_user_authentication", error_description="A more recent second factor is required", max_age="`+
			strconv.FormatInt(seconds(a.policy.MaxAge), 10)+`"`)
	}
}

func (a answer) title() string {
	switch a.code {
	case CodeStepUpRequired:
		return "A recent second factor is required"
	case CodeSessionRequired:
		return "Sign in first"
	case CodeSessionExpired:
		return "The session has ended"
	case CodeSessionConflict:
		return "The request carries two different sessions"
	case CodeIncorrect:
		return "The code is not right"
	case CodeMalformed:
		return "The code must be the six digits of the message"
	case CodeExpired:
		return "The code has expired or was used"
	case CodeLocked:
		return "Too many wrong codes"
	case CodeResendCooldown:
		return "Too many messages"
	case CodeDeliveryUnavailable:
		return "This number can not be texted"
	case CodeEnrolmentRequired:
		return "Add a phone number first"
	case CodePhoneInvalid:
		return "The phone number is not one with a country code"
	case CodePhoneUnavailable:
		return "This number can not be used"
	case CodeFactorNotEnrolled:
		return "No verified phone number"
	case CodeProviderUnavailable:
		return "Verification is not available at the moment"
	case CodeMemberMismatch:
		return "The request was made for another session"
	case CodeImpersonation:
		return "Not available in an impersonated session"
	case CodeCrossOrigin:
		return "The request came from another site"
	case CodeBadRequest:
		return "The request could not be read"
	case CodeUnknownPolicy:
		return "No such policy"
	}
	return "The app is not set up correctly"
}

// keepOutOfCaches is for every answer of ours: they are about one member at
// one moment, and negotiated. What the app varies by stays.
func keepOutOfCaches(h http.Header) {
	h.Set("Cache-Control", "no-store")
	for _, name := range []string{"Accept", "Authorization", "Content-Type", "Cookie", "HX-Request", "Sec-Fetch-Dest", "Sec-Fetch-Mode"} {
		if !slices.Contains(h["Vary"], name) {
			h.Add("Vary", name)
		}
	}
}

func setRetryAfter(h http.Header, d time.Duration) {
	if d > 0 {
		h.Set("Retry-After", strconv.FormatInt(seconds(d), 10))
	}
}

// seconds rounds up: who comes back a moment too early is refused again.
func seconds(d time.Duration) int64 {
	return int64((d + time.Second - 1) / time.Second)
}
