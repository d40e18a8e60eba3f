// Calls that register an authenticator app and check its codes. The call that
// removes a registration is in members.go.

package stytch

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
)

// CreateTOTPRequest is the body of POST /v1/b2b/totp.
type CreateTOTPRequest struct {
	OrganizationID string `json:"organization_id"` // required; an id, slug or external id
	MemberID       string `json:"member_id"`       // required; an id or external id

	// ExpirationMinutes is how long the member has to prove the registration
	// with a first code, 5 to 1440 (a day). 0 = omitted: the service uses 60.
	ExpirationMinutes int `json:"expiration_minutes,omitempty"`

	// At most one of these may be set; it must be the member's. If the member
	// has an active second factor, the service requires one that holds the
	// factor, so always pass one if you can.
	IntermediateSessionToken string `json:"intermediate_session_token,omitempty"`
	SessionToken             string `json:"session_token,omitempty"`
	SessionJWT               string `json:"session_jwt,omitempty"`
}

// CreateTOTPResponse is the answer to a [CreateTOTPRequest]. fmt and log/slog
// print only its ids: with Secret, QRCode or one of RecoveryCodes, anybody can
// be the member's second factor.
type CreateTOTPResponse struct {
	RequestID          string `json:"request_id"`
	StatusCode         int    `json:"status_code"`
	MemberID           string `json:"member_id"`
	TOTPRegistrationID string `json:"totp_registration_id"`

	// Secret is what the member can type into an app that cannot scan.
	Secret string `json:"secret"`

	// QRCode is an image of the secret in base64. Whether it begins with
	// "data:image/png;base64," is not documented for this endpoint; in examples
	// of the consumer API it does.
	QRCode string `json:"qr_code"`

	// RecoveryCodes can be used in place of the app, each once. See
	// [Client.Recover].
	RecoveryCodes []string `json:"recovery_codes"`

	Member       Member       `json:"member"`
	Organization Organization `json:"organization"`
}

// AuthenticateTOTPRequest is the body of POST /v1/b2b/totp/authenticate. What
// [AuthenticateSMSRequest] says of its fields holds here too, but for Code and
// SetDefaultMFA.
type AuthenticateTOTPRequest struct {
	OrganizationID string `json:"organization_id"` // required; an id, slug or external id
	MemberID       string `json:"member_id"`       // required; an id or external id
	Code           string `json:"code"`            // required; the six ASCII digits that the app shows

	// Exactly one of these must be set.
	IntermediateSessionToken string `json:"intermediate_session_token,omitempty"`
	SessionToken             string `json:"session_token,omitempty"`
	SessionJWT               string `json:"session_jwt,omitempty"`

	// SessionDurationMinutes is 5 to 527040 (366 days). 0 = omitted: the
	// service then uses 60, which may shorten a longer session.
	SessionDurationMinutes int `json:"session_duration_minutes,omitempty"`

	// SessionCustomClaims are merged into the session's claims. Empty =
	// unchanged.
	SessionCustomClaims map[string]any `json:"session_custom_claims,omitempty"`

	// SetMFAEnrollment is "enroll" or "unenroll". "" = unchanged.
	SetMFAEnrollment string `json:"set_mfa_enrollment,omitempty"`

	// SetDefaultMFA, if true, makes TOTP the member's default second factor.
	// The first MFA flow that a member completes does so by itself. What false
	// does is not documented. nil = omitted.
	SetDefaultMFA *bool `json:"set_default_mfa,omitempty"`

	// TelemetryID is a device fingerprint. "" = none.
	TelemetryID string `json:"telemetry_id,omitempty"`
}

// AuthenticateTOTPResponse is the answer to an [AuthenticateTOTPRequest]. fmt
// and log/slog print only its ids.
type AuthenticateTOTPResponse struct {
	Authenticated
	MemberID     string      `json:"member_id"`
	MemberDevice *DeviceInfo `json:"member_device"` // nil without a TelemetryID
}

