package stytchtest_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytchtest"
)

func (f *fixture) memberPath() string {
	return "/v1/b2b/organizations/" + f.member.OrganizationID + "/members/" + f.member.ID
}

func (f *fixture) phonePath() string {
	return "/v1/b2b/organizations/" + f.member.OrganizationID + "/members/mfa_phone_numbers/" + f.member.ID
}

func TestGetMember(t *testing.T) {
	f := newFixture(t, stytchtest.WithEmail("Ada@example.com"), stytchtest.WithName("Ada"))
	base := "/v1/b2b/organizations/" + f.member.OrganizationID + "/member?"
	for _, query := range []string{
		"member_id=" + f.member.ID,
		"email_address=" + url.QueryEscape("ada@example.com"),
		"organization_id=" + f.member.OrganizationID + "&member_id=" + f.member.ID,
	} {
		status, answer := request(t, f.srv, "GET", base+query, nil)
		if status != 200 || answer["member_id"] != f.member.ID || answer["member"].(object)["name"] != "Ada" {
			t.Errorf("%s: got %d %v", query, status, answer)
		}
	}
	elsewhere := f.srv.AddMember(stytchtest.InOrganization(f.srv.AddOrganization(stytchtest.Organization{})))
	for _, tt := range []struct {
		name, query string
		status      int
		kind        string
	}{
		{"neither id nor email", "", 400, "invalid_member_get_fields"},
		{"both", "member_id=a&email_address=b", 400, "invalid_member_get_fields"},
		{"an unknown id", "member_id=member-test-x", 404, "member_not_found"},
		{"an unknown email", "email_address=x@example.com", 404, "member_not_found"},
		{"a member of another organization", "member_id=" + elsewhere.ID, 404, "member_not_found"},
		{"an unknown parameter", "member_id=a&phone=b", 400, "bad_request"},
		{"another organization than in the path", "organization_id=a&member_id=" + f.member.ID, 400, "bad_request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, answer := request(t, f.srv, "GET", base+tt.query, nil)
			checkRefusal(t, status, answer, tt.status, tt.kind)
		})
	}
}

func TestUpdateMember(t *testing.T) {
	f := newFixture(t, stytchtest.WithoutPhone())
	status, answer := request(t, f.srv, "PUT", f.memberPath(), object{
		"name": "Ada", "mfa_phone_number": "+14155550140", "mfa_enrolled": true, "default_mfa_method": "sms_otp",
		"roles": []string{"stytch_member", "stytch_admin"}, "trusted_metadata": object{"a": 1, "b": nil},
	})
	if status != 200 {
		t.Fatalf("got %d %v", status, answer["error_message"])
	}
	member := answer["member"].(object)
	changed := object{
		"name": "Ada", "mfa_phone_number": "+14155550140", "mfa_phone_number_verified": false,
		"mfa_enrolled": true, "default_mfa_method": "sms_otp", "is_admin": true,
	}
	for name, want := range changed {
		if member[name] != want {
			t.Errorf("%s: got %v, want %v", name, member[name], want)
		}
	}
	if len(member["trusted_metadata"].(object)) != 1 || len(member["roles"].([]any)) != 2 {
		t.Errorf("got metadata %v, roles %v", member["trusted_metadata"], member["roles"])
	}
	if _, answer := request(t, f.srv, "PUT", f.memberPath(), object{"mfa_enrolled": false}); answer["member"].(object)["mfa_enrolled"] != false ||
		answer["member"].(object)["name"] != "Ada" {
		t.Errorf("an update of one field: got %v", answer["member"])
	}
}

