// Calls that read a member and delete a member's phone number.

package stytch

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
)

// MemberRequest asks for a member by id or by email address. Exactly one of the
// two must be set.
type MemberRequest struct {
	OrganizationID string // required; an id, slug or external id
	MemberID       string // an id or external id
	EmailAddress   string
}

// DeleteMFAPhoneNumberRequest names the member whose number to delete.
type DeleteMFAPhoneNumberRequest struct {
	OrganizationID string // required; an id, slug or external id
	MemberID       string // required; an id or external id
}

// MemberResponse is the answer to a [MemberRequest] and to a
// [DeleteMFAPhoneNumberRequest], the latter with the member as changed.
type MemberResponse struct {
	RequestID    string       `json:"request_id"`
	StatusCode   int          `json:"status_code"`
	MemberID     string       `json:"member_id"`
	Member       Member       `json:"member"`
	Organization Organization `json:"organization"`
}

// Member reads a member (GET /v1/b2b/organizations/{organization_id}/member).
//
// Its errors are those of the package comment.
func (c *Client) Member(ctx context.Context, req MemberRequest) (*MemberResponse, error) {
	const name = "organizations/member"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	query := url.Values{}
	if req.MemberID != "" {
		query.Set("member_id", req.MemberID)
	} else {
		query.Set("email_address", req.EmailAddress)
	}
	path := pathf("/v1/b2b/organizations/%s/member", req.OrganizationID) + "?" + query.Encode()
	var resp MemberResponse
	if err := c.do(ctx, call{name, http.MethodGet, path, nil}, &resp); err != nil {
		return nil, err
	}
	return &resp, nil
}

// DeleteMFAPhoneNumber removes the MFA phone number of a member
// (DELETE /v1/b2b/organizations/{organization_id}/members/mfa_phone_numbers/{member_id}).
// It revokes nothing: a session that already has an SMS factor keeps it.
//
// Its errors are those of the package comment.
func (c *Client) DeleteMFAPhoneNumber(ctx context.Context, req DeleteMFAPhoneNumberRequest) (*MemberResponse, error) {
	const name = "members/mfa_phone_numbers"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	path := pathf("/v1/b2b/organizations/%s/members/mfa_phone_numbers/%s", req.OrganizationID, req.MemberID)
	var resp MemberResponse
	if err := c.do(ctx, call{name, http.MethodDelete, path, nil}, &resp); err != nil {
		return nil, err
	}
	return &resp, nil
}

func (r MemberRequest) check() error {
	return cmp.Or(
		requirePathID("OrganizationID", r.OrganizationID),
		requireOne("MemberID and EmailAddress", r.MemberID, r.EmailAddress),
	)
}

func (r DeleteMFAPhoneNumberRequest) check() error {
	return cmp.Or(
		requirePathID("OrganizationID", r.OrganizationID),
		requirePathID("MemberID", r.MemberID),
	)
}

func (r *MemberResponse) missing() string {
	return missingMember(r.RequestID, r.MemberID, r.Member, r.Organization)
}

// missingMember names a field that an answer about a member lacks. The service
// always sends all of them; a 200 without one comes from something in between,
// such as a captive portal.
func missingMember(requestID, memberID string, member Member, organization Organization) string {
	switch {
	case requestID == "":
		return "request_id"
	case memberID == "":
		return "member_id"
	case member.MemberID == "":
		return "member"
	case organization.OrganizationID == "":
		return "organization"
	}
	return ""
}
