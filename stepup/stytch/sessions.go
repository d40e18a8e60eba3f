// Calls that authenticate and revoke a session.

package stytch

import (
	"cmp"
	"context"
	"net/http"
)

// AuthenticateSessionRequest is the body of POST /v1/b2b/sessions/authenticate.
type AuthenticateSessionRequest struct {
	// Exactly one of these must be set. A JWT may have expired as long as its
	// session has not.
	SessionToken string `json:"session_token,omitempty"`
	SessionJWT   string `json:"session_jwt,omitempty"`

	// SessionDurationMinutes makes the session end this many minutes from
	// now, 5 to 527040 (366 days). 0 = omitted: the session is not extended.
	SessionDurationMinutes int `json:"session_duration_minutes,omitempty"`

	// SessionCustomClaims are merged into the session's claims, at most 4 KiB
	// encoded, without the reserved names: iss, sub, aud, exp, nbf, iat, jti,
	// and those that begin with https://stytch.com/. A nil value deletes the
	// claim. Empty = unchanged.
	SessionCustomClaims map[string]any `json:"session_custom_claims,omitempty"`

	// AuthorizationCheck asks whether a role of the member allows an action.
	// If none does, the error is an [*APIError] with status 403. nil = no
	// check.
	AuthorizationCheck *AuthorizationCheck `json:"authorization_check,omitempty"`
}

// An AuthorizationCheck names an action on a resource of the RBAC policy. All
// fields are required.
type AuthorizationCheck struct {
	OrganizationID string `json:"organization_id"`
	ResourceID     string `json:"resource_id"`
	Action         string `json:"action"`
}

// AuthenticateSessionResponse is the answer to an [AuthenticateSessionRequest].
// fmt and log/slog print only its ids.
type AuthenticateSessionResponse struct {
	Authenticated          // MemberSession is never nil
	Verdict       *Verdict `json:"verdict"` // nil without an AuthorizationCheck
}

// A Verdict is the outcome of an [AuthorizationCheck].
type Verdict struct {
	Authorized    bool     `json:"authorized"`
	GrantingRoles []string `json:"granting_roles"`
}

// RevokeSessionRequest is the body of POST /v1/b2b/sessions/revoke. Exactly
// one field must be set.
type RevokeSessionRequest struct {
	MemberSessionID string `json:"member_session_id,omitempty"`
	SessionToken    string `json:"session_token,omitempty"`
	SessionJWT      string `json:"session_jwt,omitempty"`
	MemberID        string `json:"member_id,omitempty"` // ends all sessions of the member
}

// RevokeSessionResponse is the answer to a [RevokeSessionRequest].
type RevokeSessionResponse struct {
	RequestID  string `json:"request_id"`
	StatusCode int    `json:"status_code"`
}

// AuthenticateSession asks the service whether a session is still active, and
// returns its current factors and a newly signed JWT. It is safe to repeat if
// SessionDurationMinutes is 0.
//
// Its errors are those of the package comment. For a session that has ended it
// is an [*APIError] of Type session_not_found.
func (c *Client) AuthenticateSession(ctx context.Context, req AuthenticateSessionRequest) (*AuthenticateSessionResponse, error) {
	const name = "sessions/authenticate"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp AuthenticateSessionResponse
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/sessions/authenticate", req}, &resp)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

// RevokeSession ends a session, or all sessions of a member. A JWT that was
// issued before still verifies offline until it expires, up to five minutes
// later.
//
// Its errors are those of the package comment.
func (c *Client) RevokeSession(ctx context.Context, req RevokeSessionRequest) (*RevokeSessionResponse, error) {
	const name = "sessions/revoke"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp RevokeSessionResponse
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/sessions/revoke", req}, &resp)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

func (r AuthenticateSessionRequest) check() error {
	return cmp.Or(
		requireOne("SessionToken and SessionJWT", r.SessionToken, r.SessionJWT),
		checkDuration(r.SessionDurationMinutes),
		checkClaims(r.SessionCustomClaims),
		r.AuthorizationCheck.check(),
	)
}

func (a *AuthorizationCheck) check() error {
	if a == nil {
		return nil
	}
	return cmp.Or(
		requireID("AuthorizationCheck.OrganizationID", a.OrganizationID),
		requireID("AuthorizationCheck.ResourceID", a.ResourceID),
		requireID("AuthorizationCheck.Action", a.Action),
	)
}

func (r RevokeSessionRequest) check() error {
	return requireOne("MemberSessionID, SessionToken, SessionJWT and MemberID",
		r.MemberSessionID, r.SessionToken, r.SessionJWT, r.MemberID)
}

func (r *AuthenticateSessionResponse) missing() string {
	if r.MemberSession == nil || r.MemberSession.MemberSessionID == "" {
		return "member_session"
	}
	return r.Authenticated.missing(r.Member.MemberID)
}

func (r *RevokeSessionResponse) missing() string {
	if r.RequestID == "" {
		return "request_id"
	}
	return ""
}
