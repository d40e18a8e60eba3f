// The magic link authenticate endpoint. The routes call it through the pipeline.

package stytchtest

import "net/http"

// magicLinkRequest has all parameters of the endpoint.
type magicLinkRequest struct {
	MagicLinksToken  string `json:"magic_links_token"`
	PKCECodeVerifier string `json:"pkce_code_verifier"`
	credentials
	primaryRequest
}

// magicLinkAnswer is the answer. Sessions are never reset.
type magicLinkAnswer struct {
	organizationAnswer
	MethodID      string `json:"method_id"`
	ResetSessions bool   `json:"reset_sessions"`
}

// authenticateMagicLink is POST /v1/b2b/magic_links/authenticate. A pending or invited
// member becomes active.
// https://stytch.com/docs/api-reference/b2b/api/email-magic-links/authenticate-magic-link
func (p primary) authenticateMagicLink(r *http.Request, body []byte) (answer, *apiError) {
	var req magicLinkRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := req.primaryRequest.check(); err != nil {
		return nil, err
	}
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	link, err := p.state.magicLinks.find(req.MagicLinksToken, req.PKCECodeVerifier, p.state.clock.now())
	if err != nil {
		return nil, err
	}
	m := link.member
	e, err := p.enter(m, req.credentials, req.primaryRequest)
	if err != nil {
		return nil, err
	}
	link.used = true
	m.activate()
	out := p.admit(e, newFactor(p.ids, m, "magic_link", "email", e.now))
	return &magicLinkAnswer{
		organizationAnswer: organizationAnswer{primaryAnswer: *out, OrganizationID: m.organization.ID},
		MethodID:           m.email.id,
	}, nil
}
