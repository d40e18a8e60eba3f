// The endpoint that lists the organizations that a member can log in to. The routes
// call it through the pipeline.

package stytchtest

import (
	"net/http"
	"slices"
	"strings"
)

// discoveryAnswer is the answer. It sends no codes and changes nothing.
type discoveryAnswer struct {
	envelope
	EmailAddress            string                       `json:"email_address"`
	DiscoveredOrganizations []discoveredOrganizationJSON `json:"discovered_organizations"`
	OrganizationIDHint      *string                      `json:"organization_id_hint"` // null for a session
}

// discoveredOrganizationJSON is the DiscoveredOrganization object.
type discoveredOrganizationJSON struct {
	MemberAuthenticated bool             `json:"member_authenticated"`
	Organization        organizationJSON `json:"organization"`
	Membership          membershipJSON   `json:"membership"`
	requirements
}

// membershipJSON says how the person belongs to the organization. Details are only
// about organizations that anyone of a domain may join, which there are none of.
type membershipJSON struct {
	Type    string         `json:"type"`
	Details map[string]any `json:"details"`
	Member  memberJSON     `json:"member"`
}

// listOrganizations is POST /v1/b2b/discovery/organizations.
// https://stytch.com/docs/api-reference/b2b/api/discovery/list-discovered-organizations
func (p primary) listOrganizations(r *http.Request, body []byte) (answer, *apiError) {
	var req struct{ credentials }
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	switch {
	case req.count() == 0:
		return nil, refuse("no_session_arguments")
	case req.count() > 1:
		return nil, refuse("too_many_session_arguments")
	}
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	if req.IntermediateSessionToken != "" {
		l, err := p.findDiscoveryLogin(req.IntermediateSessionToken)
		if err != nil {
			return nil, err
		}
		out := p.discover(l.member, l.factors)
		out.OrganizationIDHint = &l.member.organization.ID
		return out, nil
	}
	ss, err := p.findSession(req.SessionToken, req.SessionJWT)
	if err != nil {
		return nil, err
	}
	return p.discover(ss.member, ss.factors), nil
}

// discover lists the organizations in which a member has the email address of m, oldest
// first. state.mu must be held.
func (p primary) discover(m *member, factors []*factor) *discoveryAnswer {
	now := p.state.clock.now()
	out := &discoveryAnswer{EmailAddress: m.email.address, DiscoveredOrganizations: []discoveredOrganizationJSON{}}
	for _, other := range p.state.members.byID {
		if other.status == "deleted" || !strings.EqualFold(other.email.address, m.email.address) {
			continue
		}
		missing := missingFrom(other, p.transfer(m, other, factors))
		out.DiscoveredOrganizations = append(out.DiscoveredOrganizations, discoveredOrganizationJSON{
			MemberAuthenticated: !missing.any(),
			Organization:        other.organization.json(),
			Membership:          membershipJSON{Type: other.status + "_member", Member: other.json(now)},
			requirements:        missing,
		})
	}
	slices.SortFunc(out.DiscoveredOrganizations, func(a, b discoveredOrganizationJSON) int {
		return strings.Compare(a.Organization.CreatedAt+a.Organization.OrganizationID, b.Organization.CreatedAt+b.Organization.OrganizationID)
	})
	return out
}
