package stytch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/stytch"
)

func TestAuthenticatePasswordOnTheWire(t *testing.T) {
	wantOnTheWire(t, (*stytch.Client).AuthenticatePassword, loggedInAnswer, "POST", "/v1/b2b/passwords/authenticate", []wireCase[stytch.AuthenticatePasswordRequest]{
		{
			"only what is required, and a password that is not changed",
			stytch.AuthenticatePasswordRequest{OrganizationID: "org", EmailAddress: "ada@example.com", Password: ` <päss>&"1 `},
			`{"organization_id":"org","email_address":"ada@example.com","password":" <päss>&\"1 "}`,
		},
		{
			"everything, with an intermediate session token",
			stytch.AuthenticatePasswordRequest{
				OrganizationID: "org", EmailAddress: "ada@example.com", Password: "p", IntermediateSessionToken: "ist",
				SessionDurationMinutes: 60, SessionCustomClaims: map[string]any{"n": 1}, Locale: "es", TelemetryID: "tel",
			},
			`{"organization_id":"org","email_address":"ada@example.com","password":"p","intermediate_session_token":"ist",` +
				`"session_duration_minutes":60,"session_custom_claims":{"n":1},"locale":"es","telemetry_id":"tel"}`,
		},
		{
			"a session token",
			stytch.AuthenticatePasswordRequest{OrganizationID: "org", EmailAddress: "ada@example.com", Password: "p", SessionToken: "tok"},
			`{"organization_id":"org","email_address":"ada@example.com","password":"p","session_token":"tok"}`,
		},
		{
			"a session JWT",
			stytch.AuthenticatePasswordRequest{OrganizationID: "org", EmailAddress: "ada@example.com", Password: "p", SessionJWT: "a.b.c"},
			`{"organization_id":"org","email_address":"ada@example.com","password":"p","session_jwt":"a.b.c"}`,
		},
	})
}

func TestAuthenticateMagicLinkOnTheWire(t *testing.T) {
	wantOnTheWire(t, (*stytch.Client).AuthenticateMagicLink, mfaRequiredAnswer, "POST", "/v1/b2b/magic_links/authenticate", []wireCase[stytch.AuthenticateMagicLinkRequest]{
		{
			"only what is required",
			stytch.AuthenticateMagicLinkRequest{MagicLinksToken: "mlt"},
			`{"magic_links_token":"mlt"}`,
		},
		{
			"everything, with an intermediate session token",
			stytch.AuthenticateMagicLinkRequest{
				MagicLinksToken: "mlt", PKCECodeVerifier: "ver", IntermediateSessionToken: "ist",
				SessionDurationMinutes: 60, SessionCustomClaims: map[string]any{"n": 1}, Locale: "es", TelemetryID: "tel",
			},
			`{"magic_links_token":"mlt","pkce_code_verifier":"ver","intermediate_session_token":"ist",` +
				`"session_duration_minutes":60,"session_custom_claims":{"n":1},"locale":"es","telemetry_id":"tel"}`,
		},
		{
			"a session token",
			stytch.AuthenticateMagicLinkRequest{MagicLinksToken: "mlt", SessionToken: "tok"},
			`{"magic_links_token":"mlt","session_token":"tok"}`,
		},
		{
			"a session JWT",
			stytch.AuthenticateMagicLinkRequest{MagicLinksToken: "mlt", SessionJWT: "a.b.c"},
			`{"magic_links_token":"mlt","session_jwt":"a.b.c"}`,
		},
	})
}

