// The fields of organizations, members and settings in JSON. The admin endpoints read
// them, and so does Load.

package stytchtest

// organizationFields has what [Organization] has.
type organizationFields struct {
	OrganizationID    string   `json:"organization_id"`     // "" = a new one
	OrganizationName  string   `json:"organization_name"`   // "" = a unique one
	OrganizationSlug  string   `json:"organization_slug"`   // "" = a unique one
	MFAPolicy         string   `json:"mfa_policy"`          // "" = OPTIONAL
	AllowedMFAMethods []string `json:"allowed_mfa_methods"` // null = all
}

// organization returns the argument of AddOrganization.
func (f organizationFields) organization() Organization {
	return Organization{
		ID: f.OrganizationID, Name: f.OrganizationName, Slug: f.OrganizationSlug,
		MFAPolicy: f.MFAPolicy, MFAMethods: f.AllowedMFAMethods,
	}
}

// memberFields has what the options of [Server.AddMember] set. Unlike AddMember it gives
// the member no phone number by itself: a document should show everything that matters.
type memberFields struct {
	MemberID               string    `json:"member_id"`     // "" = a new one
	EmailAddress           string    `json:"email_address"` // "" = a unique one
	Name                   string    `json:"name"`          // "" = a unique one
	MFAPhoneNumber         string    `json:"mfa_phone_number"`
	MFAPhoneNumberVerified *bool     `json:"mfa_phone_number_verified"` // null = true
	MFAEnrolled            bool      `json:"mfa_enrolled"`
	TOTP                   bool      `json:"totp"`        // an authenticator app, as by WithTOTP
	TOTPSecret             string    `json:"totp_secret"` // the same, as by WithTOTPSecret
	Password               string    `json:"password"`    // "" = none
	Roles                  *[]string `json:"roles"`       // null = stytch_member
	Status                 string    `json:"status"`      // "" = active
}

// addTo adds the member to o. state.mu must be held.
func (f memberFields) addTo(t *members, o *organization) (*member, *apiError) {
	opts := []MemberOption{InOrganization(&o.Organization), f.applyTo}
	if f.TOTPSecret != "" {
		secret, err := parseTOTPSecret(f.TOTPSecret)
		if err != nil {
			return nil, err
		}
		opts = append(opts, withTOTPSecret(secret))
	}
	return t.add(opts...)
}

// applyTo is the [MemberOption] of the fields that cannot be malformed.
func (f memberFields) applyTo(m *member) {
	if f.MemberID != "" {
		m.id = f.MemberID
	}
	if f.EmailAddress != "" {
		m.email.address = f.EmailAddress
	}
	if f.Name != "" {
		m.name = f.Name
	}
	m.enrolled = f.MFAEnrolled
	m.password = f.Password
	if f.Roles != nil {
		WithRoles(*f.Roles...)(m)
	}
	if f.Status != "" {
		m.status = f.Status
	}
	if f.TOTP {
		WithTOTP()(m)
	}
	m.phone.number = f.MFAPhoneNumber
	m.phone.verified = f.MFAPhoneNumber != "" &&
		(f.MFAPhoneNumberVerified == nil || *f.MFAPhoneNumberVerified)
}

// settingFields has the fields of [Server] that say how the service is to be read. Null =
// unchanged.
type settingFields struct {
	BaseURLIssuer *bool   `json:"base_url_issuer"`
	SessionTokens *string `json:"session_tokens"` // same, none or new
	FactorToSend  *bool   `json:"factor_to_send"`
}

// override returns the change that the fields make.
func (f settingFields) override() (override, *apiError) {
	out := override{baseURLIssuer: f.BaseURLIssuer, factorToSend: f.FactorToSend}
	if f.SessionTokens == nil {
		return out, nil
	}
	var tokens SessionTokens
	switch *f.SessionTokens {
	case "same":
		tokens = SameSessionToken
	case "none":
		tokens = NoSessionToken
	case "new":
		tokens = NewSessionToken
	default:
		return out, refuseBecause("bad_request", "The session tokens must be same, none or new.").of("session_tokens")
	}
	out.sessionTokens = &tokens
	return out, nil
}
