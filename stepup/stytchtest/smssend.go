// The SMS send endpoint, which sends a member a passcode. The routes call it
// through the pipeline.

package stytchtest

import "net/http"

// sendRequest has all parameters of the backend endpoint. It has none for an expiry,
// a template or autofill.
type sendRequest struct {
	OrganizationID string `json:"organization_id"`
	MemberID       string `json:"member_id"`
	MFAPhoneNumber string `json:"mfa_phone_number"`
	Locale         string `json:"locale"`
	credentials
}

// sendSMS is POST /v1/b2b/otps/sms/send.
// https://stytch.com/docs/api-reference/b2b/api/mfa/otp/send-sms-otp
func (f mfa) sendSMS(r *http.Request, body []byte) (answer, *apiError) {
	var req sendRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if !validLocale(req.Locale) {
		return nil, refuse("invalid_locale")
	}
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	m, err := f.findUnlocked(req.OrganizationID, req.MemberID, "sms_otp")
	if err != nil {
		return nil, err
	}
	if err := f.checkMayBeTexted(m, req); err != nil {
		return nil, err
	}
	if m.phone.number == "" {
		f.state.members.linkPhone(m, req.MFAPhoneNumber)
	}
	f.state.text(m, req.Locale)
	return f.memberAnswer(m), nil
}

// checkMayBeTexted refuses a request whose session may not have a code sent to this
// number. The rules stand between a stolen session and an enrolled phone. state.mu
// must be held.
func (f mfa) checkMayBeTexted(m *member, req sendRequest) *apiError {
	// For a number that is not verified the rule is always taken literally, or a
	// stolen session that has only a primary factor could enroll the thief's phone.
	literally := f.settings().factorToSend || !m.phone.verified
	if err := f.checkBypass(m, req.credentials, literally); err != nil {
		return err
	}
	switch {
	case m.phone.number == "" && req.MFAPhoneNumber == "":
		return refuse("missing_sms_parameter")
	case m.phone.number == "":
		return f.state.members.checkNumber(m, req.MFAPhoneNumber)
	case req.MFAPhoneNumber != "" && req.MFAPhoneNumber != m.phone.number:
		return refuse("duplicate_member_phone_number_for_member")
	}
	return nil
}

// validLocale reports whether the service has the text message in this language.
func validLocale(locale string) bool {
	switch locale {
	case "", "en", "es", "pt-br", "fr", "it", "de-DE", "zh-Hans", "ca-ES",
		"ja", "ru", "nl", "pl", "tr", "fa", "vi", "cs":
		return true
	}
	return false
}
