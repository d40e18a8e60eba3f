// Logins that still lack a second factor. StartLogin begins one; the two SMS
// endpoints find it by its intermediate session token.

package stytchtest

import "time"

const loginLife = 10 * time.Minute

// login is one login that waits for its second factor.
type login struct {
	token   string // the intermediate session token
	member  *member
	factors []*factor
	expires time.Time
}

// logins holds the waiting logins by token. state.mu must be held.
type logins struct {
	byToken map[string]*login
	clock   *clock
	ids     idSource
}

// start begins a login of m by magic link.
func (t *logins) start(m *member) *login {
	now := t.clock.now()
	l := &login{
		token:   newToken(),
		member:  m,
		factors: []*factor{newFactor(t.ids, m, "magic_link", "email", now)},
		expires: now.Add(loginLife),
	}
	t.byToken[l.token] = l
	return l
}

// find returns the login of m with this token, unless it has expired or become a
// session.
func (t *logins) find(m *member, token string) (*login, *apiError) {
	l := t.byToken[token]
	if l == nil || !t.clock.now().Before(l.expires) {
		return nil, refuse("intermediate_session_not_found")
	}
	if l.member != m {
		return nil, refuse("member_session_member_id_mismatch")
	}
	return l, nil
}

// consume makes the token of l stop working: l has become a session.
func (t *logins) consume(l *login) { delete(t.byToken, l.token) }

func (t *logins) shift(d time.Duration) {
	for _, l := range t.byToken {
		l.expires = l.expires.Add(d)
	}
}
