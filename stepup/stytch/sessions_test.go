package stytch_test

import (
	"testing"

	"github.com/rungauth/rung/stepup/stytch"
)

func TestAuthenticateSessionOnTheWire(t *testing.T) {
	for _, tt := range []struct {
		name string
		req  stytch.AuthenticateSessionRequest
		want string
	}{
		{"only a session JWT", stytch.AuthenticateSessionRequest{SessionJWT: "a.b.c"}, `{"session_jwt":"a.b.c"}`},
		{
			"everything",
			stytch.AuthenticateSessionRequest{
				SessionToken: "tok", SessionDurationMinutes: 30, SessionCustomClaims: map[string]any{"n": 1, "gone": nil},
				AuthorizationCheck: &stytch.AuthorizationCheck{OrganizationID: "org", ResourceID: "payouts", Action: "create"},
			},
			`{"session_token":"tok","session_duration_minutes":30,"session_custom_claims":{"gone":null,"n":1},` +
				`"authorization_check":{"organization_id":"org","resource_id":"payouts","action":"create"}}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, sessionAnswer)
			resp, err := client.AuthenticateSession(t.Context(), tt.req)
			if err != nil {
				t.Fatal(err)
			}
			if resp.MemberSession.MemberSessionID != "session-test-1" || resp.SessionJWT != sessJWT || resp.Verdict != nil {
				t.Errorf("got session %+v, verdict %v", resp.MemberSession, resp.Verdict)
			}
			wantOneRequest(t, *sent, "POST", "/v1/b2b/sessions/authenticate", tt.want)
		})
	}
}

func TestAuthenticateSessionVerdict(t *testing.T) {
	client, _ := answering(t, 200, sessionAnswer[:len(sessionAnswer)-len(`null}`)]+`{"authorized":true,"granting_roles":["admin","payer"]}}`)
	resp, err := client.AuthenticateSession(t.Context(), stytch.AuthenticateSessionRequest{SessionJWT: sessJWT})
	if err != nil {
		t.Fatal(err)
	}
	if v := resp.Verdict; v == nil || !v.Authorized || len(v.GrantingRoles) != 2 || v.GrantingRoles[1] != "payer" {
		t.Errorf("got verdict %+v", v)
	}
}

func TestAuthenticateSessionRefusesArguments(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		req        stytch.AuthenticateSessionRequest
	}{
		{"no session", "exactly one of", stytch.AuthenticateSessionRequest{}},
		{"token and JWT", "exactly one of", stytch.AuthenticateSessionRequest{SessionToken: token, SessionJWT: sessJWT}},
		{"4 minutes", "SessionDurationMinutes", stytch.AuthenticateSessionRequest{SessionJWT: sessJWT, SessionDurationMinutes: 4}},
		{"claims that are not JSON", "SessionCustomClaims", stytch.AuthenticateSessionRequest{SessionJWT: sessJWT, SessionCustomClaims: map[string]any{"f": func() {}}}},
		{"a check of no organization", "AuthorizationCheck.OrganizationID", stytch.AuthenticateSessionRequest{SessionJWT: sessJWT, AuthorizationCheck: &stytch.AuthorizationCheck{ResourceID: "r", Action: "a"}}},
		{"a check of no resource", "AuthorizationCheck.ResourceID", stytch.AuthenticateSessionRequest{SessionJWT: sessJWT, AuthorizationCheck: &stytch.AuthorizationCheck{OrganizationID: "o", Action: "a"}}},
		{"a check of no action", "AuthorizationCheck.Action", stytch.AuthenticateSessionRequest{SessionJWT: sessJWT, AuthorizationCheck: &stytch.AuthorizationCheck{OrganizationID: "o", ResourceID: "r"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, sessionAnswer)
			resp, err := client.AuthenticateSession(t.Context(), tt.req)
			wantRefused(t, resp != nil, err, *sent, tt.want)
		})
	}
}

func TestRevokeSessionOnTheWire(t *testing.T) {
	for _, tt := range []struct {
		name string
		req  stytch.RevokeSessionRequest
		want string
	}{
		{"by session id", stytch.RevokeSessionRequest{MemberSessionID: "session-test-1"}, `{"member_session_id":"session-test-1"}`},
		{"by session token", stytch.RevokeSessionRequest{SessionToken: "tok"}, `{"session_token":"tok"}`},
		{"by session JWT", stytch.RevokeSessionRequest{SessionJWT: "a.b.c"}, `{"session_jwt":"a.b.c"}`},
		{"all of a member", stytch.RevokeSessionRequest{MemberID: "member-test-1"}, `{"member_id":"member-test-1"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, revokeAnswer)
			resp, err := client.RevokeSession(t.Context(), tt.req)
			if err != nil {
				t.Fatal(err)
			}
			if *resp != (stytch.RevokeSessionResponse{RequestID: "request-id-test-1", StatusCode: 200}) {
				t.Errorf("got %+v", resp)
			}
			wantOneRequest(t, *sent, "POST", "/v1/b2b/sessions/revoke", tt.want)
		})
	}
}

func TestRevokeSessionRefusesArguments(t *testing.T) {
	for _, tt := range []struct {
		name string
		req  stytch.RevokeSessionRequest
	}{
		{"nothing to revoke", stytch.RevokeSessionRequest{}},
		{"a session and a member", stytch.RevokeSessionRequest{SessionJWT: sessJWT, MemberID: memberID}},
		{"a session twice", stytch.RevokeSessionRequest{SessionJWT: sessJWT, SessionToken: token}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, revokeAnswer)
			resp, err := client.RevokeSession(t.Context(), tt.req)
			wantRefused(t, resp != nil, err, *sent, "exactly one of")
		})
	}
}
