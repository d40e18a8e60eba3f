// The admin endpoints that read what only a member has. The admin routes call them;
// they do the work of TOTPCode and RecoveryCodes for tests in other languages.

package stytchtest

import "net/http"

// getTOTPCode is GET /_emulator/totp_code. The code is "" if the member has no TOTP
// registration.
func (ad *admin) getTOTPCode(r *http.Request, _ []byte) (any, *apiError) {
	st := ad.api.state
	st.mu.Lock()
	defer st.mu.Unlock()
	m, err := ad.queriedMember(r)
	if err != nil {
		return nil, err
	}
	return map[string]any{"code": st.totpCode(m)}, nil
}

// listRecoveryCodes is GET /_emulator/recovery_codes.
func (ad *admin) listRecoveryCodes(r *http.Request, _ []byte) (any, *apiError) {
	ad.api.state.mu.Lock()
	defer ad.api.state.mu.Unlock()
	m, err := ad.queriedMember(r)
	if err != nil {
		return nil, err
	}
	return map[string]any{"recovery_codes": m.recoveryCodes()}, nil
}

// queriedMember finds the member that the query names. state.mu must be held.
func (ad *admin) queriedMember(r *http.Request) (*member, *apiError) {
	query := r.URL.Query()
	if err := checkQuery(query, "member_id"); err != nil {
		return nil, err
	}
	return ad.api.state.members.findByID(query.Get("member_id"))
}
