// The call that lists the organizations a person can log in to.

package stytch

import (
	"context"
	"net/http"
)

// DiscoverOrganizationsRequest is the body of POST
// /v1/b2b/discovery/organizations. Exactly one field must be set.
type DiscoverOrganizationsRequest struct {
	// IntermediateSessionToken finds the organizations that the person belongs
	// to, is invited to or may join. It is not used up.
	IntermediateSessionToken string `json:"intermediate_session_token,omitempty"`

	// SessionToken and SessionJWT find those that the member belongs to or is
	// invited to.
	SessionToken string `json:"session_token,omitempty"`
	SessionJWT   string `json:"session_jwt,omitempty"`
}

// DiscoverOrganizationsResponse is the answer to a
// [DiscoverOrganizationsRequest].
type DiscoverOrganizationsResponse struct {
	RequestID               string                   `json:"request_id"`
	StatusCode              int                      `json:"status_code"`
	EmailAddress            string                   `json:"email_address"`
	DiscoveredOrganizations []DiscoveredOrganization `json:"discovered_organizations"`
	OrganizationIDHint      string                   `json:"organization_id_hint"` // the organization of the intermediate session; "" = none
}

// A DiscoveredOrganization is one that a person can log in to, with
// ExchangeSession or ExchangeIntermediateSession.
type DiscoveredOrganization struct {
	Organization        *Organization    `json:"organization"` // nil = not said
	Membership          *Membership      `json:"membership"`   // nil = not said
	MemberAuthenticated bool             `json:"member_authenticated"`
	MFARequired         *MFARequired     `json:"mfa_required"`     // nil = no second factor is missing
	PrimaryRequired     *PrimaryRequired `json:"primary_required"` // nil = no first factor is missing
}

// A Membership says how a person is related to an organization. Type is
// active_member, pending_member, invited_member,
// eligible_to_join_by_email_domain or eligible_to_join_by_oauth_tenant; Details
// depends on it, with numbers as json.Number.
type Membership struct {
	Type    string         `json:"type"`
	Details map[string]any `json:"details"`
	Member  *Member        `json:"member"` // nil = not a member yet
}

// DiscoverOrganizations lists the organizations that a person can log in to. It
// changes nothing and sends no message, so it may be repeated.
//
// Its errors are those of the package comment.
func (c *Client) DiscoverOrganizations(ctx context.Context, req DiscoverOrganizationsRequest) (*DiscoverOrganizationsResponse, error) {
	const name = "discovery/organizations"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp DiscoverOrganizationsResponse
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/discovery/organizations", req}, &resp)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

func (r DiscoverOrganizationsRequest) check() error {
	return requireOne(sessionInputs, r.IntermediateSessionToken, r.SessionToken, r.SessionJWT)
}

func (r *DiscoverOrganizationsResponse) missing() string {
	switch {
	case r.RequestID == "":
		return "request_id"
	case r.EmailAddress == "":
		return "email_address"
	}
	return ""
}
