// The endpoints that list and replace the recovery codes of a member. The routes call
// them through the pipeline.

package stytchtest

import "net/http"

// recoveryCodesAnswer is the answer of both endpoints.
type recoveryCodesAnswer struct {
	memberAnswer
	RecoveryCodes []string `json:"recovery_codes"`
}

// getRecoveryCodes is GET /v1/b2b/recovery_codes/{organization_id}/{member_id}. It
// lists the codes that have not been used.
// https://stytch.com/docs/api-reference/b2b/api/mfa/recovery-codes/get-recovery-codes
func (f mfa) getRecoveryCodes(r *http.Request, _ []byte) (answer, *apiError) {
	query := r.URL.Query()
	if err := checkQuery(query, "organization_id", "member_id"); err != nil {
		return nil, err
	}
	for name := range query { // some SDKs repeat the ids of the path
		if err := checkPathValue(r, name, query.Get(name)); err != nil {
			return nil, err
		}
	}
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	m, registration, err := f.findRecovery(r.PathValue("organization_id"), r.PathValue("member_id"))
	if err != nil {
		return nil, err
	}
	return f.recoveryCodesAnswer(m, registration), nil
}

// rotateRequest has all parameters of the endpoint.
type rotateRequest struct {
	OrganizationID string `json:"organization_id"`
	MemberID       string `json:"member_id"`
}

// rotateRecoveryCodes is POST /v1/b2b/recovery_codes/rotate.
// https://stytch.com/docs/api-reference/b2b/api/mfa/recovery-codes/rotate-recovery-codes
func (f mfa) rotateRecoveryCodes(r *http.Request, body []byte) (answer, *apiError) {
	var req rotateRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	m, registration, err := f.findRecovery(req.OrganizationID, req.MemberID)
	if err != nil {
		return nil, err
	}
	registration.recovery = newRecoveryCodes(f.ids)
	m.updated = f.state.clock.now()
	return f.recoveryCodesAnswer(m, registration), nil
}

// findRecovery finds a member and the registration that has its recovery codes.
// state.mu must be held.
func (f mfa) findRecovery(organizationRef, memberID string) (*member, *totp, *apiError) {
	m, err := f.state.findMember(organizationRef, memberID)
	if err != nil {
		return nil, nil, err
	}
	registration := m.activeTOTP()
	if registration == nil {
		return nil, nil, refuse("recovery_codes_not_found")
	}
	return m, registration, nil
}

// recoveryCodesAnswer is memberAnswer for both endpoints. state.mu must be held.
func (f mfa) recoveryCodesAnswer(m *member, registration *totp) *recoveryCodesAnswer {
	return &recoveryCodesAnswer{
		memberAnswer:  *f.memberAnswer(m),
		RecoveryCodes: registration.recovery.texts(),
	}
}
