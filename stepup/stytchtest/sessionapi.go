package stytchtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// authenticateSessionRequest is the whole request of a session authentication.
type authenticateSessionRequest struct {
	SessionToken           string          `json:"session_token"`
	SessionJWT             string          `json:"session_jwt"`
	SessionDurationMinutes *int            `json:"session_duration_minutes"`
	SessionCustomClaims    map[string]any  `json:"session_custom_claims"`
	AuthorizationCheck     json.RawMessage `json:"authorization_check"`
}

// authenticatedAnswer is the answer of a session authentication. The verdict is
// null without an authorization_check.
type authenticatedAnswer struct {
	sessionAnswer
	Verdict any `json:"verdict"`
}

// authenticateSession is POST /v1/b2b/sessions/authenticate.
// https://stytch.com/docs/api-reference/b2b/api/sessions/authenticate-session
func (s *Server) authenticateSession(r *http.Request, body []byte) (answer, *apiError) {
	var req authenticateSessionRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	switch {
	case req.SessionToken == "" && req.SessionJWT == "":
		return nil, refuseBecause("no_session_arguments", "Exactly one of session_token and session_jwt must be provided.")
	case req.SessionToken != "" && req.SessionJWT != "":
		return nil, refuse("too_many_session_arguments")
	}
	if err := checkDuration(req.SessionDurationMinutes); err != nil {
		return nil, err
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	find, credential := s.findSessionByJWT, req.SessionJWT
	if req.SessionToken != "" {
		find, credential = s.state.sessions.findByToken, req.SessionToken
	}
	ss, err := find(credential)
	if err != nil {
		return nil, err
	}
	if err := ss.authorize(req.AuthorizationCheck); err != nil {
		return nil, err
	}
	claims, err := mergeClaims(ss.claims, req.SessionCustomClaims)
	if err != nil {
		return nil, err
	}
	ss.accessed = s.state.clock.now()
	if req.SessionDurationMinutes != nil { // without it the session keeps its end and its claims
		ss.expires = ss.accessed.Add(time.Duration(*req.SessionDurationMinutes) * time.Minute)
		ss.claims = claims
	}
	out := &authenticatedAnswer{sessionAnswer: s.sessionAnswer(ss)}
	out.SessionToken = s.answeredToken(ss, req.SessionJWT != "")
	return out, nil
}

// authorize denies every authorization check: there is no RBAC policy here that
// could grant anything.
func (ss *session) authorize(check json.RawMessage) *apiError {
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
	return refuseBecause("session_authorization_error", "The emulator imitates no RBAC policy, so nothing is authorized.")
}

// answeredToken is the session_token of an answer, as s.SessionTokens reads the
// documentation for calls by JWT.
func (s *Server) answeredToken(ss *session, byJWT bool) string {
	if !byJWT {
		return ss.token
	}
	switch s.SessionTokens {
	case NoSessionToken:
		return ""
	case NewSessionToken:
		ss.token = newToken()
	}
	return ss.token
}

// revokeRequest names one session in one of three ways, or all of a member.
type revokeRequest struct {
	MemberSessionID string `json:"member_session_id"`
	SessionToken    string `json:"session_token"`
	SessionJWT      string `json:"session_jwt"`
	MemberID        string `json:"member_id"`
}

// revokeSession is POST /v1/b2b/sessions/revoke.
// https://stytch.com/docs/api-reference/b2b/api/sessions/revoke-session
func (s *Server) revokeSession(r *http.Request, body []byte) (answer, *apiError) {
	var req revokeRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	given := []string{req.MemberSessionID, req.SessionToken, req.SessionJWT, req.MemberID}
	given = slices.DeleteFunc(given, func(argument string) bool { return argument == "" })
	switch {
	case len(given) == 0:
		return nil, refuse("no_session_revoke_arguments")
	case len(given) > 1:
		return nil, refuse("too_many_session_revoke_arguments")
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if req.MemberID != "" {
		m := s.state.members.byID[req.MemberID]
		if m == nil {
			return nil, refuse("member_not_found")
		}
		s.state.sessions.revokeAll(m)
		return &envelope{}, nil
	}
	var ss *session
	var err *apiError
	switch {
	case req.MemberSessionID != "":
		ss, err = s.state.sessions.find(req.MemberSessionID)
	case req.SessionToken != "":
		ss, err = s.state.sessions.findByToken(req.SessionToken)
	default:
		ss, err = s.findSessionByJWT(req.SessionJWT)
	}
	if err != nil {
		return nil, err
	}
	ss.revoked = true
	return &envelope{}, nil
}

// sessionsAnswer has no tokens: the service never lists those.
type sessionsAnswer struct {
	envelope
	MemberSessions []*sessionJSON `json:"member_sessions"`
}

// listSessions is GET /v1/b2b/sessions: the living sessions of a member, oldest
// first. https://stytch.com/docs/api-reference/b2b/api/sessions/get-sessions
func (s *Server) listSessions(r *http.Request, _ []byte) (answer, *apiError) {
	query := r.URL.Query()
	if err := checkQuery(query, "organization_id", "member_id"); err != nil {
		return nil, err
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	o, err := s.state.organizations.find(query.Get("organization_id"))
	if err != nil {
		return nil, err
	}
	m, err := s.state.members.find(o, query.Get("member_id"))
	if err != nil {
		return nil, err
	}
	out := &sessionsAnswer{MemberSessions: []*sessionJSON{}}
	for _, ss := range s.state.sessions.byID {
		if _, err := s.state.sessions.alive(ss); err == nil && ss.member == m {
			out.MemberSessions = append(out.MemberSessions, ss.json())
		}
	}
	slices.SortFunc(out.MemberSessions, func(a, b *sessionJSON) int {
		return strings.Compare(a.StartedAt+a.MemberSessionID, b.StartedAt+b.MemberSessionID)
	})
	return out, nil
}

// jwksAnswer is a JWK set (RFC 7517, section 5) in the envelope of all answers.
type jwksAnswer struct {
	envelope
	Keys []jwkJSON `json:"keys"`
}

// jwks is GET /v1/b2b/sessions/jwks/{project_id}, the one call that needs no
// credentials. https://stytch.com/docs/api-reference/b2b/api/sessions/get-jwks
func (s *Server) jwks(r *http.Request, _ []byte) (answer, *apiError) {
	if r.PathValue("project_id") != s.ProjectID {
		return nil, refuse("project_not_found")
	}
	out := &jwksAnswer{}
	for _, key := range s.keys.published() {
		out.Keys = append(out.Keys, key.jwk())
	}
	return out, nil
}
