// The endpoint that takes a login to the organization that was chosen. The routes call
// it through the pipeline.

package stytchtest

import "net/http"

// exchangeLoginRequest has all parameters of the endpoint.
type exchangeLoginRequest struct {
	IntermediateSessionToken string `json:"intermediate_session_token"`
	OrganizationID           string `json:"organization_id"`
	primaryRequest
}

// exchangeLogin is POST /v1/b2b/discovery/intermediate_sessions/exchange. If a factor
// is missing, the token of the call stays good, for the member of that organization.
// https://stytch.com/docs/api-reference/b2b/api/discovery/exchange-intermediate-session
func (p primary) exchangeLogin(r *http.Request, body []byte) (answer, *apiError) {
	var req exchangeLoginRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := req.primaryRequest.check(); err != nil {
		return nil, err
	}
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	l, err := p.findDiscoveryLogin(req.IntermediateSessionToken)
	if err != nil {
		return nil, err
	}
	o, err := p.state.organizations.find(req.OrganizationID)
	if err != nil {
		return nil, err
	}
	m, err := p.state.members.findToLogIn(o, l.member.email.address)
	if err != nil {
		return nil, refuse("email_jit_provisioning_not_allowed")
	}
	e := &entry{request: req.primaryRequest, member: m, login: l, now: p.state.clock.now()}
	if err := p.check(e); err != nil {
		return nil, err
	}
	l.factors = p.transfer(l.member, m, l.factors)
	m.activate()
	return p.admit(e), nil
}

// findDiscoveryLogin finds a login that can leave its organization. One by password
// cannot, so its token is not valid at the discovery endpoints. state.mu must be held.
func (p primary) findDiscoveryLogin(token string) (*login, *apiError) {
	if token == "" {
		return nil, refuseBecause("no_session_arguments", "intermediate_session_token is required.")
	}
	l, err := p.state.logins.findByToken(token)
	if err != nil {
		return nil, err
	}
	for _, f := range l.factors {
		if _, ok := transferred(l.member, l.member, f); ok && f.order == "PRIMARY" {
			return l, nil
		}
	}
	return nil, refuse("invalid_intermediate_session_token_for_organization")
}
