// One organization, a tenant of the emulated project. The table in
// organizations.go holds them.

package stytchtest

import (
	"slices"
	"strings"
	"time"
)

// An Organization is a snapshot of a tenant of the project, or describes one to
// [Server.AddOrganization].
type Organization struct {
	ID   string // "" = a new one
	Name string // "" = a unique name; at most 128 bytes
	Slug string // "" = a unique slug; 2 to 128 letters, digits and - . _ ~

	// MFAPolicy is OPTIONAL or REQUIRED_FOR_ALL. "" = OPTIONAL.
	MFAPolicy string

	// MFAMethods lists the allowed methods: sms_otp, totp. Nil = all.
	MFAMethods []string
}

// organization is the emulator's record of a tenant. state.mu must be held.
type organization struct {
	Organization
	created, updated time.Time
}

// check refuses values that the service would not accept for a new organization.
func (o Organization) check() *apiError {
	switch {
	case len(o.Name) > 128:
		return refuse("invalid_organization_name").of("organization_name")
	case !validSlug(o.Slug):
		return refuse("invalid_organization_slug").of("organization_slug")
	case o.MFAPolicy != "OPTIONAL" && o.MFAPolicy != "REQUIRED_FOR_ALL":
		return refuse("invalid_organization_mfa_policy").of("mfa_policy")
	}
	for _, method := range o.MFAMethods {
		if method != "sms_otp" && method != "totp" {
			return refuse("invalid_organization_allowed_mfa_methods").of("allowed_mfa_methods")
		}
	}
	return nil
}

// validSlug reports whether slug has 2 to 128 of the characters that need no
// escaping in a URL (RFC 3986, section 2.3), as the service requires.
func validSlug(slug string) bool {
	const unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
	return len(slug) >= 2 && len(slug) <= 128 && strings.Trim(slug, unreserved) == ""
}

// allowsMFA reports whether members may use this method, sms_otp or totp.
func (o *organization) allowsMFA(method string) bool {
	return o.MFAMethods == nil || slices.Contains(o.MFAMethods, method)
}

func (o *organization) copied() *organization {
	copied := *o
	copied.MFAMethods = slices.Clone(o.MFAMethods)
	return &copied
}

func (o *organization) shift(d time.Duration) {
	o.created, o.updated = o.created.Add(d), o.updated.Add(d)
}

// organizationJSON is the Organization object with all the keys that the service
// sends. https://stytch.com/docs/api-reference/b2b/api/organizations/organization-object
type organizationJSON struct {
	OrganizationID                     string         `json:"organization_id"`
	OrganizationName                   string         `json:"organization_name"`
	OrganizationSlug                   string         `json:"organization_slug"`
	OrganizationLogoURL                string         `json:"organization_logo_url"`
	OrganizationExternalID             *string        `json:"organization_external_id"`
	TrustedMetadata                    map[string]any `json:"trusted_metadata"`
	SSODefaultConnectionID             *string        `json:"sso_default_connection_id"`
	SSOJITProvisioning                 string         `json:"sso_jit_provisioning"`
	SSOJITProvisioningAllowed          []string       `json:"sso_jit_provisioning_allowed_connections"`
	SSOActiveConnections               []any          `json:"sso_active_connections"`
	SCIMActiveConnection               any            `json:"scim_active_connection"`
	EmailAllowedDomains                []string       `json:"email_allowed_domains"`
	EmailJITProvisioning               string         `json:"email_jit_provisioning"`
	EmailInvites                       string         `json:"email_invites"`
	OAuthTenantJITProvisioning         string         `json:"oauth_tenant_jit_provisioning"`
	AllowedOAuthTenants                map[string]any `json:"allowed_oauth_tenants"`
	ClaimedEmailDomains                []string       `json:"claimed_email_domains"`
	AuthMethods                        string         `json:"auth_methods"`
	AllowedAuthMethods                 []string       `json:"allowed_auth_methods"`
	MFAPolicy                          string         `json:"mfa_policy"`
	MFAMethods                         string         `json:"mfa_methods"`
	AllowedMFAMethods                  []string       `json:"allowed_mfa_methods"`
	RBACEmailImplicitRoleAssignments   []any          `json:"rbac_email_implicit_role_assignments"`
	FirstPartyConnectedAppsAllowedType string         `json:"first_party_connected_apps_allowed_type"`
	AllowedFirstPartyConnectedApps     []string       `json:"allowed_first_party_connected_apps"`
	ThirdPartyConnectedAppsAllowedType string         `json:"third_party_connected_apps_allowed_type"`
	AllowedThirdPartyConnectedApps     []string       `json:"allowed_third_party_connected_apps"`
	CustomRoles                        []any          `json:"custom_roles"`
	CreatedAt                          string         `json:"created_at"`
	UpdatedAt                          string         `json:"updated_at"`
}

// json makes the object. Features that the emulator does not imitate have the
// values of a new organization.
func (o *organization) json() organizationJSON {
	methods, allowed := "ALL_ALLOWED", []string{}
	if o.MFAMethods != nil {
		methods, allowed = "RESTRICTED", slices.Clone(o.MFAMethods)
	}
	return organizationJSON{
		OrganizationID:                     o.ID,
		OrganizationName:                   o.Name,
		OrganizationSlug:                   o.Slug,
		TrustedMetadata:                    map[string]any{},
		SSOJITProvisioning:                 "ALL_ALLOWED",
		SSOJITProvisioningAllowed:          []string{},
		SSOActiveConnections:               []any{},
		EmailAllowedDomains:                []string{},
		EmailJITProvisioning:               "NOT_ALLOWED",
		EmailInvites:                       "ALL_ALLOWED",
		OAuthTenantJITProvisioning:         "NOT_ALLOWED",
		AllowedOAuthTenants:                map[string]any{},
		ClaimedEmailDomains:                []string{},
		AuthMethods:                        "ALL_ALLOWED",
		AllowedAuthMethods:                 []string{},
		MFAPolicy:                          o.MFAPolicy,
		MFAMethods:                         methods,
		AllowedMFAMethods:                  allowed,
		RBACEmailImplicitRoleAssignments:   []any{},
		FirstPartyConnectedAppsAllowedType: "ALL_ALLOWED",
		AllowedFirstPartyConnectedApps:     []string{},
		ThirdPartyConnectedAppsAllowedType: "ALL_ALLOWED",
		AllowedThirdPartyConnectedApps:     []string{},
		CustomRoles:                        []any{},
		CreatedAt:                          wireTime(o.created),
		UpdatedAt:                          wireTime(o.updated),
	}
}
