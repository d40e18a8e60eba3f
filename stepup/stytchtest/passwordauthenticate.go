// The password authenticate endpoint. The routes call it through the pipeline.

package stytchtest

import (
	"crypto/subtle"
	"net/http"
)

// passwordRequest has all parameters of the endpoint.
type passwordRequest struct {
	OrganizationID string `json:"organization_id"`
	EmailAddress   string `json:"email_address"`
	Password       string `json:"password"`
	credentials
	primaryRequest
}

// organizationAnswer is the answer of endpoints that repeat the organization's id.
type organizationAnswer struct {
	primaryAnswer
	OrganizationID string `json:"organization_id"`
}

// authenticatePassword is POST /v1/b2b/passwords/authenticate.
// https://stytch.com/docs/api-reference/b2b/api/passwords/authenticate
func (p primary) authenticatePassword(r *http.Request, body []byte) (answer, *apiError) {
	var req passwordRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := req.primaryRequest.check(); err != nil {
		return nil, err
	}
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	m, err := p.findByPassword(req)
	if err != nil {
		return nil, err
	}
	e, err := p.enter(m, req.credentials, req.primaryRequest)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(req.Password), []byte(m.password)) != 1 {
		return nil, m.lock.count(refuse("unauthorized_credentials"), e.now)
	}
	out := p.admit(e, newFactor(p.ids, m, "password", "knowledge", e.now))
	return &organizationAnswer{primaryAnswer: *out, OrganizationID: m.organization.ID}, nil
}

// findByPassword finds the member that a request names, if it has a password.
// state.mu must be held.
func (p primary) findByPassword(req passwordRequest) (*member, *apiError) {
	o, err := p.state.organizations.find(req.OrganizationID)
	if err != nil {
		return nil, err
	}
	m, err := p.state.members.findToLogIn(o, req.EmailAddress)
	switch {
	case err != nil:
		return nil, refuse("email_not_found")
	case m.status != "active":
		return nil, refuse("action_available_only_for_active_members")
	case m.password == "":
		return nil, refuse("member_password_not_found")
	}
	return m, nil
}
