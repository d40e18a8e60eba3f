// The session authenticate endpoint, which checks a session, renews its JWT and
// may extend it. The routes call it through the pipeline.

package stytchtest

import (
	"encoding/json"
	"net/http"
)

// authenticateSessionRequest has all parameters of the endpoint.
type authenticateSessionRequest struct {
	SessionToken           string          `json:"session_token"`
	SessionJWT             string          `json:"session_jwt"`
	SessionDurationMinutes *int            `json:"session_duration_minutes"`
	SessionCustomClaims    map[string]any  `json:"session_custom_claims"`
	AuthorizationCheck     json.RawMessage `json:"authorization_check"`
}

// check refuses mistakes that do not depend on the session.
func (req authenticateSessionRequest) check() *apiError {
	switch {
	case req.SessionToken == "" && req.SessionJWT == "":
		return refuseBecause("no_session_arguments", "Exactly one of session_token and session_jwt must be provided.")
	case req.SessionToken != "" && req.SessionJWT != "":
		return refuse("too_many_session_arguments")
	}
	return checkDuration(req.SessionDurationMinutes)
}

// authenticatedAnswer is the answer. The verdict is always null: a request with an
// authorization_check is refused.
type authenticatedAnswer struct {
	sessionAnswer
	Verdict any `json:"verdict"`
}

// authenticateSession is POST /v1/b2b/sessions/authenticate.
// https://stytch.com/docs/api-reference/b2b/api/sessions/authenticate-session
func (a *api) authenticateSession(r *http.Request, body []byte) (answer, *apiError) {
	var req authenticateSessionRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	a.state.mu.Lock()
	defer a.state.mu.Unlock()
	ss, err := a.findSession(req.SessionToken, req.SessionJWT)
	if err != nil {
		return nil, err
	}
	if err := authorize(ss, req.AuthorizationCheck); err != nil {
		return nil, err
	}
	claims, err := mergeClaims(ss.claims, req.SessionCustomClaims)
	if err != nil {
		return nil, err
	}
	ss.accessed = a.state.clock.now()
	if req.SessionDurationMinutes != nil { // without it the session keeps its end and its claims
		ss.expires = ss.accessed.Add(sessionLife(req.SessionDurationMinutes))
		ss.claims = claims
	}
	out := &authenticatedAnswer{sessionAnswer: a.sessionAnswer(ss)}
	out.SessionToken = a.answeredToken(ss, req.SessionJWT != "")
	return out, nil
}

// authorize denies every authorization check, since no RBAC policy here could
// grant anything.
func authorize(ss *session, check json.RawMessage) *apiError {
	if len(check) == 0 || string(check) == "null" {
		return nil
	}
	var wanted struct {
		OrganizationID string `json:"organization_id"`
	}
	if json.Unmarshal(check, &wanted) != nil {
		return refuse("bad_request")
	}
	if wanted.OrganizationID != ss.member.organization.ID {
		return refuse("session_authorization_tenancy_error")
	}
	return refuseBecause("session_authorization_error", "The emulator has no RBAC policies and authorizes nothing.")
}
