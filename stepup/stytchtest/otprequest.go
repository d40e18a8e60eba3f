// Credentials and lookups that the two SMS endpoints share. Both come here
// after decoding a request.

package stytchtest

// credentials are the three ways in which a request about passcodes can name a
// session.
type credentials struct {
	IntermediateSessionToken string `json:"intermediate_session_token"`
	SessionToken             string `json:"session_token"`
	SessionJWT               string `json:"session_jwt"`
}

// count returns how many are given. An empty string counts as absent, since SDKs
// omit empty strings.
func (c credentials) count() int {
	n := 0
	for _, given := range []string{c.IntermediateSessionToken, c.SessionToken, c.SessionJWT} {
		if given != "" {
			n++
		}
	}
	return n
}

// findOTPMember finds a member that may use SMS passcodes now. A lock stops the
// sending of codes too, or an attacker could have a member texted forever. state.mu
// must be held.
func (a *api) findOTPMember(organizationRef, memberID string) (*member, *apiError) {
	m, err := a.state.findMember(organizationRef, memberID)
	if err != nil {
		return nil, err
	}
	switch {
	case m.status != "active":
		return nil, refuse("action_available_only_for_active_members")
	case !m.organization.allowsSMS():
		return nil, refuse("operation_restricted_by_organization_mfa_methods")
	case m.passcodes.locked(a.state.clock.now()):
		return nil, refuse("user_lock_limit_reached")
	}
	return m, nil
}

// findSessionOf returns the session that a request names by token or JWT. It must
// be a session of m. state.mu must be held.
func (a *api) findSessionOf(m *member, c credentials) (*session, *apiError) {
	ss, err := a.findSession(c.SessionToken, c.SessionJWT)
	if err != nil {
		return nil, err
	}
	if ss.member != m {
		return nil, refuse("member_session_member_id_mismatch")
	}
	return ss, nil
}

// provenFactors returns the factors of the session or login that a request names. It
// must belong to m. Without credentials there are no factors. state.mu must be held.
func (a *api) provenFactors(m *member, c credentials) ([]*factor, *apiError) {
	if c.count() == 0 {
		return nil, nil
	}
	if c.IntermediateSessionToken != "" {
		l, err := a.state.logins.find(m, c.IntermediateSessionToken)
		if err != nil {
			return nil, err
		}
		return l.factors, nil
	}
	ss, err := a.findSessionOf(m, c)
	if err != nil {
		return nil, err
	}
	return ss.factors, nil
}
