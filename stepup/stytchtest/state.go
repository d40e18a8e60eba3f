// The state of the project, everything behind its one lock. Endpoints, admin
// endpoints and the controls of Server hold the lock for a whole call.

package stytchtest

import (
	"cmp"
	"sync"
	"time"
)

// state is the data of one emulated project. Keys, faults and the call log are
// kept elsewhere, since they are used outside its lock.
type state struct {
	mu sync.Mutex // guards all of the below

	clock         clock
	serial        serial
	organizations organizations
	members       members
	sessions      sessions
	logins        logins
	messages      messages
	magicLinks    magicLinks
}

// newState returns a state without organizations and members.
func newState(ids idSource) *state {
	st := &state{}
	st.organizations = organizations{
		byID: map[string]*organization{}, clock: &st.clock, ids: ids, serial: &st.serial,
	}
	st.members = members{
		byID: map[string]*member{}, organizations: &st.organizations,
		clock: &st.clock, ids: ids, serial: &st.serial,
	}
	st.sessions = sessions{byID: map[string]*session{}, clock: &st.clock, ids: ids}
	st.logins = logins{byToken: map[string]*login{}, clock: &st.clock, ids: ids}
	return st
}

// findMember finds a member by the id or slug of its organization and its own id.
// mu must be held.
func (st *state) findMember(organizationRef, memberID string) (*member, *apiError) {
	o, err := st.organizations.find(organizationRef)
	if err != nil {
		return nil, err
	}
	return st.members.find(o, memberID)
}

// deleteMember removes m from its organization and ends its sessions. mu must be held.
func (st *state) deleteMember(m *member) {
	m.status = "deleted"
	st.sessions.revokeAll(m)
}

// text sends m a new code, which replaces the active one. mu must be held.
func (st *state) text(m *member, locale string) {
	now := st.clock.now()
	st.messages.add(Message{
		MemberID:    m.id,
		PhoneNumber: m.phone.number,
		Code:        m.passcodes.issue(now),
		Locale:      cmp.Or(locale, "en"),
		SentAt:      now,
	})
}

// startLogin begins a login that waits for a second factor. mu must be held.
func (st *state) startLogin(m *member, in loginOptions) (*login, *apiError) {
	if in.codeSent && m.phone.number == "" {
		return nil, refuse("member_phone_number_not_found")
	}
	l := st.logins.startByMail(m)
	if in.codeSent {
		st.text(m, "")
	}
	return l, nil
}

// totpCode returns what the authenticator app of m shows, "" = m has none. mu must be
// held.
func (st *state) totpCode(m *member) string {
	if m.totp == nil {
		return ""
	}
	return m.totp.code(st.clock.authenticator())
}

// advance makes everything d older.
func (st *state) advance(d time.Duration) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.clock.advanced += d
	st.shift(-d)
}

// setSkew sets the clock. Everything keeps its age.
func (st *state) setSkew(skew time.Duration) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.shift(skew - st.clock.skew)
	st.clock.skew = skew
}

// copied returns a copy of the whole state.
func (st *state) copied() *state {
	st.mu.Lock()
	defer st.mu.Unlock()
	copied := newState(st.sessions.ids)
	st.copyTo(copied)
	return copied
}

// restore puts a copy of from, which nobody changes, in place of everything. Each time
// in it moves by d.
func (st *state) restore(from *state, d time.Duration) {
	st.mu.Lock()
	defer st.mu.Unlock()
	from.copyTo(st)
	st.shift(d)
}

// copyTo copies everything. Each type copies its own, as with shift.
func (st *state) copyTo(to *state) {
	to.clock, to.serial = st.clock, st.serial
	st.organizations.copyTo(&to.organizations)
	st.members.copyTo(&to.members)
	st.sessions.copyTo(&to.sessions, &to.members)
	st.logins.copyTo(&to.logins, &to.members)
	st.messages.copyTo(&to.messages)
	st.magicLinks.copyTo(&to.magicLinks, &to.members)
}

// shift moves every time in the state. Each type moves its own, next to where its
// fields are declared, so that a new field is not forgotten.
func (st *state) shift(d time.Duration) {
	st.organizations.shift(d)
	st.members.shift(d)
	st.sessions.shift(d)
	st.logins.shift(d)
	st.messages.shift(d)
	st.magicLinks.shift(d)
}
