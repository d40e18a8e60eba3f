package stytch_test

import (
	"testing"

	"github.com/rungauth/rung/stepup/stytch"
)

func TestCreateTOTPOnTheWire(t *testing.T) {
	wantOnTheWire(t, (*stytch.Client).CreateTOTP, totpAnswer, "POST", "/v1/b2b/totp", []wireCase[stytch.CreateTOTPRequest]{
		{
			"only what is required",
			stytch.CreateTOTPRequest{OrganizationID: "org", MemberID: "member"},
			`{"organization_id":"org","member_id":"member"}`,
		},
		{
			"everything, with a session JWT",
			stytch.CreateTOTPRequest{OrganizationID: "org", MemberID: "member", ExpirationMinutes: 10, SessionJWT: "a.b.c"},
			`{"organization_id":"org","member_id":"member","expiration_minutes":10,"session_jwt":"a.b.c"}`,
		},
		{
			"a session token",
			stytch.CreateTOTPRequest{OrganizationID: "org", MemberID: "member", SessionToken: "tok"},
			`{"organization_id":"org","member_id":"member","session_token":"tok"}`,
		},
		{
			"an intermediate session token",
			stytch.CreateTOTPRequest{OrganizationID: "org", MemberID: "member", IntermediateSessionToken: "ist"},
			`{"organization_id":"org","member_id":"member","intermediate_session_token":"ist"}`,
		},
	})
}

func TestAuthenticateTOTPOnTheWire(t *testing.T) {
	yes, no := true, false
	wantOnTheWire(t, (*stytch.Client).AuthenticateTOTP, smsAnswer, "POST", "/v1/b2b/totp/authenticate", []wireCase[stytch.AuthenticateTOTPRequest]{
		{
			"only what is required",
			stytch.AuthenticateTOTPRequest{OrganizationID: "org", MemberID: "member", Code: "012345", SessionJWT: "a.b.c"},
			`{"organization_id":"org","member_id":"member","code":"012345","session_jwt":"a.b.c"}`,
		},
		{
			"everything, with an intermediate session token",
			stytch.AuthenticateTOTPRequest{
				OrganizationID: "org", MemberID: "member", Code: "012345", IntermediateSessionToken: "ist",
				SessionDurationMinutes: 60, SessionCustomClaims: map[string]any{"gone": nil},
				SetMFAEnrollment: "enroll", SetDefaultMFA: &yes, TelemetryID: "tel",
			},
			`{"organization_id":"org","member_id":"member","code":"012345","intermediate_session_token":"ist",` +
				`"session_duration_minutes":60,"session_custom_claims":{"gone":null},` +
				`"set_mfa_enrollment":"enroll","set_default_mfa":true,"telemetry_id":"tel"}`,
		},
		{
			"a session token, and an explicit false",
			stytch.AuthenticateTOTPRequest{OrganizationID: "org", MemberID: "member", Code: "012345", SessionToken: "tok", SetMFAEnrollment: "unenroll", SetDefaultMFA: &no},
			`{"organization_id":"org","member_id":"member","code":"012345","session_token":"tok","set_mfa_enrollment":"unenroll","set_default_mfa":false}`,
		},
	})
}

func TestMigrateTOTPOnTheWire(t *testing.T) {
	wantOnTheWire(t, (*stytch.Client).MigrateTOTP, totpAnswer, "POST", "/v1/b2b/totp/migrate", []wireCase[stytch.MigrateTOTPRequest]{
		{
			"recovery codes that the service is to make",
			stytch.MigrateTOTPRequest{OrganizationID: "org", MemberID: "member", Secret: "ABCD"},
			`{"organization_id":"org","member_id":"member","secret":"ABCD"}`,
		},
		{
			"the member's recovery codes",
			stytch.MigrateTOTPRequest{OrganizationID: "org", MemberID: "member", Secret: "ABCD", RecoveryCodes: []string{"a-b", "c d"}},
			`{"organization_id":"org","member_id":"member","secret":"ABCD","recovery_codes":["a-b","c d"]}`,
		},
	})
}

