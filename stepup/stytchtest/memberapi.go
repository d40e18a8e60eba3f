// The endpoints that get and update a member. The routes call them through the
// pipeline.

package stytchtest

import "net/http"

// getMember is GET /v1/b2b/organizations/{organization_id}/member. It finds a
// member by id or by email address.
// https://stytch.com/docs/api-reference/b2b/api/members/get-member
func (a *api) getMember(r *http.Request, _ []byte) (answer, *apiError) {
	query := r.URL.Query()
	if err := checkQuery(query, "member_id", "email_address"); err != nil {
		return nil, err
	}
	id, address := query.Get("member_id"), query.Get("email_address")
	if (id == "") == (address == "") {
		return nil, refuse("invalid_member_get_fields")
	}
	a.state.mu.Lock()
	defer a.state.mu.Unlock()
	o, err := a.state.organizations.find(r.PathValue("organization_id"))
	if err != nil {
		return nil, err
	}
	var m *member
	if id != "" {
		m, err = a.state.members.find(o, id)
	} else {
		m, err = a.state.members.findByEmail(o, address)
	}
	if err != nil {
		return nil, err
	}
	return a.memberAnswer(m), nil
}

// updateRequest has the fields that the emulator imitates. Nil = unchanged.
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
func (a *api) updateMember(r *http.Request, body []byte) (answer, *apiError) {
	var req updateRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	a.state.mu.Lock()
	defer a.state.mu.Unlock()
	m, err := a.findPathMember(r)
	if err != nil {
		return nil, err
	}
	if err := a.checkUpdate(m, req); err != nil {
		return nil, err
	}
	if req.MFAPhoneNumber != nil {
		a.state.members.linkPhone(m, *req.MFAPhoneNumber)
	}
	set(&m.name, req.Name)
	set(&m.enrolled, req.MFAEnrolled)
	set(&m.defaultMFA, req.DefaultMFAMethod)
	set(&m.roles, req.Roles)
	merge(m.trusted, req.TrustedMetadata)
	merge(m.untrusted, req.UntrustedMetadata)
	m.updated = a.state.clock.now()
	return a.memberAnswer(m), nil
}

// checkUpdate refuses before anything changes, so that a member is updated
// completely or not at all. state.mu must be held.
func (a *api) checkUpdate(m *member, req updateRequest) *apiError {
	if req.MFAPhoneNumber != nil {
		if m.phone.number != "" {
			return refuse("duplicate_member_phone_number_for_member")
		}
		if err := a.state.members.checkNumber(m, *req.MFAPhoneNumber); err != nil {
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
	case method == "sms_otp" && !hasPhone, method == "totp" && m.activeTOTP() == nil:
		return refuse("default_mfa_member_missing_factor")
	}
	return nil
}

// findPathMember finds the member in the path of a request. state.mu must be held.
func (a *api) findPathMember(r *http.Request) (*member, *apiError) {
	return a.state.findMember(r.PathValue("organization_id"), r.PathValue("member_id"))
}

// set changes a field unless the request omits it.
func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// merge sets the keys of update in held. Null deletes a key.
func merge(held, update map[string]any) {
	for key, value := range update {
		if value == nil {
			delete(held, key)
		} else {
			held[key] = value
		}
	}
}