func TestExchangesOnTheWire(t *testing.T) {
	wantOnTheWire(t, (*stytch.Client).ExchangeSession, loggedInAnswer, "POST", "/v1/b2b/sessions/exchange", []wireCase[stytch.ExchangeSessionRequest]{
		{
			"only what is required",
			stytch.ExchangeSessionRequest{OrganizationID: "org", SessionToken: "tok"},
			`{"organization_id":"org","session_token":"tok"}`,
		},
		{
			"everything, with a session JWT",
			stytch.ExchangeSessionRequest{
				OrganizationID: "org", SessionJWT: "a.b.c", SessionDurationMinutes: 60,
				SessionCustomClaims: map[string]any{"n": 1}, Locale: "es", TelemetryID: "tel",
			},
			`{"organization_id":"org","session_jwt":"a.b.c","session_duration_minutes":60,` +
				`"session_custom_claims":{"n":1},"locale":"es","telemetry_id":"tel"}`,
		},
	})
	wantOnTheWire(t, (*stytch.Client).ExchangeIntermediateSession, mfaRequiredAnswer, "POST", "/v1/b2b/discovery/intermediate_sessions/exchange", []wireCase[stytch.ExchangeIntermediateSessionRequest]{
		{
			"intermediate: only what is required",
			stytch.ExchangeIntermediateSessionRequest{IntermediateSessionToken: "ist", OrganizationID: "org"},
			`{"intermediate_session_token":"ist","organization_id":"org"}`,
		},
		{
			"intermediate: everything",
			stytch.ExchangeIntermediateSessionRequest{
				IntermediateSessionToken: "ist", OrganizationID: "org", SessionDurationMinutes: 60,
				SessionCustomClaims: map[string]any{"n": 1}, Locale: "es", TelemetryID: "tel",
			},
			`{"intermediate_session_token":"ist","organization_id":"org","session_duration_minutes":60,` +
				`"session_custom_claims":{"n":1},"locale":"es","telemetry_id":"tel"}`,
		},
	})
}

func TestLoginOrSignupByEmailOnTheWire(t *testing.T) {
	answer := strings.Replace(memberAnswer, `{`, `{"member_created":true,`, 1)
	wantOnTheWire(t, (*stytch.Client).LoginOrSignupByEmail, answer, "POST", "/v1/b2b/magic_links/email/login_or_signup", []wireCase[stytch.LoginOrSignupByEmailRequest]{
		{
			"only what is required",
			stytch.LoginOrSignupByEmailRequest{OrganizationID: "org", EmailAddress: "ada@example.com"},
			`{"organization_id":"org","email_address":"ada@example.com"}`,
		},
		{
			"everything",
			stytch.LoginOrSignupByEmailRequest{
				OrganizationID: "org", EmailAddress: "ada@example.com",
				LoginRedirectURL: "https://app.example.com/in?a=1&b=2", SignupRedirectURL: "https://app.example.com/up",
				PKCECodeChallenge: "hash", LoginTemplateID: "lt", SignupTemplateID: "st", Locale: "pt-br",
				LoginExpirationMinutes: 5, SignupExpirationMinutes: 10080,
			},
			`{"organization_id":"org","email_address":"ada@example.com",` +
				`"login_redirect_url":"https://app.example.com/in?a=1&b=2","signup_redirect_url":"https://app.example.com/up",` +
				`"pkce_code_challenge":"hash","login_template_id":"lt","signup_template_id":"st","locale":"pt-br",` +
				`"login_expiration_minutes":5,"signup_expiration_minutes":10080}`,
		},
	})
	if resp := decoded(t, (*stytch.Client).LoginOrSignupByEmail, loginOrSignup, answer); !resp.MemberCreated || resp.MemberID != memberID {
		t.Errorf("got created: %v, member %q", resp.MemberCreated, resp.MemberID)
	}
}

func TestDiscoverOrganizationsOnTheWire(t *testing.T) {
	wantOnTheWire(t, (*stytch.Client).DiscoverOrganizations, discoveryAnswer, "POST", "/v1/b2b/discovery/organizations", []wireCase[stytch.DiscoverOrganizationsRequest]{
		{"an intermediate session token", stytch.DiscoverOrganizationsRequest{IntermediateSessionToken: "ist"}, `{"intermediate_session_token":"ist"}`},
		{"a session token", stytch.DiscoverOrganizationsRequest{SessionToken: "tok"}, `{"session_token":"tok"}`},
		{"a session JWT", stytch.DiscoverOrganizationsRequest{SessionJWT: "a.b.c"}, `{"session_jwt":"a.b.c"}`},
	})
}

