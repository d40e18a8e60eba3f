// The SMS authenticate endpoint, where a right code steps a session up or completes
// a login. The routes call it through the pipeline.

package stytchtest

import "net/http"

// authenticateSMSRequest has all parameters of the endpoint.
type authenticateSMSRequest struct {
	Code string `json:"code"`
	mfaRequest
	enrollment
}

// check refuses mistakes that do not depend on the member.
func (req authenticateSMSRequest) check() *apiError {
	if err := req.mfaRequest.check(); err != nil {
		return err
	}
	if !validCode(req.Code) {
		return refuse("invalid_code")
	}
	return req.enrollment.check()
}

// authenticateSMS is POST /v1/b2b/otps/sms/authenticate.
// https://stytch.com/docs/api-reference/b2b/api/mfa/otp/authenticate-sms-otp
func (f mfa) authenticateSMS(r *http.Request, body []byte) (answer, *apiError) {
	var req authenticateSMSRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	try, err := f.begin(req.mfaRequest, "sms_otp")
	if err != nil {
		return nil, err
	}
	m := try.member
	if err := m.lock.count(m.passcodes.redeem(req.Code, try.now), try.now); err != nil {
		return nil, err
	}
	m.phone.verified = true
	req.enrollment.applyTo(m, "sms_otp")
	return f.finish(try, newFactor(f.ids, m, "otp", "sms", try.now)), nil
}
