// One member of an organization, with its phone number and passcodes. The table
// in members.go holds them.

package stytchtest

import (
	"maps"
	"slices"
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

	TOTPRegistrationID string // "" = no authenticator app that has been activated
}

// member is the emulator's record of a member. state.mu must be held.
type member struct {
	id           string
	serial       int // makes the default values unique
	organization *organization
	externalID   string // "" = none
	email        email
	retired      []email // addresses that it had before
	name         string
	status       string
	phone        phone // the zero phone = none
	enrolled     bool
	defaultMFA   string
	totp         *totp  // nil = no TOTP registration
	password     string // "" = none
	passwordID   string
	breakglass   bool

	emailUnverified bool // since the address was changed
	roles           []string
	trusted         map[string]any
	untrusted       map[string]any
	created         time.Time
	updated         time.Time
	passcodes       passcodes
	lock            lockout
}

// phone is the MFA phone number of a member.
type phone struct {
	id       string
	number   string
	verified bool
}

// hasActiveFactor reports whether the member has an active MFA factor: a verified
// phone or a TOTP registration.
func (m *member) hasActiveFactor() bool { return m.phone.verified || m.activeTOTP() != nil }

// activeTOTP returns the TOTP registration unless it is pending. Nil = none.
func (m *member) activeTOTP() *totp {
	if m.totp == nil || !m.totp.active {
		return nil
	}
	return m.totp
}

// totpID returns the id of the active TOTP registration, "" = none.
func (m *member) totpID() string {
	if active := m.activeTOTP(); active != nil {
		return active.id
	}
	return ""
}

// recoveryCodes lists the codes that have not been used, those of a pending
// registration included.
func (m *member) recoveryCodes() []string {
	if m.totp == nil {
		return []string{}
	}
	return m.totp.recovery.texts()
}

// unlinkTOTP removes the TOTP registration with its recovery codes. Sessions in which
// it was proved stay, as with unlinkPhone.
func (m *member) unlinkTOTP(now time.Time) {
	m.totp = nil
	if m.defaultMFA == "totp" {
		m.defaultMFA = ""
	}
	m.updated = now
}

// mustUseMFA reports whether the member needs a second factor to log in.
func (m *member) mustUseMFA() bool {
	return m.enrolled || m.organization.MFAPolicy == "REQUIRED_FOR_ALL"
}

// activate accepts an invitation: the member has proved that it reads its email.
func (m *member) activate() {
	m.emailUnverified = false
	if m.status == "pending" || m.status == "invited" {
		m.status = "active"
	}
}

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
		EmailAddress:   m.email.address,
		Name:           m.name,
		Status:         m.status,
		PhoneNumber:    m.phone.number,
		PhoneVerified:  m.phone.verified,
		MFAEnrolled:    m.enrolled,
		Locked:         m.lock.locked(now),

		TOTPRegistrationID: m.totpID(),
	}
}

// copied returns a copy that shares nothing with m but its organization.
func (m *member) copied() *member {
	copied := *m
	copied.retired = slices.Clone(m.retired)
	copied.roles = slices.Clone(m.roles)
	copied.trusted, copied.untrusted = maps.Clone(m.trusted), maps.Clone(m.untrusted)
	copied.passcodes = m.passcodes.copied()
	if m.totp != nil {
		copied.totp = m.totp.copied()
	}
	return &copied
}

func (m *member) shift(d time.Duration) {
	m.created, m.updated = m.created.Add(d), m.updated.Add(d)
	m.passcodes.shift(d)
	m.lock.shift(d)
	if m.totp != nil {
		m.totp.shift(d)
	}
}

// validNumber reports whether number is in E.164 form: a plus sign and 7 to 15
// digits, the first of which is not zero.
func validNumber(number string) bool {
	rest, ok := strings.CutPrefix(number, "+")
	return ok && len(rest) >= 7 && len(rest) <= 15 && rest[0] != '0' && strings.Trim(rest, digits) == ""
}
