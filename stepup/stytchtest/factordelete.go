// The endpoints that delete a second factor of a member: its phone number or its
// authenticator app. The routes call them through the pipeline.

package stytchtest

import "net/http"

// deleteFactor is DELETE /v1/b2b/organizations/{organization_id}/members/…, whose last
// two parts ServeMux cannot tell apart: mfa_phone_numbers/{member_id} or
// {member_id}/totp.
func (f mfa) deleteFactor(r *http.Request, _ []byte) (answer, *apiError) {
	first, second := r.PathValue("first"), r.PathValue("second")
	switch {
	case first == "mfa_phone_numbers":
		return f.deletePhone(r.PathValue("organization_id"), second)
	case second == "totp":
		return f.deleteTOTP(r.PathValue("organization_id"), first)
	}
	return nil, refuse("route_not_found")
}

// deletePhone deletes the phone number. Sessions keep the factor that it proved.
// https://stytch.com/docs/api-reference/b2b/api/members/delete-member-mfa-phone-number
func (f mfa) deletePhone(organizationRef, memberID string) (answer, *apiError) {
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	m, err := f.state.findMember(organizationRef, memberID)
	if err != nil {
		return nil, err
	}
	if m.phone.number == "" {
		return nil, refuse("member_phone_number_not_found")
	}
	m.unlinkPhone(f.state.clock.now())
	return f.memberAnswer(m), nil
}

// deleteTOTP deletes the TOTP registration, even a pending one, and its recovery
// codes. Sessions keep the factors that they proved.
// https://stytch.com/docs/api-reference/b2b/api/members/delete-member-mfa-totp
func (f mfa) deleteTOTP(organizationRef, memberID string) (answer, *apiError) {
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	m, err := f.state.findMember(organizationRef, memberID)
	if err != nil {
		return nil, err
	}
	now := f.state.clock.now()
	if m.totp == nil || m.totp.expired(now) {
		return nil, refuse("totp_not_found")
	}
	m.unlinkTOTP(now)
	return f.memberAnswer(m), nil
}
