// The admin endpoints that read and change a session. The admin routes call them; they
// do the work of JWT and Revoke for tests in other languages.

package stytchtest

import (
	"net/http"
	"time"
)

// mintJWT is POST /_emulator/sessions/jwt.
func (ad *admin) mintJWT(r *http.Request, body []byte) (any, *apiError) {
	var req struct {
		MemberSessionID string `json:"member_session_id"`
		AgeSeconds      int64  `json:"age_seconds"`
	}
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	claims, err := ad.claimsOf(req.MemberSessionID, time.Duration(req.AgeSeconds)*time.Second)
	if err != nil {
		return nil, err
	}
	return map[string]any{"session_jwt": ad.api.keys.sign(claims)}, nil
}

// claimsOf returns the claims of a JWT that was minted age ago. Signing it is slow, so
// mintJWT does that without the lock.
func (ad *admin) claimsOf(sessionID string, age time.Duration) (map[string]any, *apiError) {
	st := ad.api.state
	st.mu.Lock()
	defer st.mu.Unlock()
	ss := st.sessions.byID[sessionID]
	if ss == nil {
		return nil, refuse("session_not_found")
	}
	now := st.clock.now()
	return sessionClaims(ad.api.settings(), ss, now.Add(-age), now), nil
}

// revoke is POST /_emulator/sessions/revoke.
func (ad *admin) revoke(r *http.Request, body []byte) (any, *apiError) {
	var req struct {
		MemberSessionID string `json:"member_session_id"`
	}
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	st := ad.api.state
	st.mu.Lock()
	defer st.mu.Unlock()
	ss := st.sessions.byID[req.MemberSessionID]
	if ss == nil {
		return nil, refuse("session_not_found")
	}
	ss.revoked = true
	return struct{}{}, nil
}
