package stytchtest

import (
	"net/http"
	"strings"
)

// getMember is GET /v1/b2b/organizations/{organization_id}/member.
// https://stytch.com/docs/api-reference/b2b/api/members/get-member
func (s *Server) getMember(r *http.Request, _ []byte) (answer, *apiError) {
	query := r.URL.Query()
	if err := checkQuery(query, "member_id", "email_address"); err != nil {
		return nil, err
	}
	id, address := query.Get("member_id"), query.Get("email_address")
	if (id == "") == (address == "") {
		return nil, refuse("invalid_member_get_fields")
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	o, err := s.state.organizations.find(r.PathValue("organization_id"))
	if err != nil {
		return nil, err
	}
	if address == "" {
		m, err := s.state.members.find(o, id)
		if err != nil {
			return nil, err
		}
		return s.memberAnswer(m), nil
	}
	for _, m := range s.state.members.byID {
		if m.organization == o && strings.EqualFold(m.email, address) {
			return s.memberAnswer(m), nil
		}
	}
	return nil, refuse("member_not_found")
}

// updateRequest holds the fields of a member update that the emulator imitates.
// Nil = leave as it is.
type updateRequest struct {
	Name              *string        `json:"name"`
	MFAPhoneNumber    *string        `json:"mfa_phone_number"`
	MFAEnrolled       *bool          `json:"mfa_enrolled"`
	DefaultMFAMethod  *string        `json:"default_mfa_method"`
	Roles             *[]string      `json:"roles"`
	TrustedMetadata   map[string]any `json:"trusted_metadata"`
	UntrustedMetadata map[string]any `json:"untrusted_metadata"`
}

// updateMember is PUT /v1/b2b/organizations/{organization_id}/members/{member_id}.
// https://stytch.com/docs/api-reference/b2b/api/members/update-member
func (s *Server) updateMember(r *http.Request, body []byte) (answer, *apiError) {
	var req updateRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	m, err := s.pathMember(r)
	if err != nil {
		return nil, err
	}
	if err := s.checkUpdate(m, req); err != nil {
		return nil, err
	}
	if req.MFAPhoneNumber != nil {
		s.state.members.linkPhone(m, *req.MFAPhoneNumber)
	}
	set(&m.name, req.Name)
	set(&m.enrolled, req.MFAEnrolled)
	set(&m.defaultMFA, req.DefaultMFAMethod)
	set(&m.roles, req.Roles)
	merge(m.trusted, req.TrustedMetadata)
	merge(m.untrusted, req.UntrustedMetadata)
	m.updated = s.state.clock.now()
	return s.memberAnswer(m), nil
}

// checkUpdate refuses before anything is changed, so that an update is done whole
// or not at all.
func (s *Server) checkUpdate(m *member, req updateRequest) *apiError {
	if req.MFAPhoneNumber != nil {
		if m.phone.number != "" {
			return refuse("duplicate_member_phone_number_for_member")
		}
		if err := s.state.members.checkNumber(m, *req.MFAPhoneNumber); err != nil {
			return err
		}
	}
	if req.DefaultMFAMethod == nil {
		return nil
	}
	hasPhone := m.phone.number != "" || req.MFAPhoneNumber != nil
	switch method := *req.DefaultMFAMethod; {
	case method != "sms_otp" && method != "totp":
		return refuse("invalid_mfa_default_method")
	case method == "sms_otp" && !hasPhone, method == "totp" && m.totpID == "":
		return refuse("default_mfa_member_missing_factor")
	}
	return nil
}

// deletePhone is DELETE
// /v1/b2b/organizations/{organization_id}/members/mfa_phone_numbers/{member_id}.
// Sessions keep the factor that the number once proved.
// https://stytch.com/docs/api-reference/b2b/api/members/delete-member-mfa-phone-number
func (s *Server) deletePhone(r *http.Request, _ []byte) (answer, *apiError) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	m, err := s.pathMember(r)
	if err != nil {
		return nil, err
	}
	if m.phone.number == "" {
		return nil, refuse("member_phone_number_not_found")
	}
	m.unlinkPhone(s.state.clock.now())
	return s.memberAnswer(m), nil
}

// pathMember finds the member that the path of a request names.
func (s *Server) pathMember(r *http.Request) (*member, *apiError) {
	o, err := s.state.organizations.find(r.PathValue("organization_id"))
	if err != nil {
		return nil, err
	}
	return s.state.members.find(o, r.PathValue("member_id"))
}

// set changes a field unless the request left it out.
func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// merge sets the keys of update; null deletes one.
func merge(held, update map[string]any) {
	for key, value := range update {
		if value == nil {
			delete(held, key)
		} else {
			held[key] = value
		}
	}
}
