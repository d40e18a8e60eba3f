package stytchtest

import "fmt"

// A MemberOption changes what [Server.AddMember] adds.
type MemberOption func(*member)

// InOrganization puts the member into o instead of the default organization.
// Only its ID is looked at.
func InOrganization(o *Organization) MemberOption {
	return func(m *member) { m.organization = &organization{Organization: *o} }
}

// WithEmail sets the e-mail address.
func WithEmail(address string) MemberOption { return func(m *member) { m.email = address } }

// WithName sets the name.
func WithName(name string) MemberOption { return func(m *member) { m.name = name } }

// WithPhone sets a verified phone number, in E.164 form.
func WithPhone(number string) MemberOption {
	return func(m *member) { m.phone = phone{number: number, verified: true} }
}

// WithUnverifiedPhone sets a phone number that the member has not proved yet.
func WithUnverifiedPhone(number string) MemberOption {
	return func(m *member) { m.phone = phone{number: number} }
}

// WithoutPhone leaves the member without a phone number.
func WithoutPhone() MemberOption { return func(m *member) { m.phone = phone{} } }

// WithTOTP gives the member a TOTP registration: an active MFA factor besides
// the phone.
func WithTOTP() MemberOption { return func(m *member) { m.totpID = newUUID() } }

// WithRoles replaces the roles, which are stytch_member alone.
func WithRoles(roles ...string) MemberOption {
	return func(m *member) { m.roles = append([]string{}, roles...) }
}

// WithStatus sets the status: active, pending, invited or deleted.
func WithStatus(status string) MemberOption { return func(m *member) { m.status = status } }

// WithMFAEnrolled enrols the member in MFA.
func WithMFAEnrolled() MemberOption { return func(m *member) { m.enrolled = true } }

// withUniquePhone picks a number of the range that is kept free for fiction.
func withUniquePhone(serial int) MemberOption {
	return WithPhone(fmt.Sprintf("+1%03d55501%02d", 200+serial/100%800, serial%100))
}
