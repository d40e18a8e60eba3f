package stytch_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytch"
)

func TestSendSMSOnTheWire(t *testing.T) {
	for _, tt := range []struct {
		name string
		req  stytch.SendSMSRequest
		want string
	}{
		{
			"only what is required",
			stytch.SendSMSRequest{OrganizationID: "org", MemberID: "member"},
			`{"organization_id":"org","member_id":"member"}`,
		},
		{
			"everything, with a session JWT",
			stytch.SendSMSRequest{OrganizationID: "org", MemberID: "member", MFAPhoneNumber: "+14155550142", Locale: "pt-br", SessionJWT: "a.b.c"},
			`{"organization_id":"org","member_id":"member","locale":"pt-br","session_jwt":"a.b.c","mfa_phone_number":"+14155550142"}`,
		},
		{
			"a session token",
			stytch.SendSMSRequest{OrganizationID: "org", MemberID: "member", SessionToken: "tok"},
			`{"organization_id":"org","member_id":"member","session_token":"tok"}`,
		},
		{
			"an intermediate session token",
			stytch.SendSMSRequest{OrganizationID: "org", MemberID: "member", IntermediateSessionToken: "ist"},
			`{"organization_id":"org","member_id":"member","intermediate_session_token":"ist"}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, memberAnswer)
			resp, err := client.SendSMS(t.Context(), tt.req)
			if err != nil {
				t.Fatal(err)
			}
			if resp.RequestID != "request-id-test-1" || resp.StatusCode != 200 || resp.MemberID != memberID ||
				resp.Member.MemberID != memberID || resp.Organization.OrganizationID != orgID {
				t.Errorf("got %+v", resp)
			}
			wantOneRequest(t, *sent, "POST", "/v1/b2b/otps/sms/send", tt.want)
		})
	}
}

func TestAuthenticateSMSOnTheWire(t *testing.T) {
	yes, no := true, false
	for _, tt := range []struct {
		name string
		req  stytch.AuthenticateSMSRequest
		want string
	}{
		{
			"only what is required",
			stytch.AuthenticateSMSRequest{OrganizationID: "org", MemberID: "member", Code: "012345", SessionJWT: "a.b.c"},
			`{"organization_id":"org","member_id":"member","code":"012345","session_jwt":"a.b.c"}`,
		},
		{
			"everything",
			stytch.AuthenticateSMSRequest{
				OrganizationID: "org", MemberID: "member", Code: "012345", SessionJWT: "a.b.c",
				SessionDurationMinutes: 60, SessionCustomClaims: map[string]any{"gone": nil, "kept": "<&>"},
				SetMFAEnrollment: "enroll", SetDefaultMFA: &yes, TelemetryID: "tel",
			},
			`{"organization_id":"org","member_id":"member","code":"012345","session_jwt":"a.b.c",` +
				`"session_duration_minutes":60,"session_custom_claims":{"gone":null,"kept":"<&>"},` +
				`"set_mfa_enrollment":"enroll","set_default_mfa":true,"telemetry_id":"tel"}`,
		},
		{
			"a session token, and an explicit false",
			stytch.AuthenticateSMSRequest{OrganizationID: "org", MemberID: "member", Code: "012345", SessionToken: "tok", SetMFAEnrollment: "unenroll", SetDefaultMFA: &no},
			`{"organization_id":"org","member_id":"member","code":"012345","session_token":"tok","set_mfa_enrollment":"unenroll","set_default_mfa":false}`,
		},
		{
			"an intermediate session token, and no claims to change",
			stytch.AuthenticateSMSRequest{OrganizationID: "org", MemberID: "member", Code: "012345", IntermediateSessionToken: "ist", SessionCustomClaims: map[string]any{}},
			`{"organization_id":"org","member_id":"member","code":"012345","intermediate_session_token":"ist"}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, smsAnswer)
			resp, err := client.AuthenticateSMS(t.Context(), tt.req)
			if err != nil {
				t.Fatal(err)
			}
			if resp.SessionJWT != sessJWT || resp.SessionToken != "" || resp.MemberSession != nil || resp.MemberDevice != nil {
				t.Errorf("got token %q, JWT %q, session %v, device %v", resp.SessionToken, resp.SessionJWT, resp.MemberSession, resp.MemberDevice)
			}
			wantOneRequest(t, *sent, "POST", "/v1/b2b/otps/sms/authenticate", tt.want)
		})
	}
}

func TestSendSMSRefusesArguments(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*stytch.SendSMSRequest)
		want   string
	}{
		{"no organization", func(r *stytch.SendSMSRequest) { r.OrganizationID = "" }, "OrganizationID is empty"},
		{"no member", func(r *stytch.SendSMSRequest) { r.MemberID = "" }, "MemberID is empty"},
		{"two sessions", func(r *stytch.SendSMSRequest) { r.SessionToken = token }, "at most one of"},
		{"three sessions", func(r *stytch.SendSMSRequest) { r.SessionToken, r.IntermediateSessionToken = token, ist }, "not 3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, memberAnswer)
			req := sendSMS
			tt.change(&req)
			resp, err := client.SendSMS(t.Context(), req)
			wantRefused(t, resp != nil, err, *sent, tt.want)
		})
	}
}

