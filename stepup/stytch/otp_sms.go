// Calls that send an SMS code and check one.

package stytch

import (
	"cmp"
	"context"
	"net/http"

	"github.com/rungauth/rung/jwks"
)

// SendSMSRequest is the body of POST /v1/b2b/otps/sms/send. The endpoint takes
// nothing else: no lifetime, no text and no sender.
type SendSMSRequest struct {
	// OrganizationID is the member's organization: an id, slug or external id.
	// Required.
	OrganizationID string `json:"organization_id"`

	// MemberID is the member to send a code to: an id or external id. Required.
	MemberID string `json:"member_id"`

	// MFAPhoneNumber becomes the phone number of a member who has none, in
	// E.164 such as +14155550100. Whoever chooses it receives the codes. If the
	// member has a number, the service refuses a different one; the type of
	// that error is not documented. "" = the number on file.
	MFAPhoneNumber jwks.PhoneNumber `json:"-"`

	// Locale is the language of the message, as an IETF BCP 47 tag: en, es,
	// pt-br, fr, it, de-DE, zh-Hans, ca-ES, ja, ru, nl, pl, tr, fa, vi or cs.
	// It is not checked here, because the service adds languages. What the
	// service does with others is not documented, but it has an error of Type
	// invalid_locale. "" = en.
	Locale string `json:"locale,omitempty"`

	// At most one of these may be set: the login that is not complete yet, or
	// the session. It must be the member's. If the member has an active second
	// factor, the service requires one that holds the factor. The documentation
	// does not say whether a session with only the first factor is enough to
	// send to a number on file, so always pass one if you can.
	IntermediateSessionToken string `json:"intermediate_session_token,omitempty"`
	SessionToken             string `json:"session_token,omitempty"`
	SessionJWT               string `json:"session_jwt,omitempty"`
}

// SendSMSResponse is the answer to a [SendSMSRequest].
type SendSMSResponse struct {
	RequestID    string       `json:"request_id"`
	StatusCode   int          `json:"status_code"`
	MemberID     string       `json:"member_id"`
	Member       Member       `json:"member"`
	Organization Organization `json:"organization"`
}

// AuthenticateSMSRequest is the body of POST /v1/b2b/otps/sms/authenticate.
type AuthenticateSMSRequest struct {
	// OrganizationID is the member's organization: an id, slug or external id.
	// Required.
	OrganizationID string `json:"organization_id"`

	// MemberID is the member who was sent the code: an id or external id.
	// Required.
	MemberID string `json:"member_id"`

	// Code is what the member typed: six ASCII digits. It works once, within
	// two minutes, if no other was sent since. Required.
	Code string `json:"code"`

	// Exactly one of these must be set. An intermediate session token, which
	// is valid for ten minutes, completes a login and is used up by it; whether
	// it survives a wrong code is not documented. A session token or JWT adds
	// the factor to its session, or makes the factor there a fresh one.
	IntermediateSessionToken string `json:"intermediate_session_token,omitempty"`
	SessionToken             string `json:"session_token,omitempty"`
	SessionJWT               string `json:"session_jwt,omitempty"`

	// SessionDurationMinutes makes the session end this many minutes from
	// now, 5 to 527040 (366 days); the project may have a lower maximum. 0 =
	// omitted: the service then uses 60. The documentation does not say what
	// becomes of a session that has longer to live, so omit it only with an
	// intermediate session token.
	SessionDurationMinutes int `json:"session_duration_minutes,omitempty"`

	// SessionCustomClaims are merged into the session's claims, at most 4 KiB
	// encoded, without the reserved names: iss, sub, aud, exp, nbf, iat, jti,
	// and those that begin with https://stytch.com/. A nil value deletes the
	// claim. The documentation ties claims to a SessionDurationMinutes, so set
	// both. Empty = unchanged.
	SessionCustomClaims map[string]any `json:"session_custom_claims,omitempty"`

	// SetMFAEnrollment is "enroll" or "unenroll": whether the member needs a
	// second factor for every later login. The service ignores it if the
	// organization requires MFA of everybody, and then enrolls the member by
	// itself. "" = unchanged.
	SetMFAEnrollment string `json:"set_mfa_enrollment,omitempty"`

	// SetDefaultMFA, if true, makes SMS the member's default second factor. The
	// documentation says so for TOTP alone, and adds that the factor of the
	// first MFA flow that a member completes becomes the default by itself.
	// What false does is not documented. nil = omitted.
	SetDefaultMFA *bool `json:"set_default_mfa,omitempty"`

	// TelemetryID is a device fingerprint, for projects that may use them. It
	// makes the answer include a MemberDevice. "" = none.
	TelemetryID string `json:"telemetry_id,omitempty"`
}

