// The endpoint that updates a member. The routes call it through the pipeline.

package stytchtest

import "net/http"

// updateRequest has all parameters of the endpoint. Nil = unchanged.
type updateRequest struct {
	OrganizationID    string         `json:"organization_id"` // as in the path
	MemberID          string         `json:"member_id"`       // as in the path
	Name              *string        `json:"name"`
	EmailAddress      *string        `json:"email_address"`
	UnlinkEmail       bool           `json:"unlink_email"` // the old address is not retired
	ExternalID        *string        `json:"external_id"`
	IsBreakglass      *bool          `json:"is_breakglass"`
	MFAPhoneNumber    *string        `json:"mfa_phone_number"`
	MFAEnrolled       *bool          `json:"mfa_enrolled"`
	DefaultMFAMethod  *string        `json:"default_mfa_method"`
	Roles             *[]string      `json:"roles"`
	TrustedMetadata   map[string]any `json:"trusted_metadata"`
	UntrustedMetadata map[string]any `json:"untrusted_metadata"`

	// PreserveExistingSessions is about roles that come from SSO, which no role here
	// does.
	PreserveExistingSessions bool `json:"preserve_existing_sessions"`
}

// updateMember is PUT /v1/b2b/organizations/{organization_id}/members/{member_id}. Some
// SDKs repeat the ids of the path in the body.
// https://stytch.com/docs/api-reference/b2b/api/members/update-member
func (a *api) updateMember(r *http.Request, body []byte) (answer, *apiError) {
	var req updateRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := checkPathValue(r, "organization_id", req.OrganizationID); err != nil {
		return nil, err
	}
	if err := checkPathValue(r, "member_id", req.MemberID); err != nil {
		return nil, err
	}
	a.state.mu.Lock()
	defer a.state.mu.Unlock()
	m, err := a.state.findMember(r.PathValue("organization_id"), r.PathValue("member_id"))
	if err != nil {
		return nil, err
	}
	if err := a.checkUpdate(m, req); err != nil {
		return nil, err
	}
	if req.MFAPhoneNumber != nil {
		a.state.members.linkPhone(m, *req.MFAPhoneNumber)
	}
	if req.EmailAddress != nil {
		m.setEmail(a.ids.next("email"), *req.EmailAddress, req.UnlinkEmail)
	}
	set(&m.name, req.Name)
	set(&m.externalID, req.ExternalID)
	set(&m.breakglass, req.IsBreakglass)
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
	if req.EmailAddress != nil {
		if err := a.state.members.checkEmail(m, *req.EmailAddress); err != nil {
			return err
		}
	}
	if req.ExternalID != nil {
		if err := a.state.members.checkExternalID(m, *req.ExternalID); err != nil {
			return err
		}
	}
	if req.MFAPhoneNumber != nil {
		if m.phone.number != "" {
			return refuse("duplicate_member_phone_number_for_member")
		}
		if err := a.state.members.checkNumber(m, *req.MFAPhoneNumber); err != nil {
			return err
		}
	}
	return checkDefaultMFA(m, req)
}

// checkDefaultMFA refuses a default method that the member will not have.
func checkDefaultMFA(m *member, req updateRequest) *apiError {
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
