package stytchtest

import (
	"encoding/json"
	"time"
)

// login is a primary authentication that still lacks the second factor. It is
// named by an intermediate session token.
type login struct {
	token   string
	member  *member
	factors []*factor
	expires time.Time
}

const loginLife = 10 * time.Minute

// StartLogin returns the intermediate session token of a login that waits for a
// second factor, as the service answers to a primary authentication of a member
// who must use MFA. Unlike the service it sends no code by itself.
func (s *Server) StartLogin(m *Member) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.mustFind(m)
	l := &login{
		token:   newToken(),
		member:  held,
		factors: []*factor{s.newFactor(held, "magic_link", "email", s.now())},
		expires: s.now().Add(loginLife),
	}
	s.logins[l.token] = l
	return l.token
}

// findLogin finds a login that has neither expired nor been consumed.
func (s *Server) findLogin(m *member, token string) (*login, *apiError) {
	l := s.logins[token]
	if l == nil || !s.now().Before(l.expires) {
		return nil, refuse("intermediate_session_not_found")
	}
	if l.member != m {
		return nil, refuse("member_session_member_id_mismatch")
	}
	return l, nil
}

// unsavedSession is the session that a login becomes once its code is right.
func (s *Server) unsavedSession(m *member, l *login) *session {
	now := s.now()
	return &session{
		id:       s.id("session"),
		token:    newToken(),
		member:   m,
		factors:  l.factors,
		started:  now,
		accessed: now,
		claims:   map[string]json.RawMessage{},
	}
}
