// The SMS send endpoint, which sends a member a passcode. The routes call it
// through the pipeline.

package stytchtest

import (
	"net/http"
	"slices"
)

// sendRequest has all parameters of the backend endpoint. It has none for an expiry,
// a template or autofill.
type sendRequest struct {
	OrganizationID string `json:"organization_id"`
	MemberID       string `json:"member_id"`
	MFAPhoneNumber string `json:"mfa_phone_number"`
	Locale         string `json:"locale"`
	credentials
}

// check refuses mistakes that do not depend on the member.
func (req sendRequest) check() *apiError {
	switch {
	case !validLocale(req.Locale):
		return refuse("invalid_locale")
	case req.count() > 1:
		return refuse("too_many_session_arguments")
	}
	return nil
}

// sendSMS is POST /v1/b2b/otps/sms/send.
// https://stytch.com/docs/api-reference/b2b/api/mfa/otp/send-sms-otp
func (a *api) sendSMS(r *http.Request, body []byte) (answer, *apiError) {
	var req sendRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	a.state.mu.Lock()
	defer a.state.mu.Unlock()
	m, err := a.findOTPMember(req.OrganizationID, req.MemberID)
	if err != nil {
		return nil, err
	}
	if err := a.checkMayBeTexted(m, req); err != nil {
		return nil, err
	}
	if m.phone.number == "" {
		a.state.members.linkPhone(m, req.MFAPhoneNumber)
	}
	a.state.text(m, req.Locale)
	return a.memberAnswer(m), nil
}

// checkMayBeTexted refuses a request whose session may not have a code sent to this
// number. The rules stand between a stolen session and an enrolled phone. state.mu
// must be held.
func (a *api) checkMayBeTexted(m *member, req sendRequest) *apiError {
	factors, err := a.provenFactors(m, req.credentials)
	if err != nil {
		return err
	}
	// "If the Member already has an active MFA factor, then passing an
	// intermediate session token, session token, or session JWT with the
	// existing MFA factor on it is required to prevent bypassing MFA." For a
	// new number this is always taken literally, or a stolen session that has
	// only a primary factor could enroll the thief's phone.
	literally := a.settings().factorToSend || m.phone.number == ""
	proven := slices.ContainsFunc(factors, func(f *factor) bool { return f.order == "SECONDARY" })
	if m.hasActiveFactor() && (req.count() == 0 || literally && !proven) {
		return refuse("session_enforced_factor_matching_session_required")
	}
	switch {
	case m.phone.number == "" && req.MFAPhoneNumber == "":
		return refuse("missing_sms_parameter")
	case m.phone.number == "":
		return a.state.members.checkNumber(m, req.MFAPhoneNumber)
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
