package stytch_test

import (
	"testing"

	"github.com/rungauth/rung/stepup/stytch"
)

func TestMemberOnTheWire(t *testing.T) {
	for _, tt := range []struct {
		name string
		req  stytch.MemberRequest
		want string
	}{
		{"by id", stytch.MemberRequest{OrganizationID: "org", MemberID: "member"}, "/v1/b2b/organizations/org/member?member_id=member"},
		{"by e-mail address", stytch.MemberRequest{OrganizationID: "org", EmailAddress: "ada+x@example.com"}, "/v1/b2b/organizations/org/member?email_address=ada%2Bx%40example.com"},
		{"ids are escaped", stytch.MemberRequest{OrganizationID: "a/../b?c#d%2F", MemberID: "m&x=y"}, "/v1/b2b/organizations/a%2F..%2Fb%3Fc%23d%252F/member?member_id=m%26x%3Dy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, memberAnswer)
			resp, err := client.Member(t.Context(), tt.req)
			if err != nil {
				t.Fatal(err)
			}
			if resp.MemberID != memberID || resp.Member.MemberID != memberID || resp.Organization.OrganizationID != orgID {
				t.Errorf("got %+v", resp)
			}
			wantOneRequest(t, *sent, "GET", tt.want, "")
		})
	}
}

func TestDeleteMFAPhoneNumberOnTheWire(t *testing.T) {
	for _, tt := range []struct {
		name string
		req  stytch.DeleteMFAPhoneNumberRequest
		want string
	}{
		{"plain ids", stytch.DeleteMFAPhoneNumberRequest{OrganizationID: "org", MemberID: "member"}, "/v1/b2b/organizations/org/members/mfa_phone_numbers/member"},
		{"ids are escaped", stytch.DeleteMFAPhoneNumberRequest{OrganizationID: "o/p", MemberID: "m?q"}, "/v1/b2b/organizations/o%2Fp/members/mfa_phone_numbers/m%3Fq"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, memberAnswer)
			if _, err := client.DeleteMFAPhoneNumber(t.Context(), tt.req); err != nil {
				t.Fatal(err)
			}
			wantOneRequest(t, *sent, "DELETE", tt.want, "")
		})
	}
}

func TestDeleteTOTPOnTheWire(t *testing.T) {
	for _, tt := range []struct {
		name string
		req  stytch.DeleteTOTPRequest
		want string
	}{
		{"plain ids", stytch.DeleteTOTPRequest{OrganizationID: "org", MemberID: "member"}, "/v1/b2b/organizations/org/members/member/totp"},
		{"ids are escaped", stytch.DeleteTOTPRequest{OrganizationID: "o/p", MemberID: "m?q"}, "/v1/b2b/organizations/o%2Fp/members/m%3Fq/totp"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, memberAnswer)
			if _, err := client.DeleteTOTP(t.Context(), tt.req); err != nil {
				t.Fatal(err)
			}
			wantOneRequest(t, *sent, "DELETE", tt.want, "")
		})
	}
}

func TestUpdateMemberOnTheWire(t *testing.T) {
	yes, no := true, false
	wantOnTheWire(t, (*stytch.Client).UpdateMember, memberAnswer, "PUT", "/v1/b2b/organizations/org/members/m%2Fn", []wireCase[stytch.UpdateMemberRequest]{
		{
			"everything",
			stytch.UpdateMemberRequest{OrganizationID: "org", MemberID: "m/n", MFAPhoneNumber: "+14155550142", MFAEnrolled: &yes, DefaultMFAMethod: "sms_otp"},
			`{"mfa_enrolled":true,"default_mfa_method":"sms_otp","mfa_phone_number":"+14155550142"}`,
		},
		{
			"an explicit false",
			stytch.UpdateMemberRequest{OrganizationID: "org", MemberID: "m/n", MFAEnrolled: &no},
			`{"mfa_enrolled":false}`,
		},
		{
			"the default alone",
			stytch.UpdateMemberRequest{OrganizationID: "org", MemberID: "m/n", DefaultMFAMethod: "totp"},
			`{"default_mfa_method":"totp"}`,
		},
		{
			"the phone number alone",
			stytch.UpdateMemberRequest{OrganizationID: "org", MemberID: "m/n", MFAPhoneNumber: "+14155550142"},
			`{"mfa_phone_number":"+14155550142"}`,
		},
	})
}

func TestMemberCallsRefuseArguments(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		req        stytch.MemberRequest
	}{
		{"no organization", "OrganizationID is empty", stytch.MemberRequest{MemberID: memberID}},
		{"a dot segment for an organization", "OrganizationID is a dot segment", stytch.MemberRequest{OrganizationID: "..", MemberID: memberID}},
		{"no member", "exactly one of MemberID and EmailAddress", stytch.MemberRequest{OrganizationID: orgID}},
		{"id and e-mail address", "exactly one of MemberID and EmailAddress", stytch.MemberRequest{OrganizationID: orgID, MemberID: memberID, EmailAddress: "ada@example.com"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, memberAnswer)
			resp, err := client.Member(t.Context(), tt.req)
			wantRefused(t, resp != nil, err, *sent, tt.want)
		})
	}
	for _, tt := range []struct {
		name, want string
		req        stytch.DeleteMFAPhoneNumberRequest
	}{
		{"delete: no organization", "OrganizationID is empty", stytch.DeleteMFAPhoneNumberRequest{MemberID: memberID}},
		{"delete: no member", "MemberID is empty", stytch.DeleteMFAPhoneNumberRequest{OrganizationID: orgID}},
		{"delete: a dot segment for a member", "MemberID is a dot segment", stytch.DeleteMFAPhoneNumberRequest{OrganizationID: orgID, MemberID: "."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, memberAnswer)
			resp, err := client.DeleteMFAPhoneNumber(t.Context(), tt.req)
			wantRefused(t, resp != nil, err, *sent, tt.want)
		})
	}
	wantRefusals(t, (*stytch.Client).DeleteTOTP, memberAnswer, stytch.DeleteTOTPRequest{OrganizationID: orgID, MemberID: memberID}, []refusal[stytch.DeleteTOTPRequest]{
		{"delete TOTP: no organization", func(r *stytch.DeleteTOTPRequest) { r.OrganizationID = "" }, "OrganizationID is empty"},
		{"delete TOTP: a dot segment for a member", func(r *stytch.DeleteTOTPRequest) { r.MemberID = ".." }, "MemberID is a dot segment"},
	})
	wantRefusals(t, (*stytch.Client).UpdateMember, memberAnswer, updateMember, []refusal[stytch.UpdateMemberRequest]{
		{"update: nothing to change", func(r *stytch.UpdateMemberRequest) { r.MFAPhoneNumber = "" }, "none of MFAPhoneNumber, MFAEnrolled and DefaultMFAMethod"},
		{"update: no organization", func(r *stytch.UpdateMemberRequest) { r.OrganizationID = "" }, "OrganizationID is empty"},
		{"update: no member", func(r *stytch.UpdateMemberRequest) { r.MemberID = "" }, "MemberID is empty"},
		{"update: a dot segment for an organization", func(r *stytch.UpdateMemberRequest) { r.OrganizationID = "." }, "OrganizationID is a dot segment"},
		{"update: an unknown second factor", func(r *stytch.UpdateMemberRequest) { r.DefaultMFAMethod = "sms" }, "DefaultMFAMethod is not"},
	})
}
