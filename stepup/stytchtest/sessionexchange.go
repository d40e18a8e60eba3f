// The session exchange endpoint, which takes a member to another organization. The
// routes call it through the pipeline.

package stytchtest

import "net/http"

// exchangeSessionRequest has all parameters of the endpoint.
type exchangeSessionRequest struct {
	OrganizationID string `json:"organization_id"`
	SessionToken   string `json:"session_token"`
	SessionJWT     string `json:"session_jwt"`
	primaryRequest
}

// check refuses mistakes that do not depend on the session.
func (req exchangeSessionRequest) check() *apiError {
	switch {
	case req.SessionToken == "" && req.SessionJWT == "":
		return refuseBecause("no_session_arguments", "Exactly one of session_token and session_jwt must be provided.")
	case req.SessionToken != "" && req.SessionJWT != "":
		return refuse("too_many_session_arguments")
	}
	return req.primaryRequest.check()
}

// exchangeSession is POST /v1/b2b/sessions/exchange. Whether the session that is
// exchanged ends is not documented; here it stays.
// https://stytch.com/docs/api-reference/b2b/api/sessions/exchange-session
func (p primary) exchangeSession(r *http.Request, body []byte) (answer, *apiError) {
	var req exchangeSessionRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	ss, err := p.findSession(req.SessionToken, req.SessionJWT)
	if err != nil {
		return nil, err
	}
	o, err := p.state.organizations.find(req.OrganizationID)
	if err != nil {
		return nil, err
	}
	m, err := p.state.members.findToLogIn(o, ss.member.email.address)
	if err != nil {
		return nil, err
	}
	e := &entry{request: req.primaryRequest, member: m, now: p.state.clock.now()}
	if err := p.check(e); err != nil {
		return nil, err
	}
	factors := p.transfer(ss.member, m, ss.factors)
	if hasOrder(factors, "PRIMARY") {
		m.activate()
	}
	return p.admit(e, factors...), nil
}
