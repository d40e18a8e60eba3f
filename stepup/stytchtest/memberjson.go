// The Member object. The endpoints of the API and the admin API answer with it.

package stytchtest

import (
	"maps"
	"slices"
	"time"
)

// memberJSON is the Member object with all the keys that the service sends.
// https://stytch.com/docs/api-reference/b2b/api/members/member-object
type memberJSON struct {
	OrganizationID         string         `json:"organization_id"`
	MemberID               string         `json:"member_id"`
	ExternalID             *string        `json:"external_id"`
	EmailAddress           string         `json:"email_address"`
	EmailAddressVerified   bool           `json:"email_address_verified"`
	RetiredEmailAddresses  []retiredJSON  `json:"retired_email_addresses"`
	Status                 string         `json:"status"`
	Name                   string         `json:"name"`
	SSORegistrations       []any          `json:"sso_registrations"`
	OAuthRegistrations     []any          `json:"oauth_registrations"`
	SCIMRegistration       any            `json:"scim_registration"`
	IsBreakglass           bool           `json:"is_breakglass"`
	MemberPasswordID       string         `json:"member_password_id"`
	MFAEnrolled            bool           `json:"mfa_enrolled"`
	MFAPhoneNumber         string         `json:"mfa_phone_number"`
	MFAPhoneNumberVerified bool           `json:"mfa_phone_number_verified"`
	DefaultMFAMethod       string         `json:"default_mfa_method"`
	TOTPRegistrationID     string         `json:"totp_registration_id"`
	IsAdmin                bool           `json:"is_admin"`
	IsLocked               bool           `json:"is_locked"`
	LockCreatedAt          *string        `json:"lock_created_at"`
	LockExpiresAt          *string        `json:"lock_expires_at"`
	Roles                  []roleJSON     `json:"roles"`
	TrustedMetadata        map[string]any `json:"trusted_metadata"`
	UntrustedMetadata      map[string]any `json:"untrusted_metadata"`
	CreatedAt              string         `json:"created_at"`
	UpdatedAt              string         `json:"updated_at"`
}

// retiredJSON is an address that the member had before.
type retiredJSON struct {
	EmailID      string `json:"email_id"`
	EmailAddress string `json:"email_address"`
}

// roleJSON is a role and where it comes from. Sessions list role ids only.
type roleJSON struct {
	RoleID  string           `json:"role_id"`
	Sources []roleSourceJSON `json:"sources"`
}

// roleSourceJSON is always a direct assignment here: there are no groups.
type roleSourceJSON struct {
	Type    string         `json:"type"`
	Details map[string]any `json:"details"`
}

// json makes the object as of now; a lock that has ended does not show. Lists and
// maps are never null, since the Python SDK refuses an answer in which they are.
func (m *member) json(now time.Time) memberJSON {
	object := memberJSON{
		OrganizationID:         m.organization.ID,
		MemberID:               m.id,
		EmailAddress:           m.email.address,
		EmailAddressVerified:   m.status == "active" && !m.emailUnverified,
		RetiredEmailAddresses:  []retiredJSON{},
		Status:                 m.status,
		Name:                   m.name,
		SSORegistrations:       []any{},
		OAuthRegistrations:     []any{},
		MemberPasswordID:       m.passwordID,
		IsBreakglass:           m.breakglass,
		MFAEnrolled:            m.enrolled,
		MFAPhoneNumber:         m.phone.number,
		MFAPhoneNumberVerified: m.phone.verified,
		DefaultMFAMethod:       m.defaultMFA,
		TOTPRegistrationID:     m.totpID(),
		IsAdmin:                slices.Contains(m.roles, "stytch_admin"),
		IsLocked:               m.lock.locked(now),
		Roles:                  []roleJSON{},
		TrustedMetadata:        maps.Clone(m.trusted),
		UntrustedMetadata:      maps.Clone(m.untrusted),
		CreatedAt:              wireTime(m.created),
		UpdatedAt:              wireTime(m.updated),
	}
	if object.IsLocked {
		object.LockCreatedAt = wireTimeOrNull(m.lock.created)
		object.LockExpiresAt = wireTimeOrNull(m.lock.expires)
	}
	if m.externalID != "" {
		id := m.externalID // the answer is written after the lock is released
		object.ExternalID = &id
	}
	for _, e := range m.retired {
		object.RetiredEmailAddresses = append(object.RetiredEmailAddresses, retiredJSON{e.id, e.address})
	}
	for _, role := range m.roles {
		source := roleSourceJSON{Type: "direct_assignment", Details: map[string]any{}}
		object.Roles = append(object.Roles, roleJSON{RoleID: role, Sources: []roleSourceJSON{source}})
	}
	return object
}