func TestLoginCallsRefuseArguments(t *testing.T) {
	wantRefusals(t, (*stytch.Client).AuthenticatePassword, loggedInAnswer, authenticatePassword, []refusal[stytch.AuthenticatePasswordRequest]{
		{"password: no organization", func(r *stytch.AuthenticatePasswordRequest) { r.OrganizationID = "" }, "OrganizationID is empty"},
		{"password: no email address", func(r *stytch.AuthenticatePasswordRequest) { r.EmailAddress = "" }, "EmailAddress is empty"},
		{"no password", func(r *stytch.AuthenticatePasswordRequest) { r.Password = "" }, "Password is empty"},
		{"a password that JSON cannot carry", func(r *stytch.AuthenticatePasswordRequest) { r.Password = password + "\xff" }, "Password is not UTF-8"},
		{"password: two sessions", func(r *stytch.AuthenticatePasswordRequest) { r.SessionToken, r.SessionJWT = token, sessJWT }, "at most one of"},
		{"password: a session and a login", func(r *stytch.AuthenticatePasswordRequest) { r.SessionToken, r.IntermediateSessionToken = token, ist }, "at most one of"},
		{"password: 4 minutes", func(r *stytch.AuthenticatePasswordRequest) { r.SessionDurationMinutes = 4 }, "SessionDurationMinutes is not"},
	})
	wantRefusals(t, (*stytch.Client).AuthenticateMagicLink, mfaRequiredAnswer, authenticateLink, []refusal[stytch.AuthenticateMagicLinkRequest]{
		{"link: no token", func(r *stytch.AuthenticateMagicLinkRequest) { r.MagicLinksToken = "" }, "MagicLinksToken is empty"},
		{"link: two sessions", func(r *stytch.AuthenticateMagicLinkRequest) { r.SessionToken, r.SessionJWT = token, sessJWT }, "at most one of"},
		{"link: 527041 minutes", func(r *stytch.AuthenticateMagicLinkRequest) { r.SessionDurationMinutes = 527041 }, "SessionDurationMinutes is not"},
	})
	wantRefusals(t, (*stytch.Client).ExchangeSession, loggedInAnswer, exchangeSession, []refusal[stytch.ExchangeSessionRequest]{
		{"exchange: no organization", func(r *stytch.ExchangeSessionRequest) { r.OrganizationID = "" }, "OrganizationID is empty"},
		{"exchange: no session", func(r *stytch.ExchangeSessionRequest) { r.SessionJWT = "" }, "exactly one of SessionToken and SessionJWT"},
		{"exchange: two sessions", func(r *stytch.ExchangeSessionRequest) { r.SessionToken = token }, "exactly one of SessionToken and SessionJWT"},
		{"exchange: 4 minutes", func(r *stytch.ExchangeSessionRequest) { r.SessionDurationMinutes = 4 }, "SessionDurationMinutes is not"},
	})
	wantRefusals(t, (*stytch.Client).ExchangeIntermediateSession, mfaRequiredAnswer, exchangeIntermediate, []refusal[stytch.ExchangeIntermediateSessionRequest]{
		{"intermediate: no token", func(r *stytch.ExchangeIntermediateSessionRequest) { r.IntermediateSessionToken = "" }, "IntermediateSessionToken is empty"},
		{"intermediate: no organization", func(r *stytch.ExchangeIntermediateSessionRequest) { r.OrganizationID = "" }, "OrganizationID is empty"},
		{"intermediate: 4 minutes", func(r *stytch.ExchangeIntermediateSessionRequest) { r.SessionDurationMinutes = 4 }, "SessionDurationMinutes is not"},
	})
	wantRefusals(t, (*stytch.Client).LoginOrSignupByEmail, memberAnswer, loginOrSignup, []refusal[stytch.LoginOrSignupByEmailRequest]{
		{"email: no organization", func(r *stytch.LoginOrSignupByEmailRequest) { r.OrganizationID = "" }, "OrganizationID is empty"},
		{"email: no address", func(r *stytch.LoginOrSignupByEmailRequest) { r.EmailAddress = "" }, "EmailAddress is empty"},
		{"email: a login link for 4 minutes", func(r *stytch.LoginOrSignupByEmailRequest) { r.LoginExpirationMinutes = 4 }, "LoginExpirationMinutes is not 0 or 5 to 10080"},
		{"email: a signup link for a week and a minute", func(r *stytch.LoginOrSignupByEmailRequest) { r.SignupExpirationMinutes = 10081 }, "SignupExpirationMinutes is not 0 or 5 to 10080"},
	})
	wantRefusals(t, (*stytch.Client).DiscoverOrganizations, discoveryAnswer, stytch.DiscoverOrganizationsRequest{SessionJWT: sessJWT}, []refusal[stytch.DiscoverOrganizationsRequest]{
		{"discovery: nothing", func(r *stytch.DiscoverOrganizationsRequest) { r.SessionJWT = "" }, "exactly one of"},
		{"discovery: two sessions", func(r *stytch.DiscoverOrganizationsRequest) { r.SessionToken = token }, "exactly one of"},
	})
}

