// The admin endpoints that read and change a member. The admin routes call them; they
// do the work of Member, DeleteMember, SetPhone and LockMember for tests in other
// languages.

package stytchtest

import "net/http"

// getMember is GET /_emulator/members. This answer and the others are the Member object.
func (ad *admin) getMember(r *http.Request, _ []byte) (any, *apiError) {
	st := ad.api.state
	st.mu.Lock()
	defer st.mu.Unlock()
	m, err := ad.queriedMember(r)
	if err != nil {
		return nil, err
	}
	return m.json(st.clock.now()), nil
}

// memberRequest names a member by its id alone, as ids are unique in the emulator.
type memberRequest struct {
	MemberID string `json:"member_id"`
}

// deleteMember is POST /_emulator/members/delete.
func (ad *admin) deleteMember(r *http.Request, body []byte) (any, *apiError) {
	var req memberRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	st := ad.api.state
	st.mu.Lock()
	defer st.mu.Unlock()
	m, err := st.members.findByID(req.MemberID)
	if err != nil {
		return nil, err
	}
	st.deleteMember(m)
	return m.json(st.clock.now()), nil
}

// lockMember is POST /_emulator/members/lock.
func (ad *admin) lockMember(r *http.Request, body []byte) (any, *apiError) {
	var req memberRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	st := ad.api.state
	st.mu.Lock()
	defer st.mu.Unlock()
	m, err := st.members.findByID(req.MemberID)
	if err != nil {
		return nil, err
	}
	m.lock.start(st.clock.now())
	return m.json(st.clock.now()), nil
}

// setPhoneRequest has the arguments of [Server.SetPhone].
type setPhoneRequest struct {
	MemberID               string `json:"member_id"`
	MFAPhoneNumber         string `json:"mfa_phone_number"` // "" = remove it
	MFAPhoneNumberVerified bool   `json:"mfa_phone_number_verified"`
}

// setPhone is POST /_emulator/members/phone.
func (ad *admin) setPhone(r *http.Request, body []byte) (any, *apiError) {
	var req setPhoneRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	st := ad.api.state
	st.mu.Lock()
	defer st.mu.Unlock()
	m, err := st.members.findByID(req.MemberID)
	if err != nil {
		return nil, err
	}
	if err := st.members.setPhone(m, req.MFAPhoneNumber, req.MFAPhoneNumberVerified); err != nil {
		return nil, err
	}
	return m.json(st.clock.now()), nil
}