func TestAuthenticateSMSRefusesArguments(t *testing.T) {
	claims := func(size int) map[string]any {
		return map[string]any{"c": strings.Repeat("x", size-len(`{"c":""}`))}
	}
	for _, tt := range []struct {
		name   string
		change func(*stytch.AuthenticateSMSRequest)
		want   string // "" = not refused
	}{
		{"no organization", func(r *stytch.AuthenticateSMSRequest) { r.OrganizationID = "" }, "OrganizationID is empty"},
		{"no member", func(r *stytch.AuthenticateSMSRequest) { r.MemberID = "" }, "MemberID is empty"},
		{"no session", func(r *stytch.AuthenticateSMSRequest) { r.SessionJWT = "" }, "exactly one of"},
		{"session JWT and session token", func(r *stytch.AuthenticateSMSRequest) { r.SessionToken = token }, "exactly one of"},
		{"session JWT and intermediate token", func(r *stytch.AuthenticateSMSRequest) { r.IntermediateSessionToken = ist }, "exactly one of"},
		{"no code", func(r *stytch.AuthenticateSMSRequest) { r.Code = "" }, "six ASCII digits"},
		{"five digits", func(r *stytch.AuthenticateSMSRequest) { r.Code = "91827" }, "six ASCII digits"},
		{"seven digits", func(r *stytch.AuthenticateSMSRequest) { r.Code = "9182730" }, "six ASCII digits"},
		{"a letter", func(r *stytch.AuthenticateSMSRequest) { r.Code = "91827O" }, "six ASCII digits"},
		{"a sign", func(r *stytch.AuthenticateSMSRequest) { r.Code = "+91827" }, "six ASCII digits"},
		{"a newline", func(r *stytch.AuthenticateSMSRequest) { r.Code = "91827\n" }, "six ASCII digits"},
		{"two full-width digits, six bytes", func(r *stytch.AuthenticateSMSRequest) { r.Code = "９１" }, "six ASCII digits"},
		{"six full-width digits", func(r *stytch.AuthenticateSMSRequest) { r.Code = "９１８２７３" }, "six ASCII digits"},
		{"negative duration", func(r *stytch.AuthenticateSMSRequest) { r.SessionDurationMinutes = -1 }, "SessionDurationMinutes is not"},
		{"4 minutes", func(r *stytch.AuthenticateSMSRequest) { r.SessionDurationMinutes = 4 }, "SessionDurationMinutes is not"},
		{"5 minutes", func(r *stytch.AuthenticateSMSRequest) { r.SessionDurationMinutes = 5 }, ""},
		{"366 days", func(r *stytch.AuthenticateSMSRequest) { r.SessionDurationMinutes = 527040 }, ""},
		{"366 days and a minute", func(r *stytch.AuthenticateSMSRequest) { r.SessionDurationMinutes = 527041 }, "SessionDurationMinutes is not"},
		{"claims of 4096 bytes", func(r *stytch.AuthenticateSMSRequest) { r.SessionCustomClaims = claims(4096) }, ""},
		{"claims of 4097 bytes", func(r *stytch.AuthenticateSMSRequest) { r.SessionCustomClaims = claims(4097) }, "SessionCustomClaims is 4097 bytes"},
		{"claims of 4096 bytes that HTML escapes would swell", func(r *stytch.AuthenticateSMSRequest) {
			r.SessionCustomClaims = map[string]any{"c": strings.Repeat("<", 4088)}
		}, ""},
		{"claims that are not JSON", func(r *stytch.AuthenticateSMSRequest) { r.SessionCustomClaims = map[string]any{"c": math.Inf(1)} }, "SessionCustomClaims cannot be encoded"},
		{"claims whose encoder quotes them", func(r *stytch.AuthenticateSMSRequest) { r.SessionCustomClaims = map[string]any{"c": quoting(token)} }, "SessionCustomClaims cannot be encoded"},
		{"another spelling of the enrollment", func(r *stytch.AuthenticateSMSRequest) { r.SetMFAEnrollment = "Enroll" }, "SetMFAEnrollment is not"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, smsAnswer)
			req := authenticateSMS
			tt.change(&req)
			resp, err := client.AuthenticateSMS(t.Context(), req)
			if tt.want == "" {
				if err != nil || len(*sent) != 1 {
					t.Fatalf("got %v after %d requests, want one request", err, len(*sent))
				}
				return
			}
			wantRefused(t, resp != nil, err, *sent, tt.want)
		})
	}
}

// quoting is a claim whose encoding fails with an error that quotes it.
type quoting string

func (q quoting) MarshalJSON() ([]byte, error) { return nil, errors.New("bad value " + string(q)) }

func wantOneRequest(t *testing.T, sent []request, method, uri, body string) {
	t.Helper()
	if len(sent) != 1 {
		t.Fatalf("%d requests, want 1", len(sent))
	}
	if got := sent[0]; got.Method != method || got.URI != uri {
		t.Errorf("got %s %s, want %s %s", got.Method, got.URI, method, uri)
	}
	if got := sent[0].Body; got != body {
		t.Errorf("got body  %s\nwant body %s", got, body)
	}
}

func wantRefused(t *testing.T, hasResult bool, err error, sent []request, want string) {
	t.Helper()
	if hasResult || !errors.Is(err, stytch.ErrRequest) || !strings.Contains(err.Error(), want) {
		t.Fatalf("got %v, want an ErrRequest with %q and no result", err, want)
	}
	if errors.Is(err, stytch.ErrNotSent) || errors.Is(err, stytch.ErrResponse) {
		t.Errorf("%v wraps two sentinels", err)
	}
	if len(sent) != 0 {
		t.Errorf("%d requests were sent, want none", len(sent))
	}
	mustNotLeak(t, err.Error())
}
