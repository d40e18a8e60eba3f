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