func TestUpdateMemberRefuses(t *testing.T) {
	none := []stytchtest.MemberOption{stytchtest.WithoutPhone()}
	tests := []struct {
		name string
		opts []stytchtest.MemberOption
		body object
		kind string
	}{
		{"a second number", nil, object{"mfa_phone_number": "+14155550141"}, "duplicate_member_phone_number_for_member"},
		{"a number that is not E.164", none, object{"mfa_phone_number": "0415"}, "invalid_phone_number"},
		{"a number that another member has", none, object{"mfa_phone_number": "+14155550142"}, "duplicate_member_phone_number"},
		{"SMS as the default without a phone", none, object{"default_mfa_method": "sms_otp"}, "default_mfa_member_missing_factor"},
		{"TOTP as the default without a registration", nil, object{"default_mfa_method": "totp"}, "default_mfa_member_missing_factor"},
		{"an unknown default method", nil, object{"default_mfa_method": "email"}, "invalid_mfa_default_method"},
		{"a field that the service does not have", nil, object{"slack_id": "x"}, "bad_request"},
		{"another organization than in the path", nil, object{"organization_id": "organization-test-x"}, "bad_request"},
		{"another member than in the path", nil, object{"member_id": "member-test-x"}, "bad_request"},
		{"an address without an @", nil, object{"email_address": "ada"}, "invalid_email"},
		{"an address that another member has", nil, object{"email_address": "TAKEN@example.com"}, "duplicate_member_email"},
		{"an address that another member had", nil, object{"email_address": "retired@example.com"}, "duplicate_member_email"},
		{"an external id with a space", nil, object{"external_id": "a b"}, "invalid_argument"},
		{"an external id of 129 characters", nil, object{"external_id": strings.Repeat("x", 129)}, "invalid_argument"},
		{"an external id that another member has", nil, object{"external_id": "taken"}, "duplicate_member_external_id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, tt.opts...)
			f.srv.AddMember(stytchtest.WithPhone("+14155550142"))
			other := &fixture{t: t, srv: f.srv, member: f.srv.AddMember(stytchtest.WithEmail("retired@example.com"))}
			if status, answer := request(t, f.srv, "PUT", other.memberPath(), object{"email_address": "taken@example.com", "external_id": "taken"}); status != 200 {
				t.Fatalf("another member: got %d %v", status, answer["error_message"])
			}
			tt.body["name"] = "changed"
			status, answer := request(t, f.srv, "PUT", f.memberPath(), tt.body)
			checkRefusal(t, status, answer, 400, tt.kind)
			if f.srv.Member(f.member.ID).Name == "changed" {
				t.Error("a refused update changed something")
			}
		})
	}
}

func TestUpdateMemberTakesWhatEverySDKSends(t *testing.T) {
	f := newLogin(t, "", stytchtest.WithEmail("old@example.com"))
	status, answer := request(t, f.srv, "PUT", f.memberPath(), object{
		"organization_id": f.member.OrganizationID, "member_id": f.member.ID, "email_address": "new@example.com",
		"external_id": "user|42", "is_breakglass": true, "preserve_existing_sessions": true,
	})
	if status != 200 {
		t.Fatalf("got %d %v", status, answer["error_message"])
	}
	member := answer["member"].(object)
	changed := object{
		"email_address": "new@example.com", "email_address_verified": false, "external_id": "user|42",
		"is_breakglass": true, "member_password_id": "",
	}
	for name, want := range changed {
		if member[name] != want {
			t.Errorf("%s: got %v, want %v", name, member[name], want)
		}
	}
	retired := member["retired_email_addresses"].([]any)
	if len(retired) != 1 || retired[0].(object)["email_address"] != "old@example.com" {
		t.Fatalf("retired_email_addresses: got %v", retired)
	}
	checkKeys(t, "the retired address", retired[0].(object), "email_id", "email_address")

	// The password is gone, the new address logs in and is verified by it, and the
	// external id stands for the member.
	status, answer = f.logIn("email_address", "new@example.com")
	checkRefusal(t, status, answer, 404, "member_password_not_found")
	f.member = f.srv.Member(f.member.ID)
	_, answer = f.post(magicLinkPath, object{"magic_links_token": f.mail().Token})
	if answer["member"].(object)["email_address_verified"] != true {
		t.Error("a magic link does not verify the address")
	}
	if status, answer := f.post(sendPath, f.with("member_id", "user|42")); status != 200 {
		t.Errorf("by external id: got %d %v", status, answer["error_type"])
	}

	_, answer = request(t, f.srv, "PUT", f.memberPath(), object{"email_address": "old@example.com", "unlink_email": true})
	if got := answer["member"].(object)["retired_email_addresses"].([]any); len(got) != 0 {
		t.Errorf("after going back: %v are retired", got)
	}
}

func TestTheAddressOfADeletedMemberIsFree(t *testing.T) {
	f := newFixture(t, stytchtest.WithEmail("ada@example.com"))
	f.srv.DeleteMember(f.member)
	next := f.srv.AddMember(stytchtest.WithEmail("ada@example.com"))
	path := "/v1/b2b/organizations/" + f.member.OrganizationID + "/member?email_address=ada%40example.com"
	if _, answer := request(t, f.srv, "GET", path, nil); answer["member_id"] != next.ID {
		t.Errorf("got %v, want the member that has it now", answer["member_id"])
	}
}

