// What a login still lacks. Primary authentication decides by it between a session and
// an intermediate session token, and the list of organizations shows it.

package stytchtest

// requirements are the two fields that say what is missing. Both are nil if nothing is.
type requirements struct {
	MFARequired     *mfaRequiredJSON     `json:"mfa_required"`
	PrimaryRequired *primaryRequiredJSON `json:"primary_required"`
}

// mfaRequiredJSON is the MFARequired object.
type mfaRequiredJSON struct {
	MemberOptions          *memberOptionsJSON `json:"member_options"`
	SecondaryAuthInitiated *string            `json:"secondary_auth_initiated"` // sms_otp or null
}

// memberOptionsJSON lists the second factors that a member can give.
type memberOptionsJSON struct {
	MFAPhoneNumber     string `json:"mfa_phone_number"`
	TOTPRegistrationID string `json:"totp_registration_id"`
}

// primaryRequiredJSON lists the primary factors of which one has to be given.
type primaryRequiredJSON struct {
	AllowedAuthMethods []string `json:"allowed_auth_methods"`
}

func (need requirements) any() bool {
	return need.MFARequired != nil || need.PrimaryRequired != nil
}

// missingFrom returns what m has to prove besides the factors. The primary factor
// comes first. https://stytch.com/docs/b2b/guides/mfa/overview
func missingFrom(m *member, factors []*factor) requirements {
	switch {
	case !hasOrder(factors, "PRIMARY"):
		return requirements{PrimaryRequired: &primaryRequiredJSON{AllowedAuthMethods: authMethods()}}
	case m.mustUseMFA() && !hasOrder(factors, "SECONDARY"):
		return requirements{MFARequired: &mfaRequiredJSON{MemberOptions: memberOptions(m)}}
	}
	return requirements{}
}

// memberOptions returns nil for a member that has to enroll first.
func memberOptions(m *member) *memberOptionsJSON {
	options := memberOptionsJSON{MFAPhoneNumber: m.phone.number, TOTPRegistrationID: m.totpID()}
	if options == (memberOptionsJSON{}) {
		return nil
	}
	return &options
}

// authMethods are the primary factors of an organization that allows all.
func authMethods() []string {
	return []string{
		"sso", "magic_link", "email_otp", "password", "google_oauth", "microsoft_oauth",
		"slack_oauth", "github_oauth", "hubspot_oauth",
	}
}

// primaryAnswer is the answer of the endpoints of primary authentication. Either there
// is a session, or an intermediate session token and something that is required.
type primaryAnswer struct {
	sessionAnswer
	requirements
	MemberAuthenticated               bool        `json:"member_authenticated"`
	IntermediateSessionToken          string      `json:"intermediate_session_token"`
	IntermediateSessionTokenExpiresAt *string     `json:"intermediate_session_token_expires_at"`
	MemberDevice                      *deviceJSON `json:"member_device"`
}
