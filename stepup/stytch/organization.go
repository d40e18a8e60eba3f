// Organization, which the answers of most calls hold.

package stytch

import "time"

// An Organization is a customer of the project, with rules for its members.
// Optional strings are "" and optional times are zero where the service sends
// null. Numbers in metadata are json.Number.
//
// Settings are ALL_ALLOWED, RESTRICTED (to the list next to them) or
// NOT_ALLOWED, except for MFAPolicy.
type Organization struct {
	OrganizationID         string         `json:"organization_id"`
	OrganizationName       string         `json:"organization_name"`
	OrganizationSlug       string         `json:"organization_slug"`
	OrganizationLogoURL    string         `json:"organization_logo_url"`
	OrganizationExternalID string         `json:"organization_external_id"`
	TrustedMetadata        map[string]any `json:"trusted_metadata"`

	SSODefaultConnectionID               string                `json:"sso_default_connection_id"`
	SSOJITProvisioning                   string                `json:"sso_jit_provisioning"`
	SSOJITProvisioningAllowedConnections []string              `json:"sso_jit_provisioning_allowed_connections"`
	SSOActiveConnections                 []SSOActiveConnection `json:"sso_active_connections"`
	SCIMActiveConnection                 *SCIMActiveConnection `json:"scim_active_connection"` // nil = none

	EmailAllowedDomains        []string       `json:"email_allowed_domains"`
	EmailJITProvisioning       string         `json:"email_jit_provisioning"`
	EmailInvites               string         `json:"email_invites"`
	OAuthTenantJITProvisioning string         `json:"oauth_tenant_jit_provisioning"`
	AllowedOAuthTenants        map[string]any `json:"allowed_oauth_tenants"`
	ClaimedEmailDomains        []string       `json:"claimed_email_domains"`

	AuthMethods        string   `json:"auth_methods"`
	AllowedAuthMethods []string `json:"allowed_auth_methods"` // such as sso, magic_link, google_oauth
	MFAPolicy          string   `json:"mfa_policy"`           // REQUIRED_FOR_ALL or OPTIONAL
	MFAMethods         string   `json:"mfa_methods"`
	AllowedMFAMethods  []string `json:"allowed_mfa_methods"` // sms_otp, totp

	RBACEmailImplicitRoleAssignments []EmailRoleAssignment `json:"rbac_email_implicit_role_assignments"`

	FirstPartyConnectedAppsAllowedType string   `json:"first_party_connected_apps_allowed_type"`
	AllowedFirstPartyConnectedApps     []string `json:"allowed_first_party_connected_apps"`
	ThirdPartyConnectedAppsAllowedType string   `json:"third_party_connected_apps_allowed_type"`
	AllowedThirdPartyConnectedApps     []string `json:"allowed_third_party_connected_apps"`

	CustomRoles []CustomRole `json:"custom_roles"`
	CreatedAt   time.Time    `json:"created_at"`
	UpdatedAt   time.Time    `json:"updated_at"`
}

// An SSOActiveConnection is an SSO connection that members can log in with.
type SSOActiveConnection struct {
	ConnectionID     string `json:"connection_id"`
	DisplayName      string `json:"display_name"`
	IdentityProvider string `json:"identity_provider"`
}

// A SCIMActiveConnection is the directory that provisions the members.
type SCIMActiveConnection struct {
	ConnectionID         string    `json:"connection_id"`
	DisplayName          string    `json:"display_name"`
	BearerTokenLastFour  string    `json:"bearer_token_last_four"`
	BearerTokenExpiresAt time.Time `json:"bearer_token_expires_at"`
}

// An EmailRoleAssignment gives a role to all members with an address in Domain.
type EmailRoleAssignment struct {
	Domain string `json:"domain"`
	RoleID string `json:"role_id"`
}

// A CustomRole is a role that the organization defined.
type CustomRole struct {
	RoleID      string       `json:"role_id"`
	Description string       `json:"description"`
	Permissions []Permission `json:"permissions"`
}

// A Permission allows actions on a resource; "*" is every action.
type Permission struct {
	ResourceID string   `json:"resource_id"`
	Actions    []string `json:"actions"`
}