// AuthenticateSMSResponse is the answer to an [AuthenticateSMSRequest]. fmt and
// log/slog print only its ids.
type AuthenticateSMSResponse struct {
	Authenticated
	MemberID     string      `json:"member_id"`
	MemberDevice *DeviceInfo `json:"member_device"` // nil without a TelemetryID
}

// SendSMS sends the member a code of six digits that is valid for two minutes.
// It voids any code sent before. If the member has no phone number,
// MFAPhoneNumber becomes it.
//
// Its errors are those of the package comment. Unless an error wraps
// [ErrRequest] or [ErrNotSent] or is an [*APIError] with a status of 4xx, a
// message may be on its way.
func (c *Client) SendSMS(ctx context.Context, req SendSMSRequest) (*SendSMSResponse, error) {
	const name = "otps/sms/send"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp SendSMSResponse
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/otps/sms/send", req.wire()}, &resp)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

// AuthenticateSMS checks a code. On success the session has a fresh SMS factor,
// the member's phone number counts as verified, and the code is used up.
//
// Its errors are those of the package comment. For a wrong code it is an
// [*APIError] of Type otp_code_not_found, for a used or expired one of Type
// unable_to_auth_otp_code. Unless an error wraps [ErrRequest] or [ErrNotSent]
// or is an [*APIError] with a status of 4xx, the factor may have been added;
// AuthenticateSession tells.
func (c *Client) AuthenticateSMS(ctx context.Context, req AuthenticateSMSRequest) (*AuthenticateSMSResponse, error) {
	const name = "otps/sms/authenticate"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp AuthenticateSMSResponse
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/otps/sms/authenticate", req}, &resp)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

func (r SendSMSRequest) check() error {
	return cmp.Or(
		requireID("OrganizationID", r.OrganizationID),
		requireID("MemberID", r.MemberID),
		requireAtMostOne(sessionInputs, r.IntermediateSessionToken, r.SessionToken, r.SessionJWT),
	)
}

// wire returns the body to send. A PhoneNumber encodes masked, so this place
// converts it to get the real digits.
func (r SendSMSRequest) wire() any {
	return struct {
		SendSMSRequest
		MFAPhoneNumber string `json:"mfa_phone_number,omitempty"`
	}{r, string(r.MFAPhoneNumber)}
}

func (r AuthenticateSMSRequest) check() error {
	return cmp.Or(
		requireID("OrganizationID", r.OrganizationID),
		requireID("MemberID", r.MemberID),
		checkCode(r.Code),
		requireOne(sessionInputs, r.IntermediateSessionToken, r.SessionToken, r.SessionJWT),
		checkDuration(r.SessionDurationMinutes),
		checkClaims(r.SessionCustomClaims),
		checkEnrollment(r.SetMFAEnrollment),
	)
}

func (r *SendSMSResponse) missing() string {
	return missingMember(r.RequestID, r.MemberID, r.Member, r.Organization)
}

func (r *AuthenticateSMSResponse) missing() string {
	return r.Authenticated.missing(r.MemberID)
}
