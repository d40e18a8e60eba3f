// Calls that read a member, and that set and remove what the member needs for a
// second factor.

package stytch

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/rungauth/rung/jwks"
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

// DeleteTOTPRequest names the member whose authenticator app to forget.
type DeleteTOTPRequest struct {
	OrganizationID string // required; an id, slug or external id
	MemberID       string // required; an id or external id
}

// UpdateMemberRequest is the body of PUT
// /v1/b2b/organizations/{organization_id}/members/{member_id}. Of what that
// endpoint can change it has the fields about second factors. At least one of
// them must be set.
type UpdateMemberRequest struct {
	OrganizationID string `json:"-"` // required; an id, slug or external id
	MemberID       string `json:"-"` // required; an id or external id

	// MFAPhoneNumber becomes the phone number of a member who has none, in
	// E.164 such as +14155550100. The service refuses it for a member who has
	// one; call DeleteMFAPhoneNumber first. "" = unchanged.
	MFAPhoneNumber jwks.PhoneNumber `json:"-"`

	// MFAEnrolled says whether the member needs a second factor for every
	// login, even if the organization does not require it of everybody. nil =
	// unchanged.
	MFAEnrolled *bool `json:"mfa_enrolled,omitempty"`

	// DefaultMFAMethod is the second factor that the member is asked for first:
	// "sms_otp" or "totp". "" = unchanged.
	DefaultMFAMethod string `json:"default_mfa_method,omitempty"`
}

// MemberResponse is the answer to a [MemberRequest], a
// [DeleteMFAPhoneNumberRequest], a [DeleteTOTPRequest] and an
// [UpdateMemberRequest], with the member as changed.
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

// DeleteTOTP removes the authenticator app of a member
// (DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}/totp), so
// that another one can be registered. It revokes nothing: a session that
// already has a TOTP factor keeps it.
//
// Its errors are those of the package comment.
func (c *Client) DeleteTOTP(ctx context.Context, req DeleteTOTPRequest) (*MemberResponse, error) {
	const name = "members/totp"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	path := pathf("/v1/b2b/organizations/%s/members/%s/totp", req.OrganizationID, req.MemberID)
	var resp MemberResponse
	if err := c.do(ctx, call{name, http.MethodDelete, path, nil}, &resp); err != nil {
		return nil, err
	}
	return &resp, nil
}

// UpdateMember changes what a member needs for a second factor.
//
// Its errors are those of the package comment.
func (c *Client) UpdateMember(ctx context.Context, req UpdateMemberRequest) (*MemberResponse, error) {
	const name = "organizations/members"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	path := pathf("/v1/b2b/organizations/%s/members/%s", req.OrganizationID, req.MemberID)
	var resp MemberResponse
	if err := c.do(ctx, call{name, http.MethodPut, path, req.wire()}, &resp); err != nil {
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

func (r DeleteTOTPRequest) check() error {
	return DeleteMFAPhoneNumberRequest(r).check()
}

func (r UpdateMemberRequest) check() error {
	if r.MFAPhoneNumber == "" && r.MFAEnrolled == nil && r.DefaultMFAMethod == "" {
		return errors.New("none of MFAPhoneNumber, MFAEnrolled and DefaultMFAMethod is set")
	}
	return cmp.Or(
		requirePathID("OrganizationID", r.OrganizationID),
		requirePathID("MemberID", r.MemberID),
		checkMFAMethod(r.DefaultMFAMethod),
	)
}

// wire returns the body to send. A PhoneNumber encodes masked, so this place
// converts it to get the real digits.
func (r UpdateMemberRequest) wire() any {
	return struct {
		UpdateMemberRequest
		MFAPhoneNumber string `json:"mfa_phone_number,omitempty"`
	}{r, string(r.MFAPhoneNumber)}
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
