package stytchtest_test

import (
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// The keys of each object. The service always sends all of them, and its stricter
// SDKs require them.

var memberKeys = []string{
	"organization_id", "member_id", "external_id", "email_address", "email_address_verified",
	"retired_email_addresses", "status", "name", "sso_registrations", "oauth_registrations",
	"scim_registration", "is_breakglass", "member_password_id", "mfa_enrolled", "mfa_phone_number",
	"mfa_phone_number_verified", "default_mfa_method", "totp_registration_id", "is_admin", "is_locked",
	"lock_created_at", "lock_expires_at", "roles", "trusted_metadata", "untrusted_metadata",
	"created_at", "updated_at",
}

var organizationKeys = []string{
	"organization_id", "organization_name", "organization_slug", "organization_logo_url",
	"organization_external_id", "trusted_metadata", "sso_default_connection_id", "sso_jit_provisioning",
	"sso_jit_provisioning_allowed_connections", "sso_active_connections", "scim_active_connection",
	"email_allowed_domains", "email_jit_provisioning", "email_invites", "oauth_tenant_jit_provisioning",
	"allowed_oauth_tenants", "claimed_email_domains", "auth_methods", "allowed_auth_methods", "mfa_policy",
	"mfa_methods", "allowed_mfa_methods", "rbac_email_implicit_role_assignments",
	"first_party_connected_apps_allowed_type", "allowed_first_party_connected_apps",
	"third_party_connected_apps_allowed_type", "allowed_third_party_connected_apps", "custom_roles",
	"created_at", "updated_at",
}

var sessionKeys = []string{
	"member_session_id", "member_id", "organization_id", "organization_slug", "started_at",
	"last_accessed_at", "expires_at", "authentication_factors", "roles", "custom_claims",
}

var factorKeys = []string{
	"type", "delivery_method", "last_authenticated_at", "created_at", "updated_at", "sequence_order",
}

func TestAnswersHaveEveryKey(t *testing.T) {
	f := newFixture(t)
	_, sent := f.post(sendPath, f.with())
	_, authenticated := f.post(authenticatePath, f.with("code", f.srv.LastCode(f.member)))
	refreshed := f.refresh()
	_, got := request(t, f.srv, "GET", "/v1/b2b/organizations/"+f.member.OrganizationID+"/member?member_id="+f.member.ID, nil)
	_, created := newFixture(t, stytchtest.WithoutPhone()).postMember(totpPath)
	_, migrated := newFixture(t).postMember(totpMigratePath, "session_jwt", nil, "secret", rfcSecret)
	app := newFixture(t, stytchtest.WithTOTP())
	_, proved := app.postMember(totpAuthenticatePath, "code", app.srv.TOTPCode(app.member))
	_, recovered := app.postMember(recoverPath, "recovery_code", app.srv.RecoveryCodes(app.member)[0])
	_, codes := request(t, app.srv, "GET", app.recoveryPath(), nil)
	_, rotated := app.postMember(rotatePath, "session_jwt", nil)
	_, deleted := request(t, app.srv, "DELETE", app.totpDeletePath(), nil)
	waiting := newLogin(t, "REQUIRED_FOR_ALL").mustLogIn()
	login := newLogin(t, "")
	_, mailed := login.post(mailPath, object{"organization_id": login.member.OrganizationID, "email_address": login.member.EmailAddress})
	_, opened := login.post(magicLinkPath, object{"magic_links_token": login.srv.Mails("")[0].Token})
	twin := login.twin(stytchtest.Organization{})
	_, exchanged := login.post(exchangePath, object{"organization_id": twin.OrganizationID, "session_jwt": login.session.JWT})
	_, chosen := login.post(exchangeLoginPath, object{"organization_id": twin.OrganizationID, intermediateSession: login.srv.StartLogin(login.member)})
	base := []string{"request_id", "status_code", "member_id", "member", "organization"}
	session := append(base[:5:5], "session_token", "session_jwt", "member_session")
	primary := append(session[:8:8], "member_device", "member_authenticated", "mfa_required", "primary_required",
		"intermediate_session_token", "intermediate_session_token_expires_at")
	byName := append(primary[:14:14], "organization_id")
	for _, tt := range []struct {
		name   string
		answer object
		keys   []string
	}{
		{"password authenticate, waiting", waiting, byName},
		{"password authenticate", login.mustLogIn(), byName},
		{"login_or_signup", mailed, append(base[:5:5], "member_created")},
		{"magic link authenticate", opened, append(byName[:15:15], "method_id", "reset_sessions")},
		{"session exchange", exchanged, primary},
		{"intermediate session exchange", chosen, primary},
		{"send", sent, base},
		{"member get", got, base},
		{"authenticate", authenticated, append(session[:8:8], "member_device")},
		{"session authenticate", refreshed, append(session[:8:8], "verdict")},
		{"TOTP create", created, append(base[:5:5], "totp_registration_id", "secret", "qr_code", "recovery_codes")},
		{"TOTP migrate", migrated, append(base[:5:5], "totp_registration_id", "recovery_codes")},
		{"TOTP authenticate", proved, append(session[:8:8], "member_device")},
		{"recover", recovered, append(session[:8:8], "member_device", "recovery_codes_remaining")},
		{"recovery codes", codes, append(base[:5:5], "recovery_codes")},
		{"recovery codes rotate", rotated, append(base[:5:5], "recovery_codes")},
		{"TOTP delete", deleted, base},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkKeys(t, "the answer", tt.answer, tt.keys...)
			if tt.answer["status_code"] != 200.0 {
				t.Errorf("status_code: got %v", tt.answer["status_code"])
			}
			checkKeys(t, "member", tt.answer["member"].(object), memberKeys...)
			checkKeys(t, "organization", tt.answer["organization"].(object), organizationKeys...)
			if ms, ok := tt.answer["member_session"].(object); ok {
				checkKeys(t, "member_session", ms, sessionKeys...)
			}
		})
	}
}

