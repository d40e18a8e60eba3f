// The endpoint that gets a member. The routes call it through the pipeline.

package stytchtest

import "net/http"

// getMember is GET /v1/b2b/organizations/{organization_id}/member. It finds a
// member by id or by email address.
// https://stytch.com/docs/api-reference/b2b/api/members/get-member
func (a *api) getMember(r *http.Request, _ []byte) (answer, *apiError) {
	query := r.URL.Query()
	if err := checkQuery(query, "organization_id", "member_id", "email_address"); err != nil {
		return nil, err
	}
	if err := checkPathValue(r, "organization_id", query.Get("organization_id")); err != nil {
		return nil, err
	}
	id, address := query.Get("member_id"), query.Get("email_address")
	if (id == "") == (address == "") {
		return nil, refuse("invalid_member_get_fields")
	}
	a.state.mu.Lock()
	defer a.state.mu.Unlock()
	o, err := a.state.organizations.find(r.PathValue("organization_id"))
	if err != nil {
		return nil, err
	}
	var m *member
	if id != "" {
		m, err = a.state.members.find(o, id)
	} else {
		m, err = a.state.members.findByEmail(o, address)
	}
	if err != nil {
		return nil, err
	}
	return a.memberAnswer(m), nil
}
