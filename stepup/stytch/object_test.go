package stytch_test

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/stytch"
)

// TestNoFieldIsLost decodes an answer in which every key of every object has a
// nonzero value, encodes the result, and compares key by key.
func TestNoFieldIsLost(t *testing.T) {
	body, err := os.ReadFile("testdata/authenticate_sms.json")
	if err != nil {
		t.Fatal(err)
	}
	client, _ := answering(t, 200, string(body))
	resp, err := client.AuthenticateSMS(t.Context(), authenticateSMS)
	if err != nil {
		t.Fatal(err)
	}
	// These two do not encode as they decode, so they are compared as values:
	// the number masks itself, and factors have no encoding.
	if got := resp.Member.MFAPhoneNumber; string(got) != "+14155550100" {
		t.Errorf("mfa_phone_number is %d characters, want those of +14155550100", len(got))
	}
	wantFactors(t, resp.MemberSession.AuthenticationFactors)

	encoded, err := json.Marshal(resp)
	if err != nil {
		t.Fatal(err)
	}
	want, got := parse(t, body), parse(t, encoded)
	for _, tree := range []map[string]any{want, got} {
		delete(tree["member"].(map[string]any), "mfa_phone_number")
		delete(tree["member_session"].(map[string]any), "authentication_factors")
	}
	compare(t, "", want, got)
}

// TestNoFieldOfAnAnswerIsLost does the same for the answers of the other calls,
// with the objects of the same fixture.
func TestNoFieldOfAnAnswerIsLost(t *testing.T) {
	const (
		login = `"member_session":{},"session_token":"tok","session_jwt":"a.b.c","member_device":{},"member_authenticated":true,` +
			`"intermediate_session_token":"ist","intermediate_session_token_expires_at":"2026-09-21T14:10:00Z",` +
			`"mfa_required":{"member_options":{"totp_registration_id":"member-totp-test-1"},"secondary_auth_initiated":"sms_otp"},` +
			`"primary_required":{"allowed_auth_methods":["sso"]}`
		second = `"member_session":{},"session_token":"tok","session_jwt":"a.b.c","member_device":{}`
		totp   = `"totp_registration_id":"member-totp-test-1","recovery_codes":["a-b","c-d"]`
	)
	ids := stytch.RecoveryCodesRequest{OrganizationID: orgID, MemberID: memberID}
	for _, tt := range []struct {
		name, keys string
		call       func(*testing.T, string) any
	}{
		{"CreateTOTP", totp + `,"secret":"ABCD","qr_code":"iVBO"`, decoding((*stytch.Client).CreateTOTP, createTOTP)},
		{"AuthenticateTOTP", second, decoding((*stytch.Client).AuthenticateTOTP, authenticateTOTP)},
		{"MigrateTOTP", totp, decoding((*stytch.Client).MigrateTOTP, migrateTOTP)},
		{"Recover", second + `,"recovery_codes_remaining":7`, decoding((*stytch.Client).Recover, recoverMember)},
		{"RecoveryCodes", `"recovery_codes":["a-b","c-d"]`, decoding((*stytch.Client).RecoveryCodes, ids)},
		{"RotateRecoveryCodes", `"recovery_codes":["a-b","c-d"]`, decoding((*stytch.Client).RotateRecoveryCodes, stytch.RotateRecoveryCodesRequest(ids))},
		{"AuthenticatePassword", login + `,"organization_id":"organization-test-1"`, decoding((*stytch.Client).AuthenticatePassword, authenticatePassword)},
		{"AuthenticateMagicLink", login + `,"organization_id":"organization-test-1","method_id":"email-test-1","reset_sessions":true`, decoding((*stytch.Client).AuthenticateMagicLink, authenticateLink)},
		{"ExchangeSession", login, decoding((*stytch.Client).ExchangeSession, exchangeSession)},
		{"ExchangeIntermediateSession", login, decoding((*stytch.Client).ExchangeIntermediateSession, exchangeIntermediate)},
		{"LoginOrSignupByEmail", `"member_created":true`, decoding((*stytch.Client).LoginOrSignupByEmail, loginOrSignup)},
		{"UpdateMember", ``, decoding((*stytch.Client).UpdateMember, updateMember)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fixture, err := os.ReadFile("testdata/authenticate_sms.json")
			if err != nil {
				t.Fatal(err)
			}
			objects := parse(t, fixture)
			delete(objects["member"].(map[string]any), "mfa_phone_number")
			delete(objects["member_session"].(map[string]any), "authentication_factors")
			want := parse(t, []byte("{"+tt.keys+"}"))
			for _, key := range []string{"request_id", "status_code", "member_id", "member", "organization"} {
				want[key] = objects[key]
			}
			for key := range want {
				if object, ok := objects[key].(map[string]any); ok {
					want[key] = object
				}
			}
			body, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			encoded, err := json.Marshal(tt.call(t, string(body)))
			if err != nil {
				t.Fatal(err)
			}
			got := parse(t, encoded)
			for _, path := range [][]string{{"member", "mfa_phone_number"}, {"member_session", "authentication_factors"}, {"mfa_required", "member_options", "mfa_phone_number"}} {
				remove(got, path...)
			}
			compare(t, "", want, got)
		})
	}
}