func TestALoginIsCompleteOrTheWayToCompleteItIsThere(t *testing.T) {
	for _, tt := range []struct{ name, body, missing string }{ // missing: "" = understood
		{"a session", loggedInAnswer, ""},
		{"a session without an opaque token", strings.Replace(loggedInAnswer, token, "", 1), ""},
		{"a session without its JWT", strings.Replace(loggedInAnswer, sessJWT, "", 1), "session_jwt"},
		{"an intermediate session", mfaRequiredAnswer, ""},
		{"an intermediate session without its token", strings.Replace(mfaRequiredAnswer, ist, "", 1), "intermediate_session_token"},
		{"a JWT for a member who is not logged in", strings.Replace(loggedInAnswer, `"member_authenticated":true`, `"member_authenticated":false`, 1), "intermediate_session_token"},
		{"an intermediate session for a member who is logged in", strings.Replace(mfaRequiredAnswer, `"member_authenticated":false`, `"member_authenticated":true`, 1), "session_jwt"},
		{"nothing about whether the member is logged in", strings.Replace(loggedInAnswer, `"member_authenticated"`, `"x"`, 1), "intermediate_session_token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, e := range endpoints {
				if e.answer != loggedInAnswer && e.answer != mfaRequiredAnswer {
					continue
				}
				client, _ := answering(t, 200, tt.body)
				ok, err := e.call(t.Context(), client)
				switch {
				case tt.missing != "":
					wantNotUnderstood(t, ok, err, tt.missing+" is missing")
				case err != nil:
					t.Errorf("%s: %v", e.name, err)
				}
			}
		})
	}
	for _, answer := range []string{loggedInAnswer, mfaRequiredAnswer} {
		wantMissing(t, (*stytch.Client).AuthenticatePassword, authenticatePassword, answer, "request_id", "member_id", "member", "organization")
	}
	wantMissing(t, (*stytch.Client).LoginOrSignupByEmail, loginOrSignup, memberAnswer, "request_id", "member_id", "member", "organization")
	wantMissing(t, (*stytch.Client).DiscoverOrganizations, stytch.DiscoverOrganizationsRequest{SessionJWT: sessJWT}, discoveryAnswer, "request_id", "email_address")
}

func TestALoginThatLacksItsSecondFactor(t *testing.T) {
	resp := decoded(t, (*stytch.Client).AuthenticateMagicLink, authenticateLink, mfaRequiredAnswer)
	if resp.MemberAuthenticated || resp.SessionToken != "" || resp.SessionJWT != "" || resp.MemberSession != nil {
		t.Error("there is a session")
	}
	if resp.IntermediateSessionToken != ist || !resp.IntermediateSessionTokenExpiresAt.Equal(time.Date(2026, 9, 21, 14, 10, 0, 0, time.UTC)) {
		t.Errorf("the intermediate session ends at %v", resp.IntermediateSessionTokenExpiresAt)
	}
	mfa := resp.MFARequired
	if mfa == nil || mfa.SecondaryAuthInitiated != "sms_otp" || mfa.MemberOptions == nil ||
		mfa.MemberOptions.MFAPhoneNumber != phone || mfa.MemberOptions.TOTPRegistrationID != "member-totp-test-1" {
		t.Errorf("got %+v", mfa)
	}
	if resp.PrimaryRequired != nil {
		t.Errorf("got %+v, want no first factor to be missing", resp.PrimaryRequired)
	}
}

