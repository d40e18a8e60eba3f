package stytchtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// A Session is what a member's browser holds after a login.
type Session struct {
	ID             string
	MemberID       string
	OrganizationID string
	JWT            string // session_jwt
	Token          string // session_token
	ExpiresAt      time.Time
}

// Cookies returns the two cookies that Stytch's SDKs set: the JWT in
// stytch_session_jwt, the opaque token in stytch_session.
func (ss *Session) Cookies() []*http.Cookie {
	cookie := func(name, value string) *http.Cookie {
		return &http.Cookie{
			Name: name, Value: value, Path: "/", Expires: ss.ExpiresAt,
			Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		}
	}
	return []*http.Cookie{cookie("stytch_session", ss.Token), cookie("stytch_session_jwt", ss.JWT)}
}

// AddCookies makes r come from a browser that is signed in.
func (ss *Session) AddCookies(r *http.Request) {
	for _, c := range ss.Cookies() {
		r.AddCookie(c)
	}
}

// SetBearer makes r come from an API client that is signed in.
func (ss *Session) SetBearer(r *http.Request) {
	r.Header.Set("Authorization", "Bearer "+ss.JWT)
}

// signInOptions collects what the options of [Server.SignIn] say.
type signInOptions struct {
	jwtAge       time.Duration
	duration     time.Duration
	claims       map[string]any
	factors      []factorAge
	impersonated bool
}

// factorAge is a factor by how long ago it was proved.
type factorAge struct {
	kind, method string
	age          time.Duration
}

// A SignInOption changes the session that [Server.SignIn] makes.
type SignInOption func(*signInOptions)

// WithFactor adds a factor that was proved that long ago, such as ("otp", "sms",
// 20*time.Minute). Any pair of type and delivery method is taken. A primary
// factor given here replaces the magic link that a session otherwise begins with.
func WithFactor(kind, method string, age time.Duration) SignInOption {
	return func(in *signInOptions) { in.factors = append(in.factors, factorAge{kind, method, age}) }
}

// WithJWTAge dates the JWT back: beyond five minutes it is a well-signed expired
// JWT of a living session. It tells only of factors that were proved before it.
func WithJWTAge(age time.Duration) SignInOption {
	return func(in *signInOptions) { in.jwtAge = age }
}

// WithDuration makes the session end that long from now instead of in an hour.
// A negative one makes a session that has ended.
func WithDuration(d time.Duration) SignInOption {
	return func(in *signInOptions) { in.duration = d }
}

// WithCustomClaims gives the session custom claims; registered names are ignored,
// as at the service.
func WithCustomClaims(claims map[string]any) SignInOption {
	return func(in *signInOptions) { in.claims = claims }
}

// WithImpersonation makes the session one in which support staff acts as the
// member.
func WithImpersonation() SignInOption {
	return func(in *signInOptions) { in.impersonated = true }
}

// SignIn starts a session of m, as a login just now would: by magic link, for an
// hour. It panics if m is not a member of this server or the custom claims are
// not valid.
func (s *Server) SignIn(m *Member, opts ...SignInOption) *Session {
	in := signInOptions{duration: defaultSessionMinutes * time.Minute}
	for _, opt := range opts {
		opt(&in)
	}
	signedIn, claims := s.signIn(m, in)
	signedIn.JWT = s.keys.sign(claims)
	return signedIn
}

// signIn starts the session and returns it with the claims of its JWT, which is
// signed outside the lock.
func (s *Server) signIn(m *Member, in signInOptions) (*Session, map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ss, err := s.startSession(s.mustFind(m), in)
	if err != nil {
		panic("stytchtest: SignIn: " + err.message)
	}
	return &Session{
		ID:             ss.id,
		MemberID:       ss.member.id,
		OrganizationID: ss.member.organization.ID,
		Token:          ss.token,
		ExpiresAt:      ss.expires,
	}, s.sessionClaims(ss, s.now().Add(-in.jwtAge))
}

// JWT mints a JWT of a session as if it had been minted that long ago, like the
// one of a browser tab that slept. It panics if there is no such session.
func (s *Server) JWT(sessionID string, age time.Duration) string {
	return s.keys.sign(s.claimsAt(sessionID, age))
}

// claimsAt is what a JWT of the session said that long ago.
func (s *Server) claimsAt(sessionID string, age time.Duration) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	ss := s.sessions[sessionID]
	if ss == nil {
		panic("stytchtest: JWT: the session is not one of this server")
	}
	return s.sessionClaims(ss, s.now().Add(-age))
}

// startSession makes a session whose times are consistent: it began no later
// than its JWT was minted and its first factor was proved.
func (s *Server) startSession(m *member, in signInOptions) (*session, *apiError) {
	factors := slices.Clone(in.factors)
	if in.impersonated {
		factors = append(factors, factorAge{"impersonated", "impersonation", in.jwtAge})
	}
	oldest, newest := in.jwtAge, in.jwtAge
	primary := false
	for _, f := range factors {
		oldest, newest = max(oldest, f.age), min(newest, f.age)
		primary = primary || !secondary(f.kind, f.method)
	}
	if !primary {
		factors = slices.Insert(factors, 0, factorAge{"magic_link", "email", oldest})
	}
	now := s.now()
	ss := &session{
		id:       s.id("session"),
		token:    newToken(),
		member:   m,
		started:  now.Add(-oldest),
		accessed: now.Add(-newest),
		expires:  now.Add(in.duration),
		claims:   map[string]json.RawMessage{},
	}
	for _, f := range factors {
		ss.factors = append(ss.factors, s.newFactor(m, f.kind, f.method, now.Add(-f.age)))
	}
	merged, err := mergeClaims(nil, in.claims)
	if err != nil {
		return nil, err
	}
	ss.claims = merged
	s.sessions[ss.id] = ss
	return ss, nil
}
