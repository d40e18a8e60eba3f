// The controls of sessions. Tests call them to sign members in without a login
// and to end sessions.

package stytchtest

import (
	"net/http"
	"time"
)

// A Session is what a member's browser holds after a login. Its methods may be
// called concurrently as long as the fields do not change.
type Session struct {
	ID             string
	MemberID       string
	OrganizationID string
	JWT            string // session_jwt
	Token          string // session_token
	ExpiresAt      time.Time
}

// Cookies returns the two cookies that Stytch's SDKs set: stytch_session with the
// opaque token and stytch_session_jwt with the JWT.
func (ss *Session) Cookies() []*http.Cookie {
	cookie := func(name, value string) *http.Cookie {
		return &http.Cookie{
			Name: name, Value: value, Path: "/", Expires: ss.ExpiresAt,
			Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		}
	}
	return []*http.Cookie{cookie("stytch_session", ss.Token), cookie("stytch_session_jwt", ss.JWT)}
}

// AddCookies makes r a request from a browser that is signed in.
func (ss *Session) AddCookies(r *http.Request) {
	for _, c := range ss.Cookies() {
		r.AddCookie(c)
	}
}

// SetBearer makes r a request from an API client that is signed in.
func (ss *Session) SetBearer(r *http.Request) {
	r.Header.Set("Authorization", "Bearer "+ss.JWT)
}

// SignIn starts a session of m. Unless the options say otherwise it is one that a
// magic link started just now and that lives for an hour. SignIn panics if m is
// not a member of this server or the custom claims are not valid.
func (s *Server) SignIn(m *Member, opts ...SignInOption) *Session {
	in := signInOptions{duration: defaultSessionLife}
	for _, opt := range opts {
		opt(&in)
	}
	signedIn, claims := s.signIn(m, in)
	signedIn.JWT = s.keys.sign(claims)
	return signedIn
}

// signIn starts the session and returns the claims of its JWT too. SignIn signs
// them without the lock, since signing is slow.
func (s *Server) signIn(m *Member, in signInOptions) (*Session, map[string]any) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	ss, err := s.state.sessions.start(s.mustFind(m), in)
	if err != nil {
		panic("stytchtest: SignIn: " + err.message)
	}
	return &Session{
		ID:             ss.id,
		MemberID:       ss.member.id,
		OrganizationID: ss.member.organization.ID,
		Token:          ss.token,
		ExpiresAt:      ss.expires,
	}, s.claimsAt(ss, in.jwtAge)
}

// StartLogin begins a login by magic link that waits for a second factor, and
// returns its intermediate session token: the answer of the service to a primary
// authentication of a member that must use MFA. It sends no code unless [CodeSent]
// asks for one. StartLogin panics if m is not a member of this server, or if a code
// is to be sent and m has no phone number.
func (s *Server) StartLogin(m *Member, opts ...LoginOption) string {
	var in loginOptions
	for _, opt := range opts {
		opt(&in)
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	l, err := s.state.startLogin(s.mustFind(m), in)
	if err != nil {
		panic("stytchtest: StartLogin: " + err.message)
	}
	return l.token
}

// JWT returns a JWT of a session as if it had been minted age ago, like that of a
// browser tab that was asleep. It panics if there is no such session.
func (s *Server) JWT(sessionID string, age time.Duration) string {
	return s.keys.sign(s.claimsOf(sessionID, age))
}

// claimsOf returns the claims of a JWT that was minted age ago.
func (s *Server) claimsOf(sessionID string, age time.Duration) map[string]any {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	ss := s.state.sessions.byID[sessionID]
	if ss == nil {
		panic("stytchtest: JWT: the session is not one of this server")
	}
	return s.claimsAt(ss, age)
}

// claimsAt is claimsOf for callers that hold state.mu.
func (s *Server) claimsAt(ss *session, age time.Duration) map[string]any {
	now := s.state.clock.now()
	return sessionClaims(s.settings(), ss, now.Add(-age), now)
}

// Revoke ends a session, as a call to the service from elsewhere would. Its JWTs
// still verify until they expire, for anyone who does not ask the service. Revoke
// panics if there is no such session.
func (s *Server) Revoke(sessionID string) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	held := s.state.sessions.byID[sessionID]
	if held == nil {
		panic("stytchtest: Revoke: the session is not one of this server")
	}
	held.revoked = true
}
