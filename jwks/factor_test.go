package jwks_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/rungauth/rung/jwks"
)

func TestFactorDecoding(t *testing.T) {
	at := func(s string) time.Time {
		t.Helper()
		parsed, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed.UTC()
	}
	for _, c := range []struct {
		name string
		json string
		want jwks.Factor
	}{
		{
			name: "an SMS one-time passcode with everything",
			json: `{"type":"otp","delivery_method":"sms","last_authenticated_at":"2026-09-21T14:10:00Z",
				"created_at":"2026-09-01T00:00:00Z","updated_at":"2026-09-21T14:10:00.25+02:00","sequence_order":"SECONDARY",
				"phone_number_factor":{"phone_id":"phone-number-test-1","phone_number":"+14155550100"}}`,
			want: jwks.Factor{
				Type: "otp", DeliveryMethod: "sms", SequenceOrder: "SECONDARY",
				LastAuthenticatedAt: at("2026-09-21T14:10:00Z"),
				CreatedAt:           at("2026-09-01T00:00:00Z"),
				UpdatedAt:           at("2026-09-21T12:10:00.25Z"),
				Phone:               jwks.PhoneFactor{ID: "phone-number-test-1", Number: "+14155550100"},
			},
		},
		{
			name: "a magic link",
			json: `{"type":"magic_link","delivery_method":"email","email_factor":{"email_id":"email-test-1","email_address":"ada@example.com"}}`,
			want: jwks.Factor{Type: "magic_link", DeliveryMethod: "email", Email: jwks.EmailFactor{ID: "email-test-1", Address: "ada@example.com"}},
		},
		{
			name: "SAML",
			json: `{"type":"sso","delivery_method":"sso_saml","saml_sso_factor":{"id":"a","provider_id":"b","external_id":"c"}}`,
			want: jwks.Factor{Type: "sso", DeliveryMethod: "sso_saml", SSO: jwks.SSOFactor{ID: "a", ProviderID: "b", ExternalID: "c"}},
		},
		{
			name: "OIDC",
			json: `{"type":"sso","delivery_method":"sso_oidc","oidc_sso_factor":{"id":"a","provider_id":"b","external_id":"c"}}`,
			want: jwks.Factor{Type: "sso", DeliveryMethod: "sso_oidc", SSO: jwks.SSOFactor{ID: "a", ProviderID: "b", ExternalID: "c"}},
		},
		{
			name: "OAuth with any provider",
			json: `{"type":"oauth","delivery_method":"oauth_git_lab","git_lab_oauth_factor":{"id":"a","provider_subject":"b","email_id":"c"}}`,
			want: jwks.Factor{Type: "oauth", DeliveryMethod: "oauth_git_lab", OAuth: jwks.OAuthFactor{ID: "a", ProviderSubject: "b", EmailID: "c"}},
		},
		{
			name: "an OAuth exchange",
			json: `{"type":"oauth","delivery_method":"oauth_exchange_slack","slack_oauth_exchange_factor":{"email_id":"c"}}`,
			want: jwks.Factor{Type: "oauth", DeliveryMethod: "oauth_exchange_slack", OAuth: jwks.OAuthFactor{EmailID: "c"}},
		},
		{
			name: "an OAuth access token exchange",
			json: `{"type":"oauth","delivery_method":"oauth_access_token_exchange","oauth_access_token_exchange_factor":{"client_id":"a"}}`,
			want: jwks.Factor{Type: "oauth", DeliveryMethod: "oauth_access_token_exchange", AccessTokenClientID: "a"},
		},
		{
			name: "TOTP",
			json: `{"type":"totp","delivery_method":"authenticator_app","authenticator_app_factor":{"totp_id":"a"}}`,
			want: jwks.Factor{Type: "totp", DeliveryMethod: "authenticator_app", TOTPID: "a"},
		},
		{
			name: "a recovery code",
			json: `{"type":"recovery_codes","delivery_method":"recovery_code","recovery_code_factor":{"totp_recovery_code_id":"a"}}`,
			want: jwks.Factor{Type: "recovery_codes", DeliveryMethod: "recovery_code", RecoveryCodeID: "a"},
		},
		{
			name: "a trusted auth token",
			json: `{"type":"trusted_auth_token","delivery_method":"trusted_token_exchange","trusted_auth_token_factor":{"token_id":"a"}}`,
			want: jwks.Factor{Type: "trusted_auth_token", DeliveryMethod: "trusted_token_exchange", TrustedAuthTokenID: "a"},
		},
		{
			name: "impersonation",
			json: `{"type":"impersonated","delivery_method":"impersonation","impersonated_factor":{"impersonator_id":"a","impersonator_email_address":"b"}}`,
			want: jwks.Factor{Type: "impersonated", DeliveryMethod: "impersonation", Impersonator: jwks.ImpersonatedFactor{ID: "a", EmailAddress: "b"}},
		},
		{
			name: "times that are none are zero",
			json: `{"type":"otp","last_authenticated_at":"yesterday","created_at":1790000000,"updated_at":null}`,
			want: jwks.Factor{Type: "otp"},
		},
		{
			name: "a time that RFC 3339 does not allow is zero",
			json: `{"type":"otp","last_authenticated_at":"2026-09-21T14:10Z","created_at":"2026-09-21 14:10:00Z","updated_at":"2026-02-30T00:00:00Z"}`,
			want: jwks.Factor{Type: "otp"},
		},
		{
			name: "values of another kind are zero",
			json: `{"type":7,"delivery_method":["sms"],"phone_number_factor":"+14155550100","email_factor":{"email_id":{},"email_address":"b"}}`,
			want: jwks.Factor{Email: jwks.EmailFactor{Address: "b"}},
		},
		{
			name: "names that differ in case are unknown",
			json: `{"Type":"otp","Delivery_Method":"sms","last_Authenticated_at":"2026-09-21T14:10:00Z","phone_number_factor":{"Phone_Number":"+14155550100"}}`,
			want: jwks.Factor{},
		},
		{
			name: "unknown members are ignored",
			json: `{"future":{"x":[1,2,{"y":null}]},"type":"webauthn","webauthn_factor":{"domain":"example.com"}}`,
			want: jwks.Factor{Type: "webauthn"},
		},
		{
			name: "a name written with escapes is the same name",
			json: `{"\u0074ype":"otp"}`,
			want: jwks.Factor{Type: "otp"},
		},
		{name: "null is no factor", json: `null`, want: jwks.Factor{}},
		{name: "a number is no factor", json: `7`, want: jwks.Factor{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got jwks.Factor
			if err := json.Unmarshal([]byte(c.json), &got); err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestFactorRefusesRepeatedNames(t *testing.T) {
	for _, text := range []string{
		`{"type":"email_otp","type":"otp"}`,
		`{"type":"email_otp","\u0074ype":"otp"}`,
		`{"type":"otp","phone_number_factor":{"phone_id":"a","phone_id":"b"}}`,
		`{"type":"otp","unknown":{"a":[{"b":1,"b":2}]}}`,
	} {
		var f jwks.Factor
		if err := json.Unmarshal([]byte(text), &f); err == nil {
			t.Errorf("%s: decoded into %+v, want an error", text, f)
		} else if f != (jwks.Factor{}) {
			t.Errorf("%s: left %+v behind with the error", text, f)
		}
	}
}
