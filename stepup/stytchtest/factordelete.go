// The endpoints that delete a second factor of a member: its phone number or its
// authenticator app. The routes call them through the pipeline.

package stytchtest

import "net/http"

// deletePhone is DELETE
// /v1/b2b/organizations/{organization_id}/members/mfa_phone_numbers/{member_id}.
// Sessions keep the factor that the number proved.
// https://stytch.com/docs/api-reference/b2b/api/members/delete-member-mfa-phone-number
func (f mfa) deletePhone(r *http.Request, _ []byte) (answer, *apiError) {
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	m, err := f.state.findMember(r.PathValue("organization_id"), r.PathValue("member_id"))
	if err != nil {
		return nil, err
	}
	if m.phone.number == "" {
		return nil, refuse("member_phone_number_not_found")
	}
	m.unlinkPhone(f.state.clock.now())
	return f.memberAnswer(m), nil
}

// deleteTOTP is DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}/totp.
// It deletes even a pending registration, with its recovery codes. Sessions keep the
// factors that they proved.
// https://stytch.com/docs/api-reference/b2b/api/members/delete-member-mfa-totp
func (f mfa) deleteTOTP(r *http.Request, _ []byte) (answer, *apiError) {
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	m, err := f.state.findMember(r.PathValue("organization_id"), r.PathValue("member_id"))
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
