// The table of members. AddMember and the admin API add to it; endpoints find
// the member of a request here.

package stytchtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// members holds every member by id. state.mu must be held.
type members struct {
	byID          map[string]*member
	organizations *organizations
	clock         *clock
	ids           idSource
	serial        *serial
}

// add applies all options before it checks anything, so their order does not
// matter.
func (t *members) add(opts ...MemberOption) (*member, *apiError) {
	n, now := t.serial.next(), t.clock.now()
	m := &member{
		id:        t.ids.next("member"),
		serial:    n,
		emailID:   t.ids.next("email"),
		email:     fmt.Sprintf("member-%d@example.com", n),
		name:      fmt.Sprintf("Member %d", n),
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
	if m.organization, err = t.organizationOf(m); err != nil {
		return nil, err
	}
	if err := t.check(m); err != nil {
		return nil, err
	}
	if m.phone.number != "" {
		m.phone.id = t.ids.next("phone-number")
	}
	if m.password != "" {
		m.passwordID = t.ids.next("member-password")
	}
	if m.totp != nil {
		m.totp = newTOTP(t.ids, time.Time{})
		m.totp.active = true
		m.defaultMFA = "totp"
	}
	if m.phone.verified {
		m.defaultMFA = "sms_otp"
	}
	t.byID[m.id] = m
	return m, nil
}

// organizationOf finds the organization that an option named, or the default one.
func (t *members) organizationOf(m *member) (*organization, *apiError) {
	if m.organization != nil {
		return t.organizations.find(m.organization.ID)
	}
	return t.organizations.findOrAddDefault()
}

// check refuses a member that the service would not have created.
func (t *members) check(m *member) *apiError {
	if !validEmail(m.email) {
		return refuse("invalid_email")
	}
	if !slices.Contains([]string{"active", "pending", "invited", "deleted"}, m.status) {
		return refuseBecause("invalid_argument", "The status must be active, pending, invited or deleted.")
	}
	if _, err := t.findByEmail(m.organization, m.email); err == nil {
		return refuse("duplicate_member_email")
	}
	if m.phone.number == "" {
		return nil
	}
	return t.checkNumber(m, m.phone.number)
}

// checkNumber refuses a number that m may not have. A number that another member
// has not verified yet is taken too.
func (t *members) checkNumber(m *member, number string) *apiError {
	if !validNumber(number) {
		return refuse("invalid_phone_number")
	}
	for _, other := range t.byID {
		if other != m && other.organization == m.organization && other.phone.number == number {
			return refuse("duplicate_member_phone_number")
		}
	}
	return nil
}

// linkPhone gives m a number that [members.checkNumber] has accepted.
func (t *members) linkPhone(m *member, number string) {
	m.linkPhone(t.ids.next("phone-number"), number, t.clock.now())
}

// find finds a member within an organization. It does not find members of other
// organizations, so that an app that mixes up tenants notices.
func (t *members) find(o *organization, id string) (*member, *apiError) {
	if id == "" {
		return nil, refuseBecause("invalid_id", "member_id is required.")
	}
	m := t.byID[id]
	if m == nil || m.organization != o {
		return nil, refuse("member_not_found")
	}
	return m, nil
}

// findByEmail is find by email address, ignoring case. Deleted members keep theirs.
func (t *members) findByEmail(o *organization, address string) (*member, *apiError) {
	for _, m := range t.byID {
		if m.organization == o && strings.EqualFold(m.email, address) {
			return m, nil
		}
	}
	return nil, refuse("member_not_found")
}

// findToLogIn is findByEmail for a member that logs in.
func (t *members) findToLogIn(o *organization, address string) (*member, *apiError) {
	m, err := t.findByEmail(o, address)
	if err != nil || m.status == "deleted" {
		return nil, refuse("member_not_found")
	}
	return m, nil
}

func (t *members) shift(d time.Duration) {
	for _, m := range t.byID {
		m.shift(d)
	}
}
