// The call that checks a password.

package stytch

import (
	"cmp"
	"context"
	"net/http"
)

// AuthenticatePasswordRequest is the body of POST
// /v1/b2b/passwords/authenticate.
type AuthenticatePasswordRequest struct {
	OrganizationID string `json:"organization_id"` // required; an id, slug or external id
	EmailAddress   string `json:"email_address"`   // required; the member's
	Password       string `json:"password"`        // required; UTF-8, sent as it is

	// At most one of these may be set. An intermediate session token gets the
	// factor added. With a session token or JWT of the member, no second
	// factor is asked for; that the session must hold one is documented only
	// for email codes. All "" = a new login.
	IntermediateSessionToken string `json:"intermediate_session_token,omitempty"`
	SessionToken             string `json:"session_token,omitempty"`
	SessionJWT               string `json:"session_jwt,omitempty"`

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

// AuthenticatePasswordResponse is the answer to an
// [AuthenticatePasswordRequest]. fmt and log/slog print only its ids.
type AuthenticatePasswordResponse struct {
	PrimaryAuthenticated
	OrganizationID string `json:"organization_id"`
}

// AuthenticatePassword checks the password of a member. If a second factor is
// needed, the answer has an intermediate session token in place of a session,
// and the service may have sent a code already; see [MFARequired].
//
// Its errors are those of the package comment. For a password that is known to
// be leaked and must be reset it is an [*APIError] of Type
// member_reset_password, even if the password is right.
func (c *Client) AuthenticatePassword(ctx context.Context, req AuthenticatePasswordRequest) (*AuthenticatePasswordResponse, error) {
	const name = "passwords/authenticate"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp AuthenticatePasswordResponse
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/passwords/authenticate", req}, &resp)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

func (r AuthenticatePasswordRequest) check() error {
	return cmp.Or(
		requireID("OrganizationID", r.OrganizationID),
		requireID("EmailAddress", r.EmailAddress),
		checkPassword(r.Password),
		requireAtMostOne(sessionInputs, r.IntermediateSessionToken, r.SessionToken, r.SessionJWT),
		checkDuration(r.SessionDurationMinutes),
		checkClaims(r.SessionCustomClaims),
	)
}