func TestCreateTOTPRefusesArguments(t *testing.T) {
	wantRefusals(t, (*stytch.Client).CreateTOTP, totpAnswer, createTOTP, []refusal[stytch.CreateTOTPRequest]{
		{"no organization", func(r *stytch.CreateTOTPRequest) { r.OrganizationID = "" }, "OrganizationID is empty"},
		{"no member", func(r *stytch.CreateTOTPRequest) { r.MemberID = "" }, "MemberID is empty"},
		{"no session", func(r *stytch.CreateTOTPRequest) { r.SessionJWT = "" }, ""},
		{"two sessions", func(r *stytch.CreateTOTPRequest) { r.SessionToken = token }, "at most one of"},
		{"a session and a login", func(r *stytch.CreateTOTPRequest) { r.IntermediateSessionToken = ist }, "at most one of"},
		{"a negative time", func(r *stytch.CreateTOTPRequest) { r.ExpirationMinutes = -5 }, "ExpirationMinutes is not 0 or 5 to 1440"},
		{"4 minutes", func(r *stytch.CreateTOTPRequest) { r.ExpirationMinutes = 4 }, "ExpirationMinutes is not 0 or 5 to 1440"},
		{"5 minutes", func(r *stytch.CreateTOTPRequest) { r.ExpirationMinutes = 5 }, ""},
		{"a day", func(r *stytch.CreateTOTPRequest) { r.ExpirationMinutes = 1440 }, ""},
		{"a day and a minute", func(r *stytch.CreateTOTPRequest) { r.ExpirationMinutes = 1441 }, "ExpirationMinutes is not 0 or 5 to 1440"},
	})
}

func TestAuthenticateTOTPRefusesArguments(t *testing.T) {
	wantRefusals(t, (*stytch.Client).AuthenticateTOTP, smsAnswer, authenticateTOTP, []refusal[stytch.AuthenticateTOTPRequest]{
		{"no organization", func(r *stytch.AuthenticateTOTPRequest) { r.OrganizationID = "" }, "OrganizationID is empty"},
		{"no member", func(r *stytch.AuthenticateTOTPRequest) { r.MemberID = "" }, "MemberID is empty"},
		{"no code", func(r *stytch.AuthenticateTOTPRequest) { r.Code = "" }, "six ASCII digits"},
		{"a code of eight digits", func(r *stytch.AuthenticateTOTPRequest) { r.Code = "91827364" }, "six ASCII digits"},
		{"a recovery code", func(r *stytch.AuthenticateTOTPRequest) { r.Code = recoveryCode }, "six ASCII digits"},
		{"no session", func(r *stytch.AuthenticateTOTPRequest) { r.SessionJWT = "" }, "exactly one of"},
		{"two sessions", func(r *stytch.AuthenticateTOTPRequest) { r.SessionToken = token }, "exactly one of"},
		{"4 minutes", func(r *stytch.AuthenticateTOTPRequest) { r.SessionDurationMinutes = 4 }, "SessionDurationMinutes is not"},
		{"claims that are not JSON", func(r *stytch.AuthenticateTOTPRequest) { r.SessionCustomClaims = map[string]any{"c": quoting(token)} }, "SessionCustomClaims cannot be encoded"},
		{"another spelling of the enrollment", func(r *stytch.AuthenticateTOTPRequest) { r.SetMFAEnrollment = "enrolled" }, "SetMFAEnrollment is not"},
	})
}

func TestMigrateTOTPRefusesArguments(t *testing.T) {
	wantRefusals(t, (*stytch.Client).MigrateTOTP, totpAnswer, migrateTOTP, []refusal[stytch.MigrateTOTPRequest]{
		{"no organization", func(r *stytch.MigrateTOTPRequest) { r.OrganizationID = "" }, "OrganizationID is empty"},
		{"no member", func(r *stytch.MigrateTOTPRequest) { r.MemberID = "" }, "MemberID is empty"},
		{"no secret", func(r *stytch.MigrateTOTPRequest) { r.Secret = "" }, "Secret is empty"},
		{"no recovery codes", func(r *stytch.MigrateTOTPRequest) { r.RecoveryCodes = nil }, ""},
		{"an empty recovery code", func(r *stytch.MigrateTOTPRequest) { r.RecoveryCodes = []string{recoveryCode, ""} }, "RecoveryCodes[1] is not"},
	})
}

func TestWhatATOTPAnswerMustHave(t *testing.T) {
	wantMissing(t, (*stytch.Client).CreateTOTP, createTOTP, totpAnswer,
		"request_id", "member_id", "member", "organization", "totp_registration_id", "secret")
	wantMissing(t, (*stytch.Client).AuthenticateTOTP, authenticateTOTP, smsAnswer,
		"request_id", "member_id", "member", "organization", "session_jwt")
	wantMissing(t, (*stytch.Client).MigrateTOTP, migrateTOTP, totpAnswer,
		"request_id", "member_id", "member", "organization", "totp_registration_id")
}
