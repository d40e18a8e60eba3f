// The email address of a member, and those that it had before. The update endpoint
// changes it.

package stytchtest

import (
	"slices"
	"strings"
)

// email is an address and its id.
type email struct {
	id      string
	address string
}

// setEmail gives m an address that [members.checkEmail] has accepted. It has to be
// verified anew, and the password is gone. Unless unlink, nobody else in the
// organization can have the old address: it is retired.
// https://stytch.com/docs/api-reference/b2b/api/members/update-member
func (m *member) setEmail(id, address string, unlink bool) {
	if m.email.address == address {
		return
	}
	if !unlink {
		m.retired = append(m.retired, m.email)
	}
	m.retired = slices.DeleteFunc(m.retired, func(e email) bool { return strings.EqualFold(e.address, address) })
	m.email = email{id: id, address: address}
	m.emailUnverified = true
	m.password, m.passwordID = "", ""
}

// hasEmail reports whether the address is or was that of m, ignoring case.
func (m *member) hasEmail(address string) bool {
	return strings.EqualFold(m.email.address, address) ||
		slices.ContainsFunc(m.retired, func(e email) bool { return strings.EqualFold(e.address, address) })
}

// checkEmail refuses an address that m may not have. Those of deleted members are free.
func (t *members) checkEmail(m *member, address string) *apiError {
	if !validEmail(address) {
		return refuse("invalid_email").of("email_address")
	}
	for _, other := range t.byID {
		if other != m && other.organization == m.organization && other.status != "deleted" && other.hasEmail(address) {
			return refuse("duplicate_member_email").of("email_address")
		}
	}
	return nil
}

// validEmail is no stricter than it has to be.
func validEmail(address string) bool { return strings.Contains(address, "@") }