// postMember is post with a body about the member and its session.
func (f *fixture) postMember(path string, pairs ...any) (int, object) {
	f.t.Helper()
	return f.post(path, f.with(pairs...))
}

func TestListsAreNeverNull(t *testing.T) {
	f := newFixture(t, stytchtest.WithRoles())
	f.session = f.srv.SignIn(f.member)
	answer := f.refresh()
	for _, name := range []string{"retired_email_addresses", "sso_registrations", "oauth_registrations", "roles"} {
		if _, ok := answer["member"].(object)[name].([]any); !ok {
			t.Errorf("member.%s is %v", name, answer["member"].(object)[name])
		}
	}
	for _, name := range []string{"authentication_factors", "roles"} {
		if _, ok := answer["member_session"].(object)[name].([]any); !ok {
			t.Errorf("member_session.%s is %v", name, answer["member_session"].(object)[name])
		}
	}
	if _, ok := sessionClaim(claimsOf(t, answer["session_jwt"].(string)))["roles"].([]any); !ok {
		t.Error("the roles of the JWT are null")
	}
}

func TestFactorsSayWhatWasProved(t *testing.T) {
	f := newFixture(t, stytchtest.WithTOTP())
	tests := []struct {
		kind, method, order, key string
		fields                   []string
	}{
		{"magic_link", "email", "PRIMARY", "email_factor", []string{"email_id", "email_address"}},
		{"email_otp", "email", "PRIMARY", "email_factor", []string{"email_id", "email_address"}},
		{"otp", "sms", "SECONDARY", "phone_number_factor", []string{"phone_id", "phone_number"}},
		{"password", "knowledge", "PRIMARY", "", nil},
		{"totp", "authenticator_app", "SECONDARY", "authenticator_app_factor", []string{"totp_id"}},
		{"recovery_codes", "recovery_code", "SECONDARY", "recovery_code_factor", []string{"totp_recovery_code_id"}},
		{"sso", "sso_saml", "PRIMARY", "saml_sso_factor", []string{"id", "provider_id", "external_id"}},
		{"sso", "sso_oidc", "PRIMARY", "oidc_sso_factor", []string{"id", "provider_id", "external_id"}},
		{"oauth", "oauth_google", "PRIMARY", "google_oauth_factor", []string{"id", "provider_subject", "email_id"}},
		{"oauth", "oauth_exchange_slack", "PRIMARY", "slack_oauth_exchange_factor", []string{"email_id"}},
		{"oauth", "oauth_access_token_exchange", "PRIMARY", "oauth_access_token_exchange_factor", []string{"client_id"}},
		{"impersonated", "impersonation", "PRIMARY", "impersonated_factor", []string{"impersonator_id", "impersonator_email_address"}},
		{"trusted_auth_token", "trusted_token_exchange", "PRIMARY", "trusted_auth_token_factor", []string{"token_id"}},
		{"imported", "imported_auth0", "PRIMARY", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.kind+" "+tt.method, func(t *testing.T) {
			f.session = f.srv.SignIn(f.member, stytchtest.WithFactor(tt.kind, tt.method, time.Minute))
			factors := f.refresh()["member_session"].(object)["authentication_factors"].([]any)
			factor := factors[len(factors)-1].(object)
			keys := factorKeys
			if tt.key != "" {
				keys = append(keys[:len(keys):len(keys)], tt.key)
				detail, _ := factor[tt.key].(object)
				checkKeys(t, tt.key, detail, tt.fields...)
				for name, value := range detail {
					if value == "" {
						t.Errorf("%s.%s is empty", tt.key, name)
					}
				}
			}
			checkKeys(t, "the factor", factor, keys...)
			if factor["sequence_order"] != tt.order {
				t.Errorf("sequence_order: got %v, want %s", factor["sequence_order"], tt.order)
			}
		})
	}
}