// MigrateTOTPRequest is the body of POST /v1/b2b/totp/migrate.
type MigrateTOTPRequest struct {
	OrganizationID string `json:"organization_id"` // required; an id, slug or external id
	MemberID       string `json:"member_id"`       // required; an id or external id

	// Secret is the one that the member's app has. Its encoding is not
	// documented. Required.
	Secret string `json:"secret"`

	// RecoveryCodes are those that the member has, each 1 to 128 printable
	// ASCII characters. Empty = the service makes new ones.
	RecoveryCodes []string `json:"recovery_codes,omitempty"`
}

// MigrateTOTPResponse is the answer to a [MigrateTOTPRequest]. fmt and log/slog
// print only its ids.
type MigrateTOTPResponse struct {
	RequestID          string       `json:"request_id"`
	StatusCode         int          `json:"status_code"`
	MemberID           string       `json:"member_id"`
	TOTPRegistrationID string       `json:"totp_registration_id"`
	RecoveryCodes      []string     `json:"recovery_codes"`
	Member             Member       `json:"member"`
	Organization       Organization `json:"organization"`
}

// CreateTOTP registers an authenticator app for a member. It counts as a factor
// once AuthenticateTOTP has seen a code of it. A member can have one; to
// replace it, call DeleteTOTP first.
//
// Its errors are those of the package comment. Unless an error wraps
// [ErrRequest] or [ErrNotSent] or is an [*APIError] with a status of 4xx, the
// member may have a registration whose secret nobody knows.
func (c *Client) CreateTOTP(ctx context.Context, req CreateTOTPRequest) (*CreateTOTPResponse, error) {
	const name = "totp"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp CreateTOTPResponse
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/totp", req}, &resp)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

// AuthenticateTOTP checks a code of the member's authenticator app. On success
// the session has a fresh TOTP factor and the registration counts.
//
// Its errors are those of the package comment. Unless an error wraps
// [ErrRequest] or [ErrNotSent] or is an [*APIError] with a status of 4xx, the
// factor may have been added; AuthenticateSession tells.
func (c *Client) AuthenticateTOTP(ctx context.Context, req AuthenticateTOTPRequest) (*AuthenticateTOTPResponse, error) {
	const name = "totp/authenticate"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp AuthenticateTOTPResponse
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/totp/authenticate", req}, &resp)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

// MigrateTOTP brings the authenticator app of a member from another service, so
// that the member need not register it again.
//
// Its errors are those of the package comment.
func (c *Client) MigrateTOTP(ctx context.Context, req MigrateTOTPRequest) (*MigrateTOTPResponse, error) {
	const name = "totp/migrate"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp MigrateTOTPResponse
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/totp/migrate", req}, &resp)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

func (r CreateTOTPRequest) check() error {
	return cmp.Or(
		requireID("OrganizationID", r.OrganizationID),
		requireID("MemberID", r.MemberID),
		checkMinutes("ExpirationMinutes", r.ExpirationMinutes, maxTOTPMinutes),
		requireAtMostOne(sessionInputs, r.IntermediateSessionToken, r.SessionToken, r.SessionJWT),
	)
}

// check is that of the SMS call. The conversion compiles only as long as the
// fields are the same.
func (r AuthenticateTOTPRequest) check() error { return AuthenticateSMSRequest(r).check() }

func (r MigrateTOTPRequest) check() error {
	for i, code := range r.RecoveryCodes {
		if err := checkRecoveryCode(fmt.Sprintf("RecoveryCodes[%d]", i), code); err != nil {
			return err
		}
	}
	return cmp.Or(
		requireID("OrganizationID", r.OrganizationID),
		requireID("MemberID", r.MemberID),
		requireID("Secret", r.Secret),
	)
}

// missing does not ask for the QR code and the recovery codes: the secret alone
// is of use, and cannot be had again.
func (r *CreateTOTPResponse) missing() string {
	switch {
	case r.TOTPRegistrationID == "":
		return "totp_registration_id"
	case r.Secret == "":
		return "secret"
	}
	return missingMember(r.RequestID, r.MemberID, r.Member, r.Organization)
}

func (r *AuthenticateTOTPResponse) missing() string {
	return r.Authenticated.missing(r.MemberID)
}

func (r *MigrateTOTPResponse) missing() string {
	if r.TOTPRegistrationID == "" {
		return "totp_registration_id"
	}
	return missingMember(r.RequestID, r.MemberID, r.Member, r.Organization)
}