func TestDeletePhone(t *testing.T) {
	f := newFixture(t)
	code := f.send()
	status, answer := request(t, f.srv, "DELETE", f.phonePath(), nil)
	if status != 200 {
		t.Fatalf("got %d %v", status, answer["error_type"])
	}
	member := answer["member"].(object)
	if member["mfa_phone_number"] != "" || member["mfa_phone_number_verified"] != false || member["default_mfa_method"] != "" {
		t.Errorf("got %v", member)
	}
	status, answer = f.post(authenticatePath, f.with("code", code))
	checkRefusal(t, status, answer, 404, "otp_code_not_found")
	status, answer = request(t, f.srv, "DELETE", f.phonePath(), nil)
	checkRefusal(t, status, answer, 404, "member_phone_number_not_found")
}

func TestDeletePhoneLeavesSessionsAsTheyAre(t *testing.T) {
	f := newFixture(t)
	f.stepUp()
	request(t, f.srv, "DELETE", f.phonePath(), nil)
	if got := len(f.refresh()["member_session"].(object)["authentication_factors"].([]any)); got != 2 {
		t.Errorf("the session has %d factors, want 2", got)
	}
}

func TestSetPhone(t *testing.T) {
	f := newFixture(t)
	f.srv.SetPhone(f.member, "+14155550150", false)
	if got := f.srv.Member(f.member.ID); got.PhoneNumber != "+14155550150" || got.PhoneVerified {
		t.Errorf("got %+v", got)
	}
	f.srv.SetPhone(f.member, "", false)
	if got := f.srv.Member(f.member.ID); got.PhoneNumber != "" {
		t.Errorf("got %+v", got)
	}
	if f.srv.Member("member-test-x") != nil {
		t.Error("got a member that was never added")
	}
}

func TestMistakesInATestPanic(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	member := srv.AddMember(stytchtest.WithPhone("+14155550160"), stytchtest.WithEmail("ada@example.com"))
	other := stytchtest.NewUnstartedServer().AddMember()
	for name, mistake := range map[string]func(){
		"a number that is taken":         func() { srv.AddMember(stytchtest.WithPhone("+14155550160")) },
		"an email address that is taken": func() { srv.AddMember(stytchtest.WithEmail("ADA@example.com")) },
		"an email address without an @":  func() { srv.AddMember(stytchtest.WithEmail("ada")) },
		"a number that is not E.164":     func() { srv.AddMember(stytchtest.WithPhone("1")) },
		"an unknown status":              func() { srv.AddMember(stytchtest.WithStatus("on")) },
		"an organization from elsewhere": func() { srv.AddMember(stytchtest.InOrganization(&stytchtest.Organization{ID: "x"})) },
		"a slug that is taken":           func() { srv.AddOrganization(stytchtest.Organization{Slug: "default"}) },
		"a slug with a space":            func() { srv.AddOrganization(stytchtest.Organization{Slug: "a b"}) },
		"an unknown policy":              func() { srv.AddOrganization(stytchtest.Organization{MFAPolicy: "on"}) },
		"an unknown method":              func() { srv.AddOrganization(stytchtest.Organization{MFAMethods: []string{"sms"}}) },
		"a name over 128 characters":     func() { srv.AddOrganization(stytchtest.Organization{Name: strings.Repeat("x", 129)}) },
		"a member of another server":     func() { srv.SignIn(other) },
		"custom claims over 4 KiB": func() {
			srv.SignIn(member, stytchtest.WithCustomClaims(object{"a": strings.Repeat("x", 5000)}))
		},
		"a phone that another member has":  func() { srv.SetPhone(srv.AddMember(), "+14155550160", true) },
		"an unknown session":               func() { srv.Revoke("session-test-x") },
		"a JWT of an unknown session":      func() { srv.JWT("session-test-x", 0) },
		"time that runs backward":          func() { srv.Advance(-1) },
		"a status that no answer can have": func() { srv.Fail(stytchtest.Fault{Status: 42}) },
		"a negative number of times":       func() { srv.Fail(stytchtest.Fault{Times: -1}) },
		"a negative delay":                 func() { srv.Fail(stytchtest.Fault{Delay: -1}) },
		"an unknown tamper":                func() { srv.Fail(stytchtest.Fault{Tamper: "x"}) },
		"an effect without a connection":   func() { srv.Fail(stytchtest.Fault{Unreachable: true, AfterEffect: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				text, _ := recover().(string)
				if !strings.HasPrefix(text, "stytchtest: ") {
					t.Errorf("got panic %q, want one that begins with \"stytchtest: \"", text)
				}
			}()
			mistake()
		})
	}
}
