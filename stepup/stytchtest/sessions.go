// The table of sessions. SignIn and the admin API start sessions in it;
// endpoints find, extend and revoke them.

package stytchtest

import (
	"encoding/json"
	"slices"
	"time"
)

// sessions holds every session by id, ended ones included. state.mu must be held.
type sessions struct {
	byID  map[string]*session
	clock *clock
	ids   idSource
}

// begin returns a new session of m. It is unknown to the table until keep.
func (t *sessions) begin(m *member, factors []*factor) *session {
	now := t.clock.now()
	return &session{
		id:       t.ids.next("session"),
		token:    newToken(),
		member:   m,
		factors:  factors,
		started:  now,
		accessed: now,
		claims:   map[string]json.RawMessage{},
	}
}

func (t *sessions) keep(ss *session) { t.byID[ss.id] = ss }

// start begins and keeps a session whose times are consistent: it started no
// later than its first factor was proved and its JWT was minted.
func (t *sessions) start(m *member, in signInOptions) (*session, *apiError) {
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
	claims, err := mergeClaims(nil, in.claims)
	if err != nil {
		return nil, err
	}
	now := t.clock.now()
	ss := t.begin(m, nil)
	ss.started = now.Add(-oldest)
	ss.accessed = now.Add(-newest)
	ss.expires = now.Add(in.duration)
	ss.claims = claims
	for _, f := range factors {
		ss.factors = append(ss.factors, newFactor(t.ids, m, f.kind, f.method, now.Add(-f.age)))
	}
	t.keep(ss)
	return ss, nil
}

// alive returns ss unless it is nil, revoked or expired.
func (t *sessions) alive(ss *session) (*session, *apiError) {
	if ss == nil || ss.revoked || !t.clock.now().Before(ss.expires) {
		return nil, refuse("session_not_found")
	}
	return ss, nil
}

// find returns the session with this id if it is alive.
func (t *sessions) find(id string) (*session, *apiError) { return t.alive(t.byID[id]) }

// findByToken returns the session with this token if it is alive. Like the
// service, it refuses unknown and revoked tokens alike.
func (t *sessions) findByToken(token string) (*session, *apiError) {
	for _, ss := range t.byID {
		if ss.token == token {
			return t.alive(ss)
		}
	}
	return nil, refuse("session_not_found")
}

// aliveOf returns the sessions of m that are alive, in no order.
func (t *sessions) aliveOf(m *member) []*session {
	var found []*session
	for _, ss := range t.byID {
		if _, err := t.alive(ss); err == nil && ss.member == m {
			found = append(found, ss)
		}
	}
	return found
}

// revokeAll ends all sessions of m.
func (t *sessions) revokeAll(m *member) {
	for _, ss := range t.byID {
		if ss.member == m {
			ss.revoked = true
		}
	}
}

// copyTo replaces what to holds by a copy of what t holds, with members of their own.
func (t *sessions) copyTo(to *sessions, members *members) {
	to.byID = map[string]*session{}
	for id, ss := range t.byID {
		copied := ss.copied()
		copied.member = members.byID[ss.member.id]
		to.byID[id] = copied
	}
}

func (t *sessions) shift(d time.Duration) {
	for _, ss := range t.byID {
		ss.shift(d)
	}
}
