// The options of AddMember. The table in members.go applies them before it
// checks a new member.

package stytchtest

import "fmt"

// A MemberOption changes the member that [Server.AddMember] adds.
type MemberOption func(*member)

// InOrganization puts the member into o instead of the default organization.
// Only o.ID matters.
func InOrganization(o *Organization) MemberOption {
	return func(m *member) { m.organization = &organization{Organization: *o} }
}

// WithID sets the id, 1 to 128 letters, digits and . _ - | that no other member of the
// project has. Without it the id is a random one in the service's form.
func WithID(id string) MemberOption { return func(m *member) { m.id = id } }

// WithEmail sets the email address. It must be unique in the organization,
// ignoring case.
func WithEmail(address string) MemberOption {
	return func(m *member) { m.email.address = address }
}

// WithName sets the name.
func WithName(name string) MemberOption { return func(m *member) { m.name = name } }

// WithPhone sets a verified phone number in E.164 form. It must be unique in the
// organization.
func WithPhone(number string) MemberOption {
	return func(m *member) { m.phone = phone{number: number, verified: true} }
}

// WithUnverifiedPhone sets a phone number that the member has not verified yet.
func WithUnverifiedPhone(number string) MemberOption {
	return func(m *member) { m.phone = phone{number: number} }
}

// WithoutPhone leaves the member without a phone number.
func WithoutPhone() MemberOption { return func(m *member) { m.phone = phone{} } }

// WithTOTP gives the member an authenticator app, an active MFA factor besides the
// phone, with ten recovery codes. [Server.TOTPCode] tells what the app shows.
func WithTOTP() MemberOption { return func(m *member) { m.totp = &totp{} } }

// WithTOTPSecret is WithTOTP for an app with a known secret, in base32 without padding.
// It panics if the secret is not in this form.
func WithTOTPSecret(secret string) MemberOption {
	parsed, err := parseTOTPSecret(secret)
	if err != nil {
		panic("stytchtest: WithTOTPSecret: " + err.message)
	}
	return withTOTPSecret(parsed)
}

// withTOTPSecret is WithTOTPSecret for a secret that has been read.
func withTOTPSecret(secret []byte) MemberOption {
	return func(m *member) { m.totp = &totp{secret: secret} }
}

// WithPassword sets the password with which the member logs in. "" = none.
func WithPassword(password string) MemberOption {
	return func(m *member) { m.password = password }
}

// WithRoles replaces the roles. Without it the only role is stytch_member.
func WithRoles(roles ...string) MemberOption {
	return func(m *member) { m.roles = append([]string{}, roles...) }
}

// WithStatus sets the status: active, pending, invited or deleted.
func WithStatus(status string) MemberOption { return func(m *member) { m.status = status } }

// WithMFAEnrolled enrolls the member in MFA.
func WithMFAEnrolled() MemberOption { return func(m *member) { m.enrolled = true } }

// withUniquePhone sets a verified number from the range reserved for fiction.
func withUniquePhone() MemberOption {
	return func(m *member) {
		number := fmt.Sprintf("+1%03d55501%02d", 200+m.serial/100%800, m.serial%100)
		m.phone = phone{number: number, verified: true}
	}
}
