package stytchtest

import (
	"net/http"
	"slices"
)

// credentials are the three ways to name a session in an OTP request.
type credentials struct {
	IntermediateSessionToken string `json:"intermediate_session_token"`
	SessionToken             string `json:"session_token"`
	SessionJWT               string `json:"session_jwt"`
}

// count is how many are given. An empty string is as good as absent, since SDKs
// leave empty strings out.
func (c credentials) count() int {
	n := 0
	for _, given := range []string{c.IntermediateSessionToken, c.SessionToken, c.SessionJWT} {
		if given != "" {
			n++
		}
	}
	return n
}

// sendRequest is the whole request of send: there is no expiry, template or
// autofill parameter on the backend endpoint.
type sendRequest struct {
	OrganizationID string `json:"organization_id"`
	MemberID       string `json:"member_id"`
	MFAPhoneNumber string `json:"mfa_phone_number"`
	Locale         string `json:"locale"`
	credentials
}

// sendSMS is POST /v1/b2b/otps/sms/send.
// https://stytch.com/docs/api-reference/b2b/api/mfa/otp/send-sms-otp
func (s *Server) sendSMS(r *http.Request, body []byte) (answer, *apiError) {
	var req sendRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if !validLocale(req.Locale) {
		return nil, refuse("invalid_locale")
	}
	if req.count() > 1 {
		return nil, refuse("too_many_session_arguments")
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	m, err := s.otpMember(req.OrganizationID, req.MemberID)
	if err != nil {
		return nil, err
	}
	if err := s.checkMayBeTexted(m, req); err != nil {
		return nil, err
	}
	if m.phone.number == "" {
		s.state.members.linkPhone(m, req.MFAPhoneNumber)
	}
	s.text(m, req.Locale)
	return s.memberAnswer(m), nil
}

// text sends m a new code, which replaces the active one.
func (s *Server) text(m *member, locale string) {
	if locale == "" {
		locale = "en"
	}
	now := s.state.clock.now()
	s.state.messages.add(Message{
		MemberID:    m.id,
		PhoneNumber: m.phone.number,
		Code:        m.passcodes.issue(now),
		Locale:      locale,
		SentAt:      now,
	})
}

// otpMember finds a member who may use SMS one-time passcodes just now. A lock
// stops codes from being sent too, or a locked member could be texted for ever.
func (s *Server) otpMember(organizationID, memberID string) (*member, *apiError) {
	o, err := s.state.organizations.find(organizationID)
	if err != nil {
		return nil, err
	}
	m, err := s.state.members.find(o, memberID)
	if err != nil {
		return nil, err
	}
	switch {
	case m.status != "active":
		return nil, refuse("action_available_only_for_active_members")
	case !o.allowsSMS():
		return nil, refuse("operation_restricted_by_organization_mfa_methods")
	case m.passcodes.locked(s.state.clock.now()):
		return nil, refuse("user_lock_limit_reached")
	}
	return m, nil
}

// checkMayBeTexted applies the rules on whose session may have a code sent where.
// They stand between a stolen session and an enrolled phone.
func (s *Server) checkMayBeTexted(m *member, req sendRequest) *apiError {
	factors, err := s.provenFactors(m, req.credentials)
	if err != nil {
		return err
	}
	// "If the Member already has an active MFA factor, then passing an
	// intermediate session token, session token, or session JWT with the
	// existing MFA factor on it is required to prevent bypassing MFA." Taken
	// literally for a new number, or whoever took over a session with a
	// primary factor alone could enrol a phone.
	literally := s.FactorToSend || m.phone.number == ""
	active := m.phone.verified || m.totpID != ""
	proven := slices.ContainsFunc(factors, func(f *factor) bool { return f.order == "SECONDARY" })
	if active && (req.count() == 0 || literally && !proven) {
		return refuse("session_enforced_factor_matching_session_required")
	}
	switch {
	case m.phone.number == "" && req.MFAPhoneNumber == "":
		return refuse("missing_sms_parameter")
	case m.phone.number == "":
		return s.state.members.checkNumber(m, req.MFAPhoneNumber)
	case req.MFAPhoneNumber != "" && req.MFAPhoneNumber != m.phone.number:
		return refuse("duplicate_member_phone_number_for_member")
	}
	return nil
}

// provenFactors returns the factors of the session or login that a request
// names, which must be the member's. No credentials, no factors.
func (s *Server) provenFactors(m *member, c credentials) ([]*factor, *apiError) {
	if c.count() == 0 {
		return nil, nil
	}
	if c.IntermediateSessionToken != "" {
		l, err := s.state.logins.find(m, c.IntermediateSessionToken)
		if err != nil {
			return nil, err
		}
		return l.factors, nil
	}
	ss, err := s.findSession(m, c)
	if err != nil {
		return nil, err
	}
	return ss.factors, nil
}

// findSession returns the living session that a request names by token or JWT.
func (s *Server) findSession(m *member, c credentials) (*session, *apiError) {
	find, credential := s.findSessionByJWT, c.SessionJWT
	if c.SessionToken != "" {
		find, credential = s.state.sessions.findByToken, c.SessionToken
	}
	ss, err := find(credential)
	if err != nil {
		return nil, err
	}
	if ss.member != m {
		return nil, refuse("member_session_member_id_mismatch")
	}
	return ss, nil
}

// validLocale knows the languages of the text message.
func validLocale(locale string) bool {
	switch locale {
	case "", "en", "es", "pt-br", "fr", "it", "de-DE", "zh-Hans", "ca-ES",
		"ja", "ru", "nl", "pl", "tr", "fa", "vi", "cs":
		return true
	}
	return false
}
