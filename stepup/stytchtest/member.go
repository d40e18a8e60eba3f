package stytchtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Member is a snapshot of a member of an organization; [Server.Member] takes a
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

// member is what the emulator holds. Server.mu guards it.
type member struct {
	id           string
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

	passcode    *passcode // the newest one sent, nil = none
	failures    int       // wrong codes in a row
	lockCreated time.Time
	lockExpires time.Time
}

// AddMember adds an active member of the default organization with a verified
// phone number of its own; the options say otherwise. It panics on values that
// the service would refuse, such as a number that another member has.
func (s *Server) AddMember(opts ...MemberOption) *Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.addMember(append([]MemberOption{withUniquePhone(s.serial + 1)}, opts...)...)
	if err != nil {
		panic("stytchtest: AddMember: " + err.message)
	}
	return s.snapshot(m)
}

// addMember applies the options before it checks anything, so that their order
// does not matter. s.mu must be held.
func (s *Server) addMember(opts ...MemberOption) (*member, *apiError) {
	s.serial++
	now := s.now()
	m := &member{
		id:        s.id("member"),
		emailID:   s.id("email"),
		email:     fmt.Sprintf("member-%d@example.com", s.serial),
		name:      fmt.Sprintf("Member %d", s.serial),
		status:    "active",
		roles:     []string{"stytch_member"},
		trusted:   map[string]any{},
		untrusted: map[string]any{},
		created:   now,
		updated:   now,
	}
	for _, opt := range opts {
		opt(m)
	}
	var err *apiError
	if m.organization, err = s.organizationOf(m); err != nil {
		return nil, err
	}
	if err := s.checkMember(m); err != nil {
		return nil, err
	}
	if m.phone.number != "" {
		m.phone.id = s.id("phone-number")
	}
	if m.phone.verified {
		m.defaultMFA = "sms_otp"
	}
	if m.totpID != "" {
		m.totpID = "member-totp-" + s.environment() + "-" + m.totpID
	}
	s.members[m.id] = m
	return m, nil
}

// organizationOf finds the organization that an option named, or the default
// one, which is made when the first member needs it.
func (s *Server) organizationOf(m *member) (*organization, *apiError) {
	if m.organization != nil {
		return s.findOrganization(m.organization.ID)
	}
	if o, err := s.findOrganization("default"); err == nil {
		return o, nil
	}
	return s.addOrganization(Organization{Name: "Acme", Slug: "default"})
}

// checkMember refuses a member that the service would not have created. E-mail
// addresses are unique in an organization, whatever their case.
func (s *Server) checkMember(m *member) *apiError {
	if !strings.Contains(m.email, "@") {
		return refuse("invalid_email")
	}
	if !slices.Contains([]string{"active", "pending", "invited", "deleted"}, m.status) {
		return refuseBecause("invalid_argument", "the status is not one of active, pending, invited, deleted")
	}
	for _, other := range s.members {
		if other.organization == m.organization && strings.EqualFold(other.email, m.email) {
			return refuse("duplicate_member_email")
		}
	}
	if m.phone.number == "" {
		return nil
	}
	return s.checkNumber(m, m.phone.number)
}

// Member takes a snapshot of a member, nil if there is none with this id.
func (s *Server) Member(id string) *Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.members[id]; m != nil {
		return s.snapshot(m)
	}
	return nil
}

// snapshot copies m for a test, which holds no lock.
func (s *Server) snapshot(m *member) *Member {
	return &Member{
		ID:             m.id,
		OrganizationID: m.organization.ID,
		EmailAddress:   m.email,
		Name:           m.name,
		Status:         m.status,
		PhoneNumber:    m.phone.number,
		PhoneVerified:  m.phone.verified,
		MFAEnrolled:    m.enrolled,
		Locked:         m.locked(s.now()),
	}
}

// DeleteMember removes a member from its organization and ends its sessions.
func (s *Server) DeleteMember(m *Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.mustFind(m)
	held.status = "deleted"
	s.revokeAll(held)
}

// mustFind is for the Go API, where a foreign member is a mistake in the test.
func (s *Server) mustFind(m *Member) *member {
	held := s.members[m.ID]
	if held == nil {
		panic("stytchtest: the member is not one of this server")
	}
	return held
}

// findMember finds a member within an organization. A member of another
// organization is not found, so that an app that mixes tenants up notices.
func (s *Server) findMember(o *organization, id string) (*member, *apiError) {
	if id == "" {
		return nil, refuseBecause("invalid_id", "member_id is required.")
	}
	m := s.members[id]
	if m == nil || m.organization != o {
		return nil, refuse("member_not_found")
	}
	return m, nil
}

// shift moves the times of m and of its code. The count of failures has none: it
// ends with a success or a lock.
func (m *member) shift(d time.Duration) {
	m.created, m.updated = m.created.Add(d), m.updated.Add(d)
	m.lockCreated, m.lockExpires = moved(m.lockCreated, d), moved(m.lockExpires, d)
	if m.passcode != nil {
		m.passcode.sent = m.passcode.sent.Add(d)
	}
}
