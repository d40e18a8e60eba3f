package stytchtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// An Organization is a snapshot of a tenant of the project, and what
// [Server.AddOrganization] is told.
type Organization struct {
	ID   string // "" = a new one
	Name string // "" = a unique name
	Slug string // "" = a unique slug; 2 to 128 letters, digits and - . _ ~

	// MFAPolicy is OPTIONAL or REQUIRED_FOR_ALL. "" = OPTIONAL.
	MFAPolicy string

	// MFAMethods lists the methods that are allowed: sms_otp, totp. Nil = all.
	MFAMethods []string
}

// organization is what the emulator holds. Server.mu guards it.
type organization struct {
	Organization
	created, updated time.Time
}

// AddOrganization adds an organization. It panics if a field is not valid or
// the slug is taken. Tests that need only one organization can do without:
// [Server.AddMember] makes one.
func (s *Server) AddOrganization(o Organization) *Organization {
	s.mu.Lock()
	defer s.mu.Unlock()
	added, err := s.addOrganization(o)
	if err != nil {
		panic("stytchtest: AddOrganization: " + err.message)
	}
	snapshot := added.Organization
	return &snapshot
}

// addOrganization fills in what was left out. s.mu must be held.
func (s *Server) addOrganization(o Organization) (*organization, *apiError) {
	s.serial++
	if o.ID == "" {
		o.ID = s.id("organization")
	}
	if o.Name == "" {
		o.Name = fmt.Sprintf("Organization %d", s.serial)
	}
	if o.Slug == "" {
		o.Slug = fmt.Sprintf("organization-%d", s.serial)
	}
	if o.MFAPolicy == "" {
		o.MFAPolicy = "OPTIONAL"
	}
	if err := s.checkOrganization(o); err != nil {
		return nil, err
	}
	o.MFAMethods = slices.Clone(o.MFAMethods)
	now := s.now()
	added := &organization{Organization: o, created: now, updated: now}
	s.organizations[o.ID] = added
	return added, nil
}

// checkOrganization refuses an organization that the service would not have
// created.
func (s *Server) checkOrganization(o Organization) *apiError {
	switch {
	case s.organizations[o.ID] != nil:
		return refuse("duplicate_organization")
	case len(o.Name) > 128:
		return refuse("invalid_organization_name")
	case !validSlug(o.Slug):
		return refuse("invalid_organization_slug")
	case o.MFAPolicy != "OPTIONAL" && o.MFAPolicy != "REQUIRED_FOR_ALL":
		return refuse("invalid_organization_mfa_policy")
	}
	for _, method := range o.MFAMethods {
		if method != "sms_otp" && method != "totp" {
			return refuse("invalid_organization_allowed_mfa_methods")
		}
	}
	for _, other := range s.organizations {
		if other.Slug == o.Slug {
			return refuse("organization_slug_already_used")
		}
	}
	return nil
}

// validSlug reports whether slug has 2 to 128 of the characters that need no
// escaping in a URL (RFC 3986, section 2.3), as the service demands.
func validSlug(slug string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return len(slug) >= 2 && len(slug) <= 128 &&
		strings.Trim(slug, letters+digits+"-._~") == ""
}

// findOrganization takes an id or a slug, as the service does.
func (s *Server) findOrganization(ref string) (*organization, *apiError) {
	if ref == "" {
		return nil, refuse("invalid_organization_id")
	}
	if o := s.organizations[ref]; o != nil {
		return o, nil
	}
	for _, o := range s.organizations {
		if o.Slug == ref {
			return o, nil
		}
	}
	return nil, refuse("organization_not_found")
}

// allowsSMS reports whether members may use SMS one-time passcodes.
func (o *organization) allowsSMS() bool {
	return o.MFAMethods == nil || slices.Contains(o.MFAMethods, "sms_otp")
}

func (o *organization) shift(d time.Duration) {
	o.created, o.updated = o.created.Add(d), o.updated.Add(d)
}

// organizationJSON is the Organization object, with every key that it has at the
// service. https://stytch.com/docs/api-reference/b2b/api/organizations/organization-object
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

// json makes the object. What the emulator does not imitate has the value that a
// new organization has.
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
