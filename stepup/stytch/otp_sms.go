// Calls that send an SMS code and check one.

package stytch

import (
	"cmp"
	"context"
	"net/http"

	"github.com/rungauth/rung/jwks"
)

// SendSMSRequest is the body of POST /v1/b2b/otps/sms/send.
type SendSMSRequest struct {
	OrganizationID string `json:"organization_id"` // required; an id, slug or external id
	MemberID       string `json:"member_id"`       // required; an id or external id

	// MFAPhoneNumber becomes the phone number of a member who has none, in
	// E.164 such as +14155550100. Whoever chooses it receives the codes.
	// "" = the number on file.
	MFAPhoneNumber jwks.PhoneNumber `json:"-"`

	// Locale is the language of the message: en, es, pt-br, fr and others.
	// "" = en.
	Locale string `json:"locale,omitempty"`

	// At most one of these may be set. The service requires one for a member
	// who has an active second factor, so always pass one if you can.
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
	OrganizationID string `json:"organization_id"` // required; an id, slug or external id
	MemberID       string `json:"member_id"`       // required; an id or external id
	Code           string `json:"code"`            // required; six ASCII digits

	// Exactly one of these must be set. An intermediate session token
	// completes a login and is used up by it. A session token or JWT adds the
	// factor to its session.
	IntermediateSessionToken string `json:"intermediate_session_token,omitempty"`
	SessionToken             string `json:"session_token,omitempty"`
	SessionJWT               string `json:"session_jwt,omitempty"`

	// SessionDurationMinutes makes the session end this many minutes from
	// now, 5 to 527040 (366 days). 0 = omitted: the service then uses 60,
	// which may shorten a longer session.
	SessionDurationMinutes int `json:"session_duration_minutes,omitempty"`

	// SessionCustomClaims are merged into the session's claims, at most 4 KiB
	// encoded. A nil value deletes the claim. Empty = unchanged.
	SessionCustomClaims map[string]any `json:"session_custom_claims,omitempty"`

	// SetMFAEnrollment is "enroll" or "unenroll". The service ignores it if the
	// organization requires MFA of everybody. "" = unchanged.
	SetMFAEnrollment string `json:"set_mfa_enrollment,omitempty"`

	// SetDefaultMFA makes SMS the member's default second factor. nil =
	// omitted.
	SetDefaultMFA *bool `json:"set_default_mfa,omitempty"`

	// TelemetryID is a device fingerprint, which makes the answer include a
	// MemberDevice. "" = none.
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
		requireAtMostOne("IntermediateSessionToken, SessionToken and SessionJWT",
			r.IntermediateSessionToken, r.SessionToken, r.SessionJWT),
	)
}

// wire returns the body to send. A PhoneNumber encodes masked, so this one place
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
		requireOne("IntermediateSessionToken, SessionToken and SessionJWT",
			r.IntermediateSessionToken, r.SessionToken, r.SessionJWT),
		checkMinutes(r.SessionDurationMinutes),
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