func TestNoFieldOfADiscoveryIsLost(t *testing.T) {
	const body = `{"request_id":"request-id-test-1","status_code":200,"email_address":"ada@example.com","organization_id_hint":"organization-test-1",` +
		`"discovered_organizations":[{"organization":{"organization_id":"organization-test-1"},"member_authenticated":true,` +
		`"membership":{"type":"active_member","details":{"domain":"example.com","n":9007199254740993},"member":{"member_id":"member-test-1"}},` +
		`"primary_required":{"allowed_auth_methods":["sso"]},` +
		`"mfa_required":{"member_options":{"mfa_phone_number":"` + phone + `","totp_registration_id":"member-totp-test-1"},"secondary_auth_initiated":null}},` +
		`{"organization":null,"membership":{"type":"eligible_to_join_by_email_domain","details":null,"member":null},"primary_required":null,"mfa_required":null}]}`
	resp := decoded(t, (*stytch.Client).DiscoverOrganizations, stytch.DiscoverOrganizationsRequest{SessionJWT: sessJWT}, body)
	want := &stytch.DiscoverOrganizationsResponse{
		RequestID: "request-id-test-1", StatusCode: 200, EmailAddress: "ada@example.com", OrganizationIDHint: "organization-test-1",
		DiscoveredOrganizations: []stytch.DiscoveredOrganization{
			{
				Organization: &stytch.Organization{OrganizationID: "organization-test-1"}, MemberAuthenticated: true,
				Membership: &stytch.Membership{
					Type: "active_member", Details: map[string]any{"domain": "example.com", "n": json.Number("9007199254740993")},
					Member: &stytch.Member{MemberID: "member-test-1"},
				},
				PrimaryRequired: &stytch.PrimaryRequired{AllowedAuthMethods: []string{"sso"}},
				MFARequired:     &stytch.MFARequired{MemberOptions: &stytch.MFAOptions{MFAPhoneNumber: phone, TOTPRegistrationID: "member-totp-test-1"}},
			},
			{Membership: &stytch.Membership{Type: "eligible_to_join_by_email_domain"}},
		},
	}
	if !reflect.DeepEqual(resp, want) {
		t.Errorf("got %+v\nwant %+v", resp, want)
	}
}

// decoding returns a func that decodes a body as the answer to req.
func decoding[Req, Resp any](m method[Req, Resp], req Req) func(*testing.T, string) any {
	return func(t *testing.T, body string) any { return decoded(t, m, req, body) }
}

