// The session revoke endpoint, which ends one session or all sessions of a
// member. The routes call it through the pipeline.

package stytchtest

import "net/http"

// revokeRequest names one session in one of three ways, or all of a member.
type revokeRequest struct {
	MemberSessionID string `json:"member_session_id"`
	SessionToken    string `json:"session_token"`
	SessionJWT      string `json:"session_jwt"`
	MemberID        string `json:"member_id"`
}

// check refuses a request that does not have exactly one of its arguments.
func (req revokeRequest) check() *apiError {
	n := 0
	for _, given := range []string{req.MemberSessionID, req.SessionToken, req.SessionJWT, req.MemberID} {
		if given != "" {
			n++
		}
	}
	switch {
	case n == 0:
		return refuse("no_session_revoke_arguments")
	case n > 1:
		return refuse("too_many_session_revoke_arguments")
	}
	return nil
}

// revokeSession is POST /v1/b2b/sessions/revoke.
// https://stytch.com/docs/api-reference/b2b/api/sessions/revoke-session
func (a *api) revokeSession(r *http.Request, body []byte) (answer, *apiError) {
	var req revokeRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	a.state.mu.Lock()
	defer a.state.mu.Unlock()
	if req.MemberID != "" {
		m := a.state.members.byID[req.MemberID]
		if m == nil {
			return nil, refuse("member_not_found")
		}
		a.state.sessions.revokeAll(m)
		return &envelope{}, nil
	}
	ss, err := a.findSessionToRevoke(req)
	if err != nil {
		return nil, err
	}
	ss.revoked = true
	return &envelope{}, nil
}

// findSessionToRevoke returns the one session that a request names. state.mu must
// be held.
func (a *api) findSessionToRevoke(req revokeRequest) (*session, *apiError) {
	if req.MemberSessionID != "" {
		return a.state.sessions.find(req.MemberSessionID)
	}
	return a.findSession(req.SessionToken, req.SessionJWT)
}
