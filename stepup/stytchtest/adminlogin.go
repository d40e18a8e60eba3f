// The admin endpoint that begins a login. The admin routes call it; it does the
// work of StartLogin for tests in other languages.

package stytchtest

import "net/http"

// startLoginRequest names a member and the options of [Server.StartLogin].
type startLoginRequest struct {
	OrganizationID string `json:"organization_id"`
	MemberID       string `json:"member_id"`
	CodeSent       bool   `json:"code_sent"`
}

// startLogin is POST /_emulator/logins. The answer is the intermediate session
// token and whose it is.
func (ad *admin) startLogin(r *http.Request, body []byte) (any, *apiError) {
	var req startLoginRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	st := ad.api.state
	st.mu.Lock()
	defer st.mu.Unlock()
	m, err := st.findMember(req.OrganizationID, req.MemberID)
	if err != nil {
		return nil, err
	}
	l, err := st.startLogin(m, loginOptions{codeSent: req.CodeSent})
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"intermediate_session_token": l.token,
		"organization_id":            m.organization.ID,
		"member_id":                  m.id,
	}, nil
}
