// Logins that still lack a factor. Primary authentication and StartLogin begin one;
// the endpoints of second factors find it by its intermediate session token.

package stytchtest

import "time"

const loginLife = 10 * time.Minute

// login is one login that waits for another factor.
type login struct {
	token   string // the intermediate session token
	member  *member
	factors []*factor
	expires time.Time
}

// hasPrimary reports whether the login has the factor that comes first.
func (l *login) hasPrimary() bool { return hasOrder(l.factors, "PRIMARY") }

// logins holds the waiting logins by token. state.mu must be held.
type logins struct {
	byToken map[string]*login
	clock   *clock
	ids     idSource
}

// start begins a login in which m has given these factors.
func (t *logins) start(m *member, factors ...*factor) *login {
	l := &login{token: newToken(), member: m, factors: factors, expires: t.clock.now().Add(loginLife)}
	t.byToken[l.token] = l
	return l
}

// startByMail is start for a member that has opened a magic link.
func (t *logins) startByMail(m *member) *login {
	return t.start(m, newFactor(t.ids, m, "magic_link", "email", t.clock.now()))
}

// findByToken returns the login with this token, whosever it is, unless it has expired
// or become a session.
func (t *logins) findByToken(token string) (*login, *apiError) {
	l := t.byToken[token]
	if l == nil || !t.clock.now().Before(l.expires) {
		return nil, refuse("intermediate_session_not_found")
	}
	return l, nil
}

// find is findByToken for a request about m. To use a token in another organization,
// it has to be exchanged first.
func (t *logins) find(m *member, token string) (*login, *apiError) {
	l, err := t.findByToken(token)
	switch {
	case err != nil:
		return nil, err
	case l.member.organization != m.organization:
		return nil, refuse("invalid_intermediate_session_token_for_organization")
	case l.member != m:
		return nil, refuse("member_session_member_id_mismatch")
	}
	return l, nil
}

// findWithPrimary is find for second factors, which come after a primary one.
func (t *logins) findWithPrimary(m *member, token string) (*login, *apiError) {
	l, err := t.find(m, token)
	if err == nil && !l.hasPrimary() {
		return nil, refuse("action_available_only_once_primary_authentication_is_met")
	}
	return l, err
}

// consume makes the token of l stop working: l has become a session.
func (t *logins) consume(l *login) { delete(t.byToken, l.token) }

// copyTo replaces what to holds by a copy of what t holds, with members of their own.
func (t *logins) copyTo(to *logins, members *members) {
	to.byToken = map[string]*login{}
	for token, l := range t.byToken {
		copied := *l
		copied.factors = copyFactors(l.factors)
		copied.member = members.byID[l.member.id]
		to.byToken[token] = &copied
	}
}

func (t *logins) shift(d time.Duration) {
	for _, l := range t.byToken {
		l.expires = l.expires.Add(d)
		for _, f := range l.factors {
			f.shift(d)
		}
	}
}
