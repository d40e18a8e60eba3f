// The TOTP authenticate endpoint, where a right code of an authenticator app steps a
// session up or completes a login. The routes call it through the pipeline.

package stytchtest

import "net/http"

// authenticateTOTPRequest has all parameters of the endpoint, the same as for SMS.
type authenticateTOTPRequest struct {
	Code string `json:"code"`
	mfaRequest
	enrollment
}

// check refuses mistakes that do not depend on the member.
func (req authenticateTOTPRequest) check() *apiError {
	if err := req.mfaRequest.check(); err != nil {
		return err
	}
	switch {
	case looksLikeRecoveryCode(req.Code):
		return refuse("recovery_code_used_as_totp_code")
	case !validCode(req.Code):
		return refuse("invalid_totp_code")
	}
	return req.enrollment.check()
}

// authenticateTOTP is POST /v1/b2b/totp/authenticate. A code is accepted in its own
// period of 30 seconds, the one before and the one after, and only once.
// https://stytch.com/docs/api-reference/b2b/api/mfa/totp/authenticate-totp
func (f mfa) authenticateTOTP(r *http.Request, body []byte) (answer, *apiError) {
	var req authenticateTOTPRequest
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
	switch {
	case m.totp == nil:
		return nil, refuse("totp_not_found")
	case m.totp.expired(try.now):
		return nil, refuse("expired_totp")
	}
	outcome := m.totp.redeem(req.Code, f.state.clock.authenticator())
	if err := m.lock.count(outcome, try.now); err != nil {
		return nil, err
	}
	req.enrollment.applyTo(m, "totp")
	return f.finish(try, newFactor(f.ids, m, "totp", "authenticator_app", try.now)), nil
}
