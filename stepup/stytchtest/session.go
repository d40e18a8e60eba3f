package stytchtest

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// jwtLife is the life of every session JWT, whatever the session's.
const jwtLife = 5 * time.Minute

// session is what the emulator holds of a member session. Server.mu guards it.
type session struct {
	id       string
	token    string
	member   *member
	factors  []*factor
	started  time.Time
	accessed time.Time
	expires  time.Time
	claims   map[string]json.RawMessage // custom claims
	revoked  bool
}

// The range of session_duration_minutes, and what it is for a
// login that does not say.
const (
	minSessionMinutes     = 5
	maxSessionMinutes     = 527040
	defaultSessionMinutes = 60
)

// checkDuration checks a session_duration_minutes; nil = absent.
func checkDuration(minutes *int) *apiError {
	if minutes != nil && (*minutes < minSessionMinutes || *minutes > maxSessionMinutes) {
		return refuse("invalid_session_duration_minutes")
	}
	return nil
}

// Revoke ends a session, as a call to the service from elsewhere would. Its JWTs
// stay valid for whoever does not ask. It panics if there is no such session.
func (s *Server) Revoke(sessionID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.sessions[sessionID]
	if held == nil {
		panic("stytchtest: Revoke: the session is not one of this server")
	}
	held.revoked = true
}

// revokeAll ends all sessions of m. s.mu must be held.
func (s *Server) revokeAll(m *member) {
	for _, ss := range s.sessions {
		if ss.member == m {
			ss.revoked = true
		}
	}
}

// living returns ss if it is neither revoked nor expired.
func (s *Server) living(ss *session) (*session, *apiError) {
	if ss == nil || ss.revoked || !s.now().Before(ss.expires) {
		return nil, refuse("session_not_found")
	}
	return ss, nil
}

// findSessionByToken tells an unknown token from a revoked one no more than the
// service does.
func (s *Server) findSessionByToken(token string) (*session, *apiError) {
	for _, ss := range s.sessions {
		if ss.token == token {
			return s.living(ss)
		}
	}
	return nil, refuse("session_not_found")
}

// prove adds f to the session, or moves the times of the factor that is there.
func (ss *session) prove(f *factor) {
	for _, held := range ss.factors {
		if held.same(f) {
			held.authenticated, held.updated = f.authenticated, f.updated
			return
		}
	}
	ss.factors = append(ss.factors, f)
}

// factorObjects returns the authentication_factors of the session or its JWT.
func factorObjects(factors []*factor) []map[string]any {
	objects := []map[string]any{}
	for _, f := range factors {
		objects = append(objects, f.json())
	}
	return objects
}

// shift moves the session and its factors. JWTs that were handed out keep their
// times: they are signed.
func (ss *session) shift(d time.Duration) {
	ss.started, ss.accessed, ss.expires = ss.started.Add(d), ss.accessed.Add(d), ss.expires.Add(d)
	for _, f := range ss.factors {
		f.shift(d)
	}
}

// sessionJSON is the MemberSession object. https://stytch.com/docs/b2b/api/session-object
type sessionJSON struct {
	MemberSessionID       string                     `json:"member_session_id"`
	MemberID              string                     `json:"member_id"`
	OrganizationID        string                     `json:"organization_id"`
	OrganizationSlug      string                     `json:"organization_slug"`
	StartedAt             string                     `json:"started_at"`
	LastAccessedAt        string                     `json:"last_accessed_at"`
	ExpiresAt             string                     `json:"expires_at"`
	AuthenticationFactors []map[string]any           `json:"authentication_factors"`
	Roles                 []string                   `json:"roles"`
	CustomClaims          map[string]json.RawMessage `json:"custom_claims"`
}

// json makes the object with all factors, unlike a JWT, which may be older.
func (ss *session) json() *sessionJSON {
	return &sessionJSON{
		MemberSessionID:       ss.id,
		MemberID:              ss.member.id,
		OrganizationID:        ss.member.organization.ID,
		OrganizationSlug:      ss.member.organization.Slug,
		StartedAt:             wireTime(ss.started),
		LastAccessedAt:        wireTime(ss.accessed),
		ExpiresAt:             wireTime(ss.expires),
		AuthenticationFactors: factorObjects(ss.factors),
		Roles:                 slices.Clone(ss.member.roles),
		CustomClaims:          maps.Clone(ss.claims),
	}
}
