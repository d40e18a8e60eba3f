// One member of an organization, with its phone number and passcodes. The table
// in members.go holds them.

package stytchtest

import (
	"strings"
	"time"
)

// A Member is a snapshot of a member of an organization. [Server.Member] takes a
// new one.
type Member struct {
	ID             string
	OrganizationID string
	EmailAddress   string
	Name           string
	Status         string // active, pending, invited or deleted
	PhoneNumber    string // "" = none
	PhoneVerified  bool
	MFAEnrolled    bool
	Locked         bool
}

// member is the emulator's record of a member. state.mu must be held.
type member struct {
	id           string
	serial       int // makes the default values unique
	organization *organization
	emailID      string
	email        string
	name         string
	status       string
	phone        phone // the zero phone = none
	enrolled     bool
	defaultMFA   string
	totpID       string // "" = no TOTP registration
	roles        []string
	trusted      map[string]any
	untrusted    map[string]any
	created      time.Time
	updated      time.Time
	passcodes    passcodes
	lock         lockout
}

// phone is the MFA phone number of a member.
type phone struct {
	id       string
	number   string
	verified bool
}

// hasActiveFactor reports whether the member has an active MFA factor: a verified
// phone or a TOTP registration.
func (m *member) hasActiveFactor() bool { return m.phone.verified || m.totpID != "" }

// linkPhone gives the member a number that it has yet to verify. The id is new
// even for a number that was linked before, so that factors of the old link stay
// apart. A code on its way to the old number stops working.
func (m *member) linkPhone(id, number string, now time.Time) {
	m.phone = phone{id: id, number: number}
	m.passcodes.discard()
	m.updated = now
}

// unlinkPhone removes the number. Enrollment stays as it is, and so do sessions in
// which the number was proved: the service revokes none.
func (m *member) unlinkPhone(now time.Time) {
	m.phone = phone{}
	m.passcodes.discard()
	if m.defaultMFA == "sms_otp" {
		m.defaultMFA = ""
	}
	m.updated = now
}

// snapshot copies the member for a test, which holds no lock.
func (m *member) snapshot(now time.Time) *Member {
	return &Member{
		ID:             m.id,
		OrganizationID: m.organization.ID,
		EmailAddress:   m.email,
		Name:           m.name,
		Status:         m.status,
		PhoneNumber:    m.phone.number,
		PhoneVerified:  m.phone.verified,
		MFAEnrolled:    m.enrolled,
		Locked:         m.lock.locked(now),
	}
}

func (m *member) shift(d time.Duration) {
	m.created, m.updated = m.created.Add(d), m.updated.Add(d)
	m.passcodes.shift(d)
	m.lock.shift(d)
}

// validNumber reports whether number is in E.164 form: a plus sign and 7 to 15
// digits, the first of which is not zero.
func validNumber(number string) bool {
	rest, ok := strings.CutPrefix(number, "+")
	return ok && len(rest) >= 7 && len(rest) <= 15 && rest[0] != '0' && strings.Trim(rest, digits) == ""
}