func TestALoginThatLacksAnotherFirstFactor(t *testing.T) {
	body := strings.Replace(mfaRequiredAnswer, `"primary_required":null`, `"primary_required":{"allowed_auth_methods":["sso","google_oauth"]}`, 1)
	resp := decoded(t, (*stytch.Client).ExchangeSession, exchangeSession, body)
	if p := resp.PrimaryRequired; p == nil || len(p.AllowedAuthMethods) != 2 || p.AllowedAuthMethods[1] != "google_oauth" {
		t.Errorf("got %+v", p)
	}
}

// What is optional may be null, empty or not there.
func TestOptionalFieldsOfALogin(t *testing.T) {
	const bare = `{"request_id":"request-id-test-1","member_id":"` + memberID + `","member":{"member_id":"` + memberID + `"},` +
		`"organization":{"organization_id":"` + orgID + `"},"intermediate_session_token":"` + ist + `"`
	for _, tt := range []struct{ name, rest string }{
		{"not there", `}`},
		{"null", `,"member_authenticated":null,"session_token":null,"session_jwt":null,"member_session":null,` +
			`"intermediate_session_token_expires_at":null,"mfa_required":null,"primary_required":null,"member_device":null,` +
			`"organization_id":null,"method_id":null,"reset_sessions":null}`},
		{"empty", `,"session_token":"","session_jwt":"","intermediate_session_token_expires_at":"","organization_id":"","method_id":""}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := decoded(t, (*stytch.Client).AuthenticateMagicLink, authenticateLink, bare+tt.rest)
			if resp.SessionToken != "" || resp.SessionJWT != "" || resp.MemberSession != nil || !resp.IntermediateSessionTokenExpiresAt.IsZero() ||
				resp.MFARequired != nil || resp.PrimaryRequired != nil || resp.MemberDevice != nil ||
				resp.OrganizationID != "" || resp.MethodID != "" || resp.ResetSessions {
				t.Error("something is set")
			}
		})
	}
	for _, tt := range []struct {
		name, mfa   string
		wantOptions bool
	}{
		{"no more than that a second factor is missing", `{}`, false},
		{"nulls in mfa_required", `{"member_options":null,"secondary_auth_initiated":null}`, false},
		{"an empty secondary_auth_initiated", `{"secondary_auth_initiated":""}`, false},
		{"nulls in member_options", `{"member_options":{"mfa_phone_number":null,"totp_registration_id":null}}`, true},
		{"empty member_options", `{"member_options":{"mfa_phone_number":"","totp_registration_id":""}}`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := decoded(t, (*stytch.Client).ExchangeIntermediateSession, exchangeIntermediate, bare+`,"mfa_required":`+tt.mfa+`,"primary_required":{"allowed_auth_methods":null}}`)
			mfa := resp.MFARequired
			if mfa == nil || mfa.SecondaryAuthInitiated != "" || (mfa.MemberOptions != nil) != tt.wantOptions {
				t.Fatalf("got %+v", mfa)
			}
			if tt.wantOptions && *mfa.MemberOptions != (stytch.MFAOptions{}) {
				t.Errorf("got %+v, want no options", mfa.MemberOptions)
			}
			if resp.PrimaryRequired == nil || resp.PrimaryRequired.AllowedAuthMethods != nil {
				t.Errorf("got %+v", resp.PrimaryRequired)
			}
		})
	}
	t.Run("a time that is none", func(t *testing.T) {
		for _, bad := range []string{`"soon"`, `" "`, `1790000000`, `{}`} {
			client, _ := answering(t, 200, bare+`,"intermediate_session_token_expires_at":`+bad+`}`)
			resp, err := client.AuthenticateMagicLink(t.Context(), authenticateLink)
			wantNotUnderstood(t, resp != nil, err, "not the expected JSON")
		}
	})
}