// remove deletes what is at the path, if it is there.
func remove(tree map[string]any, path ...string) {
	for _, key := range path[:len(path)-1] {
		tree, _ = tree[key].(map[string]any)
	}
	delete(tree, path[len(path)-1])
}

func wantFactors(t *testing.T, got []jwks.Factor) {
	t.Helper()
	at := func(hour, minute, second int) time.Time {
		return time.Date(2026, 9, 21, hour, minute, second, 0, time.UTC)
	}
	want := []jwks.Factor{
		{
			Type: "magic_link", DeliveryMethod: "email", SequenceOrder: "PRIMARY",
			LastAuthenticatedAt: at(14, 0, 0), CreatedAt: at(14, 0, 1), UpdatedAt: at(14, 0, 2),
			Email: jwks.EmailFactor{ID: "email-test-1", Address: "ada@example.com"},
		},
		{
			Type: "otp", DeliveryMethod: "sms", SequenceOrder: "SECONDARY",
			LastAuthenticatedAt: at(14, 10, 0), CreatedAt: at(14, 10, 1), UpdatedAt: at(14, 10, 2),
			Phone: jwks.PhoneFactor{ID: "phone-number-test-1", Number: "+14155550100"},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got factors %+v\nwant %+v", got, want)
	}
}

// compare reports every key of want that got lacks or has with another value.
// It also reports zero values in want, which prove nothing.
func compare(t *testing.T, path string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		got, _ := got.(map[string]any)
		if len(want) == 0 {
			t.Errorf("%s: the fixture is empty here", path)
		}
		for key, value := range want {
			compare(t, path+"."+key, value, got[key])
		}
		for key := range got {
			if _, ok := want[key]; !ok {
				t.Errorf("%s.%s is not in the fixture", path, key)
			}
		}
	case []any:
		got, _ := got.([]any)
		if len(want) == 0 || len(got) != len(want) {
			t.Fatalf("%s: got %d elements, want %d and not 0", path, len(got), len(want))
		}
		for i := range want {
			compare(t, fmt.Sprintf("%s[%d]", path, i), want[i], got[i])
		}
	default:
		if want == nil || want == "" || want == false || want != got {
			t.Errorf("%s: got %v, want %v and not zero", path, got, want)
		}
	}
}

func parse(t *testing.T, data []byte) (tree map[string]any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	if err := dec.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestWhatTheServiceSendsAsNullIsZero(t *testing.T) {
	body, err := os.ReadFile("testdata/nulls.json")
	if err != nil {
		t.Fatal(err)
	}
	client, _ := answering(t, 200, string(body))
	resp, err := client.AuthenticateSMS(t.Context(), authenticateSMS)
	if err != nil {
		t.Fatal(err)
	}
	m, o := resp.Member, resp.Organization
	if m.ExternalID != "" || m.SCIMRegistration != nil || !m.LockCreatedAt.IsZero() || !m.LockExpiresAt.IsZero() || m.MFAPhoneNumber != "" {
		t.Errorf("got member %+v", m)
	}
	if o.OrganizationExternalID != "" || o.SSODefaultConnectionID != "" || o.SCIMActiveConnection != nil {
		t.Errorf("got organization %+v", o)
	}
	if resp.MemberSession != nil || resp.MemberDevice != nil {
		t.Errorf("got session %v, device %v, want nil", resp.MemberSession, resp.MemberDevice)
	}
}

func TestLargeNumbersAreNotRounded(t *testing.T) {
	client, _ := answering(t, 200, strings.Replace(sessionAnswer, `"session-test-1"}`, `"session-test-1","custom_claims":{"account":9007199254740993}}`, 1))
	resp, err := client.AuthenticateSession(t.Context(), stytch.AuthenticateSessionRequest{SessionJWT: sessJWT})
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.MemberSession.CustomClaims["account"]; got != json.Number("9007199254740993") {
		t.Errorf("got %v (%T)", got, got)
	}
}
