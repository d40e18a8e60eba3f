// Calls that use, read and replace a member's recovery codes.

package stytch

import (
	"cmp"
	"context"
	"net/http"
)

// RecoverRequest is the body of POST /v1/b2b/recovery_codes/recover.
type RecoverRequest struct {
	OrganizationID string `json:"organization_id"` // required; an id, slug or external id
	MemberID       string `json:"member_id"`       // required; an id or external id

	// RecoveryCode is one of the member's. Its format is not documented: 1 to
	// 128 printable ASCII characters are sent as they are. Required.
	RecoveryCode string `json:"recovery_code"`

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

	// SessionCustomClaims are merged into the session's claims, as in an
	// [AuthenticateSMSRequest]. Empty = unchanged.
	SessionCustomClaims map[string]any `json:"session_custom_claims,omitempty"`

	// TelemetryID is a device fingerprint, which makes the answer include a
	// MemberDevice. "" = none.
	TelemetryID string `json:"telemetry_id,omitempty"`
}

// RecoverResponse is the answer to a [RecoverRequest]. fmt and log/slog print
// only its ids.
type RecoverResponse struct {
	Authenticated
	MemberID               string      `json:"member_id"`
	RecoveryCodesRemaining int         `json:"recovery_codes_remaining"`
	MemberDevice           *DeviceInfo `json:"member_device"` // nil without a TelemetryID
}

// RecoveryCodesRequest names the member whose recovery codes to read.
type RecoveryCodesRequest struct {
	OrganizationID string // required; an id, slug or external id
	MemberID       string // required; an id or external id
}

// RotateRecoveryCodesRequest is the body of POST
// /v1/b2b/recovery_codes/rotate.
type RotateRecoveryCodesRequest struct {
	OrganizationID string `json:"organization_id"` // required; an id, slug or external id
	MemberID       string `json:"member_id"`       // required; an id or external id
}

// RecoveryCodesResponse is the answer to a [RecoveryCodesRequest] and to a
// [RotateRecoveryCodesRequest], the latter with the new codes. fmt and log/slog
// print only its ids.
type RecoveryCodesResponse struct {
	RequestID     string       `json:"request_id"`
	StatusCode    int          `json:"status_code"`
	MemberID      string       `json:"member_id"`
	RecoveryCodes []string     `json:"recovery_codes"` // those not yet used
	Member        Member       `json:"member"`
	Organization  Organization `json:"organization"`
}

// rotated is the answer with new codes.
type rotated RecoveryCodesResponse

// Recover checks a recovery code in place of a code of the authenticator app.
// On success the session has a fresh recovery code factor, and the code is used
// up.
//
// Its errors are those of the package comment. Unless an error wraps
// [ErrRequest] or [ErrNotSent] or is an [*APIError] with a status of 4xx, the
// code may be used up and the factor may have been added; AuthenticateSession
// tells.
func (c *Client) Recover(ctx context.Context, req RecoverRequest) (*RecoverResponse, error) {
	const name = "recovery_codes/recover"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp RecoverResponse
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/recovery_codes/recover", req}, &resp)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

// RecoveryCodes reads the recovery codes that a member has left
// (GET /v1/b2b/recovery_codes/{organization_id}/{member_id}). It may be
// repeated.
//
// Its errors are those of the package comment.
func (c *Client) RecoveryCodes(ctx context.Context, req RecoveryCodesRequest) (*RecoveryCodesResponse, error) {
	const name = "recovery_codes"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	path := pathf("/v1/b2b/recovery_codes/%s/%s", req.OrganizationID, req.MemberID)
	var resp RecoveryCodesResponse
	if err := c.do(ctx, call{name, http.MethodGet, path, nil}, &resp); err != nil {
		return nil, err
	}
	return &resp, nil
}

// RotateRecoveryCodes replaces all recovery codes of a member with new ones.
//
// Its errors are those of the package comment. Unless an error wraps
// [ErrRequest] or [ErrNotSent] or is an [*APIError] with a status of 4xx, the
// codes that the member has may be void; RecoveryCodes tells the present ones.
func (c *Client) RotateRecoveryCodes(ctx context.Context, req RotateRecoveryCodesRequest) (*RecoveryCodesResponse, error) {
	const name = "recovery_codes/rotate"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp rotated
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/recovery_codes/rotate", req}, &resp)
	if err != nil {
		return nil, err
	}
	return (*RecoveryCodesResponse)(&resp), nil
}

func (r RecoverRequest) check() error {
	return cmp.Or(
		requireID("OrganizationID", r.OrganizationID),
		requireID("MemberID", r.MemberID),
		checkRecoveryCode("RecoveryCode", r.RecoveryCode),
		requireOne(sessionInputs, r.IntermediateSessionToken, r.SessionToken, r.SessionJWT),
		checkDuration(r.SessionDurationMinutes),
		checkClaims(r.SessionCustomClaims),
	)
}

func (r RecoveryCodesRequest) check() error {
	return cmp.Or(
		requirePathID("OrganizationID", r.OrganizationID),
		requirePathID("MemberID", r.MemberID),
	)
}

func (r RotateRecoveryCodesRequest) check() error {
	return cmp.Or(
		requireID("OrganizationID", r.OrganizationID),
		requireID("MemberID", r.MemberID),
	)
}

func (r *RecoverResponse) missing() string {
	return r.Authenticated.missing(r.MemberID)
}

// missing does not ask for codes: all may have been used.
func (r *RecoveryCodesResponse) missing() string {
	return missingMember(r.RequestID, r.MemberID, r.Member, r.Organization)
}

func (r *rotated) missing() string {
	if len(r.RecoveryCodes) == 0 {
		return "recovery_codes"
	}
	return (*RecoveryCodesResponse)(r).missing()
}
