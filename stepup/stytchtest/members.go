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
		email:     email{id: t.ids.next("email"), address: fmt.Sprintf("member-%d@example.com", n)},
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
		m.totp = newActiveTOTP(t.ids, m.totp.secret)
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
	if !slices.Contains([]string{"active", "pending", "invited", "deleted"}, m.status) {
		return refuseBecause("invalid_argument", "The status must be active, pending, invited or deleted.").of("status")
	}
	if err := t.checkID(m.id); err != nil {
		return err
	}
	if err := t.checkEmail(m, m.email.address); err != nil {
		return err
	}
	if m.phone.number == "" {
		return nil
	}
	return t.checkNumber(m, m.phone.number)
}

// checkID refuses the id of a new member. Ids are unique in the whole project.
func (t *members) checkID(id string) *apiError {
	switch {
	case !validExternalID(id):
		return refuseBecause("invalid_argument", "The member_id must be 1 to 128 letters, digits and . _ - |").of("member_id")
	case t.byID[id] != nil:
		return refuseBecause("invalid_argument", "Another member has this member_id.").of("member_id")
	}
	return nil
}

// checkNumber refuses a number that m may not have. A number that another member
// has not verified yet is taken too.
func (t *members) checkNumber(m *member, number string) *apiError {
	if !validNumber(number) {
		return refuse("invalid_phone_number").of("mfa_phone_number")
	}
	for _, other := range t.byID {
		if other != m && other.organization == m.organization && other.phone.number == number {
			return refuse("duplicate_member_phone_number").of("mfa_phone_number")
		}
	}
	return nil
}

// linkPhone gives m a number that [members.checkNumber] has accepted.
func (t *members) linkPhone(m *member, number string) {
	m.linkPhone(t.ids.next("phone-number"), number, t.clock.now())
}

// setPhone replaces the number of m. "" = removes it.
func (t *members) setPhone(m *member, number string, verified bool) *apiError {
	if number == "" {
		m.unlinkPhone(t.clock.now())
		return nil
	}
	if err := t.checkNumber(m, number); err != nil {
		return err
	}
	t.linkPhone(m, number)
	m.phone.verified = verified
	return nil
}

// findByID finds a member of any organization. Only the controls and the admin API do.
func (t *members) findByID(id string) (*member, *apiError) {
	if m := t.byID[id]; m != nil {
		return m, nil
	}
	return nil, refuse("member_not_found")
}

// find finds a member within an organization by its id or external id. It does not find
// members of other organizations, so that an app that mixes up tenants notices.
func (t *members) find(o *organization, id string) (*member, *apiError) {
	if id == "" {
		return nil, refuseBecause("invalid_id", "member_id is required.")
	}
	if m := t.byID[id]; m != nil && m.organization == o {
		return m, nil
	}
	return t.findBy(o, func(m *member) bool { return m.externalID == id })
}

// findByEmail is find by email address, ignoring case.
func (t *members) findByEmail(o *organization, address string) (*member, *apiError) {
	return t.findBy(o, func(m *member) bool { return strings.EqualFold(m.email.address, address) })
}

// findBy finds the member of o that is wanted. Deleted members can be found by what
// they had, unless another member has it now.
func (t *members) findBy(o *organization, wanted func(*member) bool) (*member, *apiError) {
	var deleted *member
	for _, m := range t.byID {
		switch {
		case m.organization != o || !wanted(m):
		case m.status != "deleted":
			return m, nil
		default:
			deleted = m
		}
	}
	if deleted == nil {
		return nil, refuse("member_not_found")
	}
	return deleted, nil
}

// checkExternalID refuses an external id that m may not have.
func (t *members) checkExternalID(m *member, id string) *apiError {
	if !validExternalID(id) {
		return refuseBecause("invalid_argument", "The external_id must be 1 to 128 letters, digits and . _ - |")
	}
	if other, err := t.findBy(m.organization, func(other *member) bool { return other.externalID == id }); err == nil && other != m {
		return refuse("duplicate_member_external_id")
	}
	return nil
}

// validExternalID reports whether id has the form of an external id.
func validExternalID(id string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-|"
	return id != "" && len(id) <= 128 && strings.Trim(id, allowed) == ""
}

// findToLogIn is findByEmail for a member that logs in.
func (t *members) findToLogIn(o *organization, address string) (*member, *apiError) {
	m, err := t.findByEmail(o, address)
	if err != nil || m.status == "deleted" {
		return nil, refuse("member_not_found")
	}
	return m, nil
}

// copyTo replaces what to holds by a copy of what t holds. The organizations of to have
// been copied.
func (t *members) copyTo(to *members) {
	to.byID = map[string]*member{}
	for id, m := range t.byID {
		copied := m.copied()
		copied.organization = to.organizations.byID[m.organization.ID]
		to.byID[id] = copied
	}
}

func (t *members) shift(d time.Duration) {
	for _, m := range t.byID {
		m.shift(d)
	}
}
