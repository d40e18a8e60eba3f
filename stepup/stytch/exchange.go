// Calls that take a session, or the factors of a login that is not complete, to
// an organization.

package stytch

import (
	"cmp"
	"context"
	"net/http"
)

// ExchangeSessionRequest is the body of POST /v1/b2b/sessions/exchange.
type ExchangeSessionRequest struct {
	OrganizationID string `json:"organization_id"` // required; the one to switch to: an id, slug or external id

	// Exactly one of these must be set.
	SessionToken string `json:"session_token,omitempty"`
	SessionJWT   string `json:"session_jwt,omitempty"`

	// SessionDurationMinutes makes the session end this many minutes from
	// now, 5 to 527040 (366 days). The service ignores it if a factor is
	// missing. 0 = omitted: the service then uses 60.
	SessionDurationMinutes int `json:"session_duration_minutes,omitempty"`

	// SessionCustomClaims are merged into the session's claims, as in an
	// [AuthenticateSMSRequest]. The service ignores them if a factor is
	// missing. Empty = unchanged.
	SessionCustomClaims map[string]any `json:"session_custom_claims,omitempty"`

	// Locale is the language of the message that the service sends by itself
	// if the member has to show a second factor and has a phone number. "" = en.
	Locale string `json:"locale,omitempty"`

	// TelemetryID is a device fingerprint, which makes the answer include a
	// MemberDevice. "" = none.
	TelemetryID string `json:"telemetry_id,omitempty"`
}

// ExchangeSessionResponse is the answer to an [ExchangeSessionRequest]. fmt and
// log/slog print only its ids.
type ExchangeSessionResponse struct{ PrimaryAuthenticated }

// ExchangeIntermediateSessionRequest is the body of POST
// /v1/b2b/discovery/intermediate_sessions/exchange.
type ExchangeIntermediateSessionRequest struct {
	IntermediateSessionToken string `json:"intermediate_session_token"` // required
	OrganizationID           string `json:"organization_id"`            // required; the one to log in to: an id, slug or external id

	// SessionDurationMinutes makes the session end this many minutes from
	// now, 5 to 527040 (366 days). 0 = omitted: the service then uses 60.
	SessionDurationMinutes int `json:"session_duration_minutes,omitempty"`

	// SessionCustomClaims are set on the session, as in an
	// [AuthenticateSMSRequest]. Empty = none.
	SessionCustomClaims map[string]any `json:"session_custom_claims,omitempty"`

	// Locale is the language of the message that the service sends by itself
	// if the member has to show a second factor and has a phone number. "" = en.
	Locale string `json:"locale,omitempty"`

	// TelemetryID is a device fingerprint, which makes the answer include a
	// MemberDevice. "" = none.
	TelemetryID string `json:"telemetry_id,omitempty"`
}

// ExchangeIntermediateSessionResponse is the answer to an
// [ExchangeIntermediateSessionRequest]. Its IntermediateSessionToken is the one
// of the request. fmt and log/slog print only its ids.
type ExchangeIntermediateSessionResponse struct{ PrimaryAuthenticated }

// ExchangeSession switches a member to another organization that they belong to
// or are invited to. If a factor is missing there, the answer has an
// intermediate session token in place of a session, and the service may have
// sent a code already; see [MFARequired].
//
// Its errors are those of the package comment.
func (c *Client) ExchangeSession(ctx context.Context, req ExchangeSessionRequest) (*ExchangeSessionResponse, error) {
	const name = "sessions/exchange"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp ExchangeSessionResponse
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/sessions/exchange", req}, &resp)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

// ExchangeIntermediateSession takes the factors of an intermediate session to an
// organization, which may make the person a member of it. If a factor is
// missing there, the answer has the same token in place of a session, and the
// service may have sent a code already; see [MFARequired].
//
// Its errors are those of the package comment. Unless an error wraps
// [ErrRequest] or [ErrNotSent] or is an [*APIError] with a status of 4xx, the
// token may be used up.
func (c *Client) ExchangeIntermediateSession(ctx context.Context, req ExchangeIntermediateSessionRequest) (*ExchangeIntermediateSessionResponse, error) {
	const name = "discovery/intermediate_sessions/exchange"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp ExchangeIntermediateSessionResponse
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/discovery/intermediate_sessions/exchange", req}, &resp)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

func (r ExchangeSessionRequest) check() error {
	return cmp.Or(
		requireID("OrganizationID", r.OrganizationID),
		requireOne("SessionToken and SessionJWT", r.SessionToken, r.SessionJWT),
		checkDuration(r.SessionDurationMinutes),
		checkClaims(r.SessionCustomClaims),
	)
}

func (r ExchangeIntermediateSessionRequest) check() error {
	return cmp.Or(
		requireID("IntermediateSessionToken", r.IntermediateSessionToken),
		requireID("OrganizationID", r.OrganizationID),
		checkDuration(r.SessionDurationMinutes),
		checkClaims(r.SessionCustomClaims),
	)
}
