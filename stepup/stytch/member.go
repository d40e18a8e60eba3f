// Member, which the answers of most calls hold.

package stytch

import (
	"time"

	"github.com/rungauth/rung/jwks"
)

// A Member is a person in an organization. Optional strings are "" and
// optional times are zero where the service sends null. Numbers in metadata,
// attributes and details are json.Number.
type Member struct {
	OrganizationID        string              `json:"organization_id"`
	MemberID              string              `json:"member_id"`
	ExternalID            string              `json:"external_id"`
	EmailAddress          string              `json:"email_address"`
	EmailAddressVerified  bool                `json:"email_address_verified"`
	RetiredEmailAddresses []RetiredEmail      `json:"retired_email_addresses"`
	Status                string              `json:"status"` // pending, invited, active or deleted
	Name                  string              `json:"name"`
	SSORegistrations      []SSORegistration   `json:"sso_registrations"`
	OAuthRegistrations    []OAuthRegistration `json:"oauth_registrations"`
	SCIMRegistration      *SCIMRegistration   `json:"scim_registration"` // nil = none
	IsBreakglass          bool                `json:"is_breakglass"`     // exempt from the organization's rules for auth methods
	MemberPasswordID      string              `json:"member_password_id"`

	MFAEnrolled bool `json:"mfa_enrolled"`
	// MFAPhoneNumber prints masked. Until a code sent to it has come back, the
	// number is unverified: anybody may have typed it.
	MFAPhoneNumber         jwks.PhoneNumber `json:"mfa_phone_number"`
	MFAPhoneNumberVerified bool             `json:"mfa_phone_number_verified"`
	DefaultMFAMethod       string           `json:"default_mfa_method"` // sms_otp, totp or ""
	TOTPRegistrationID     string           `json:"totp_registration_id"`

	IsAdmin       bool      `json:"is_admin"`  // has the role stytch_admin
	IsLocked      bool      `json:"is_locked"` // after too many wrong codes
	LockCreatedAt time.Time `json:"lock_created_at"`
	LockExpiresAt time.Time `json:"lock_expires_at"`

	Roles             []MemberRole   `json:"roles"`
	TrustedMetadata   map[string]any `json:"trusted_metadata"`
	UntrustedMetadata map[string]any `json:"untrusted_metadata"` // the member can change it
	CreatedAt         time.Time      `json:"created_at"`
	UpdatedAt         time.Time      `json:"updated_at"`
}

// A RetiredEmail is an address that the member had before.
type RetiredEmail struct {
	EmailID      string `json:"email_id"`
	EmailAddress string `json:"email_address"`
}

// An SSORegistration links a member to an SSO connection.
type SSORegistration struct {
	ConnectionID   string         `json:"connection_id"`
	ExternalID     string         `json:"external_id"`
	RegistrationID string         `json:"registration_id"`
	SSOAttributes  map[string]any `json:"sso_attributes"`
}

// An OAuthRegistration links a member to an account at an OAuth provider.
type OAuthRegistration struct {
	ProviderType              string `json:"provider_type"` // such as Google
	ProviderSubject           string `json:"provider_subject"`
	MemberOAuthRegistrationID string `json:"member_oauth_registration_id"`
	ProfilePictureURL         string `json:"profile_picture_url"`
	Locale                    string `json:"locale"`
}

// A SCIMRegistration links a member to a directory.
type SCIMRegistration struct {
	ConnectionID   string         `json:"connection_id"`
	RegistrationID string         `json:"registration_id"`
	ExternalID     string         `json:"external_id"`
	SCIMAttributes map[string]any `json:"scim_attributes"`
}

// A MemberRole is a role of a member, and where it comes from.
type MemberRole struct {
	RoleID  string       `json:"role_id"`
	Sources []RoleSource `json:"sources"`
}

// A RoleSource is a reason why a member has a role. Type is direct_assignment,
// email_assignment, sso_connection, sso_connection_group or
// scim_connection_group; Details depends on it.
type RoleSource struct {
	Type    string         `json:"type"`
	Details map[string]any `json:"details"`
}
