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

	// MFAPhoneNumber is for a member without a phone number, who thereby gets
	// this one: whoever chooses it receives the codes. E.164, such as
	// +14155550100. "" = the number on file.
	MFAPhoneNumber jwks.PhoneNumber `json:"-"`

	// Locale is the language of the message: en, es, pt-br, fr and others.
	// "" = en.
	Locale string `json:"locale,omitempty"`

	// At most one of these may be set. The service demands one from a member
	// who has an active second factor, so it is best always to pass it.
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

	// Exactly one of these must be set. The first completes a login and is
	// used up by it; the others get the factor added to their session.
	IntermediateSessionToken string `json:"intermediate_session_token,omitempty"`
	SessionToken             string `json:"session_token,omitempty"`
	SessionJWT               string `json:"session_jwt,omitempty"`

	// SessionDurationMinutes makes the session end this many minutes from
	// now; 5 to 527040 (366 days). 0 = omitted, which the service takes for
	// 60 and which may shorten a longer session.
	SessionDurationMinutes int `json:"session_duration_minutes,omitempty"`

	// SessionCustomClaims are merged into the claims of the session, at most
	// 4 KiB encoded. A nil value deletes the claim of its name. Empty =
	// unchanged.
	SessionCustomClaims map[string]any `json:"session_custom_claims,omitempty"`

	// SetMFAEnrollment is "enroll" or "unenroll"; the service ignores it where
	// the organization requires MFA of everybody. "" = unchanged.
	SetMFAEnrollment string `json:"set_mfa_enrollment,omitempty"`

	// SetDefaultMFA makes SMS the member's default second factor. nil =
	// omitted.
	SetDefaultMFA *bool `json:"set_default_mfa,omitempty"`

	// TelemetryID is a device fingerprint; with it the answer has a
	// MemberDevice. "" = none.
	TelemetryID string `json:"telemetry_id,omitempty"`
}

// AuthenticateSMSResponse is the answer to an [AuthenticateSMSRequest]. fmt
// and log/slog print its ids only.
type AuthenticateSMSResponse struct {
	Authenticated
	MemberID     string      `json:"member_id"`
	MemberDevice *DeviceInfo `json:"member_device"` // nil without a TelemetryID
}

// SendSMS sends the member a code of six digits that is good for two minutes.
// It voids any code sent before. A member who has no phone number and is
// given MFAPhoneNumber has that number from then on.
//
// Errors are those of the package comment. Unless one wraps [ErrRequest] or
// [ErrNotSent] or is an [*APIError] with a status of 4xx, a message may be on
// its way.
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

// AuthenticateSMS checks a code. On success the SMS factor of the session is
// as of now, the member's phone number counts as verified, and the code is
// used up.
//
// Errors are those of the package comment. A wrong code is an [*APIError] of
// Type otp_code_not_found, a used or expired one unable_to_auth_otp_code.
// Unless an error wraps [ErrRequest] or [ErrNotSent] or is an [*APIError] with
// a status of 4xx, the factor may have been added: AuthenticateSession tells.
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

// wire returns the body to send. A PhoneNumber encodes itself masked, so the
// one place that needs the real digits has to ask for them.
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
