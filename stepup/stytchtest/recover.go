// The recover endpoint, where a recovery code stands in for the authenticator app. The
// routes call it through the pipeline.

package stytchtest

import "net/http"

// recoverRequest has all parameters of the endpoint. Enrollment is not among them.
type recoverRequest struct {
	RecoveryCode string `json:"recovery_code"`
	mfaRequest
}

// check refuses mistakes that do not depend on the member. Codes that were imported
// have any form.
func (req recoverRequest) check() *apiError {
	if err := req.mfaRequest.check(); err != nil {
		return err
	}
	if req.RecoveryCode == "" {
		return refuse("invalid_recovery_code")
	}
	return nil
}

// recoverAnswer is the answer.
type recoverAnswer struct {
	mfaAnswer
	RecoveryCodesRemaining int `json:"recovery_codes_remaining"`
}

// recover is POST /v1/b2b/recovery_codes/recover.
// https://stytch.com/docs/api-reference/b2b/api/mfa/recovery-codes/recover
func (f mfa) recover(r *http.Request, body []byte) (answer, *apiError) {
	var req recoverRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	try, err := f.begin(req.mfaRequest, "totp")
	if err != nil {
		return nil, err
	}
	m := try.member
	registration := m.activeTOTP()
	if registration == nil {
		return nil, refuse("no_active_recovery_code_backed_factor")
	}
	id, err := registration.recovery.redeem(req.RecoveryCode)
	if err != nil && validCode(req.RecoveryCode) {
		err = refuse("totp_code_used_as_recovery_code")
	}
	if err := m.lock.count(err, try.now); err != nil {
		return nil, err
	}
	proved := newFactor(f.ids, m, "recovery_codes", "recovery_code", try.now)
	proved.detail = map[string]string{"totp_recovery_code_id": id}
	return &recoverAnswer{
		mfaAnswer:              *f.finish(try, proved),
		RecoveryCodesRemaining: len(registration.recovery),
	}, nil
}
