package stytchtest_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

func TestAuthenticateSessionRefuses(t *testing.T) {
	check := func(organizationID string) object {
		return object{"organization_id": organizationID, "resource_id": "documents", "action": "read"}
	}
	tests := []struct {
		name   string
		before func(f *fixture)
		body   func(f *fixture) object
		status int
		kind   string
	}{
		{name: "no session", body: func(*fixture) object { return object{} },
			status: 400, kind: "no_session_arguments"},
		{name: "two sessions", body: func(f *fixture) object {
			return object{"session_jwt": f.session.JWT, "session_token": f.session.Token}
		}, status: 400, kind: "too_many_session_arguments"},
		{name: "an intermediate session", body: func(f *fixture) object {
			return object{"intermediate_session_token": f.srv.StartLogin(f.member)}
		}, status: 400, kind: "bad_request"},
		{name: "an unknown token", body: func(*fixture) object { return object{"session_token": "none"} },
			status: 404, kind: "session_not_found"},
		{name: "a revoked session", before: func(f *fixture) { f.srv.Revoke(f.session.ID) },
			status: 404, kind: "session_not_found"},
		{name: "an expired session", before: func(f *fixture) { f.srv.Advance(time.Hour) },
			status: 404, kind: "session_not_found"},
		{name: "the session of a deleted member", before: func(f *fixture) { f.srv.DeleteMember(f.member) },
			status: 404, kind: "session_not_found"},
		{name: "a duration out of range", body: func(f *fixture) object {
			return object{"session_jwt": f.session.JWT, "session_duration_minutes": 1}
		}, status: 400, kind: "invalid_session_duration_minutes"},
		{name: "an authorization check", body: func(f *fixture) object {
			return object{"session_jwt": f.session.JWT, "authorization_check": check(f.member.OrganizationID)}
		}, status: 403, kind: "session_authorization_error"},
		{name: "an authorization check of another organization", body: func(f *fixture) object {
			return object{"session_jwt": f.session.JWT, "authorization_check": check("organization-test-x")}
		}, status: 403, kind: "session_authorization_tenancy_error"},
		{name: "a JWT of another project", body: func(f *fixture) object {
			other := stytchtest.NewUnstartedServer()
			return object{"session_jwt": other.SignIn(other.AddMember()).JWT}
		}, status: 400, kind: "unable_to_parse_session_jwt"},
		{name: "a JWT signed with a key that is no longer published", before: func(f *fixture) { f.srv.RotateKeys(false) },
			status: 400, kind: "unable_to_parse_session_jwt"},
		{name: "a JWT with a broken signature", body: func(f *fixture) object {
			jwt := []byte(f.session.JWT)
			jwt[len(jwt)-10] ^= 1
			return object{"session_jwt": string(jwt)}
		}, status: 400, kind: "unable_to_parse_session_jwt"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			if tt.before != nil {
				tt.before(f)
			}
			body := object{"session_jwt": f.session.JWT}
			if tt.body != nil {
				body = tt.body(f)
			}
			status, answer := f.post(sessionPath, body)
			checkRefusal(t, status, answer, tt.status, tt.kind)
		})
	}
}

func TestAnExpiredJWTIsRefreshedWhileItsSessionIsAlive(t *testing.T) {
	f := newFixture(t)
	old := f.srv.SignIn(f.member, stytchtest.WithJWTAge(20*time.Minute))
	if exp := claimsOf(t, old.JWT)["exp"].(float64); exp > float64(time.Now().Unix()) {
		t.Fatal("the JWT has not expired")
	}
	status, answer := f.post(sessionPath, object{"session_jwt": old.JWT})
	if status != 200 {
		t.Fatalf("got %d %v", status, answer["error_type"])
	}
	fresh := claimsOf(t, answer["session_jwt"].(string))
	if age := time.Now().Unix() - int64(fresh["iat"].(float64)); age > 5 {
		t.Errorf("the new JWT was minted %d s ago", age)
	}
	if got := sessionClaim(fresh)["id"]; got != old.ID {
		t.Errorf("session: got %v, want %v", got, old.ID)
	}
}

func TestSessionDuration(t *testing.T) {
	remaining := func(answer object) time.Duration {
		end, err := time.Parse(time.RFC3339, answer["member_session"].(object)["expires_at"].(string))
		if err != nil {
			t.Fatal(err)
		}
		return time.Until(end).Round(time.Minute)
	}
	f := newFixture(t)
	f.session = f.srv.SignIn(f.member, stytchtest.WithDuration(8*time.Hour))

	_, answer := f.post(sessionPath, object{"session_jwt": f.session.JWT})
	if got := remaining(answer); got != 8*time.Hour {
		t.Errorf("session authenticate without a duration: %v remain, want 8h as before", got)
	}
	_, answer = f.post(sessionPath, object{"session_jwt": f.session.JWT, "session_duration_minutes": 120})
	if got := remaining(answer); got != 2*time.Hour {
		t.Errorf("session authenticate with 120 minutes: %v remain, want 2h", got)
	}
	if got := remaining(f.stepUp("session_duration_minutes", 5)); got != 5*time.Minute {
		t.Errorf("step-up with 5 minutes: %v remain, want 5m", got)
	}
	f.session = f.srv.SignIn(f.member, stytchtest.WithDuration(8*time.Hour))
	if got := remaining(f.stepUp()); got != time.Hour {
		t.Errorf("step-up without a duration: %v remain, want 1h", got)
	}
}

func TestCustomClaims(t *testing.T) {
	f := newFixture(t)
	f.session = f.srv.SignIn(f.member, stytchtest.WithCustomClaims(object{"plan": "free", "seats": 3, "sub": "nobody"}))

	answer := f.stepUp("session_custom_claims", object{"plan": "pro"})
	if got := answer["member_session"].(object)["custom_claims"].(object)["plan"]; got != "free" {
		t.Errorf("without a duration: plan is %v, want free, since new claims are dropped", got)
	}

	answer = f.stepUp("session_duration_minutes", 60, "session_custom_claims",
		object{"plan": "pro", "seats": nil, "iss": "me", "exp": 1, "Sub": "somebody", "nested": object{"a": 1}})
	got := answer["member_session"].(object)["custom_claims"].(object)
	if got["plan"] != "pro" || got["Sub"] != "somebody" || len(got) != 3 {
		t.Errorf("got %v, want plan, Sub and nested", got)
	}
	jwt := claimsOf(t, answer["session_jwt"].(string))
	if jwt["plan"] != "pro" || jwt["seats"] != nil || jwt["sub"] != f.member.ID || jwt["iss"] == "me" {
		t.Errorf("the JWT has %v", jwt)
	}
	// A custom claim whose name differs from a registered one only in case does not
	// prevent a refresh.
	if status, answer := f.post(sessionPath, object{"session_jwt": answer["session_jwt"]}); status != 200 {
		t.Errorf("refresh: got %d %v", status, answer["error_type"])
	}
}

func TestAStepUpRenewsTheFactorInsteadOfAddingOne(t *testing.T) {
	f := newFixture(t)
	f.session = f.srv.SignIn(f.member, stytchtest.WithFactor("otp", "sms", 40*time.Minute))
	factors := f.stepUp()["member_session"].(object)["authentication_factors"].([]any)
	if len(factors) != 2 {
		t.Fatalf("got %d factors, want 2", len(factors))
	}
	sms := factors[1].(object)
	created, moved := sms["created_at"].(string), sms["last_authenticated_at"].(string)
	if created >= moved || sms["updated_at"] != moved {
		t.Errorf("created %s, last authenticated %s, updated %s", created, moved, sms["updated_at"])
	}

	f.srv.SetPhone(f.member, "+14155550130", true)
	factors = f.stepUp()["member_session"].(object)["authentication_factors"].([]any)
	if len(factors) != 3 {
		t.Errorf("with another number: got %d factors, want 3", len(factors))
	}
}

func TestSessionTokensOfACallByJWT(t *testing.T) {
	tests := []struct {
		name    string
		reading stytchtest.SessionTokens
		same    bool
		empty   bool
	}{
		{"same", stytchtest.SameSessionToken, true, false},
		{"none", stytchtest.NoSessionToken, false, true},
		{"new", stytchtest.NewSessionToken, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			f.srv.SessionTokens = tt.reading
			for _, answer := range []object{f.stepUp(), f.refresh()} {
				token := answer["session_token"].(string)
				if (token == f.session.Token) != tt.same || (token == "") != tt.empty {
					t.Errorf("got %q for the session with token %q", token, f.session.Token)
				}
			}
			wantStatus := 200
			if tt.reading == stytchtest.NewSessionToken {
				wantStatus = 404
			}
			if status, _ := f.post(sessionPath, object{"session_token": f.session.Token}); status != wantStatus {
				t.Errorf("the first token afterward: got %d, want %d", status, wantStatus)
			}
		})
	}
}

func (f *fixture) refresh() object {
	f.t.Helper()
	status, answer := f.post(sessionPath, object{"session_jwt": f.session.JWT})
	if status != 200 {
		f.t.Fatalf("session authenticate: got %d %v", status, answer["error_type"])
	}
	return answer
}

func TestRevoke(t *testing.T) {
	f := newFixture(t)
	stay := f.srv.SignIn(f.srv.AddMember())
	first := f.session
	tests := []struct {
		name string
		body func() object
	}{
		{"by id", func() object { return object{"member_session_id": f.session.ID} }},
		{"by token", func() object { return object{"session_token": f.session.Token} }},
		{"by JWT", func() object { return object{"session_jwt": f.session.JWT} }},
		{"by an expired JWT", func() object { return object{"session_jwt": f.srv.JWT(f.session.ID, time.Hour)} }},
		{"all of a member", func() object { return object{"member_id": f.member.ID} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f.session = f.srv.SignIn(f.member)
			status, answer := f.post(revokePath, tt.body())
			if status != 200 || len(answer) != 2 {
				t.Fatalf("got %d %v", status, answer)
			}
			status, answer = f.post(sessionPath, object{"session_jwt": f.session.JWT})
			checkRefusal(t, status, answer, 404, "session_not_found")
		})
	}
	if status, _ := f.post(sessionPath, object{"session_jwt": first.JWT}); status != 404 {
		t.Errorf("revoking a member left a session: got %d", status)
	}
	if status, _ := f.post(sessionPath, object{"session_jwt": stay.JWT}); status != 200 {
		t.Errorf("another member's session ended too: got %d", status)
	}
}

func TestRevokeRefuses(t *testing.T) {
	f := newFixture(t)
	f.srv.Revoke(f.session.ID)
	tests := []struct {
		name   string
		body   object
		status int
		kind   string
	}{
		{"no argument", object{}, 400, "no_session_revoke_arguments"},
		{"two arguments", object{"member_session_id": f.session.ID, "member_id": f.member.ID}, 400, "too_many_session_revoke_arguments"},
		{"a session that was revoked", object{"member_session_id": f.session.ID}, 404, "session_not_found"},
		{"an unknown session", object{"member_session_id": "session-test-x"}, 404, "session_not_found"},
		{"an unknown token", object{"session_token": "none"}, 404, "session_not_found"},
		{"a malformed JWT", object{"session_jwt": "none"}, 400, "unable_to_parse_session_jwt"},
		{"an unknown member", object{"member_id": "member-test-x"}, 404, "member_not_found"},
		{"an unknown field", object{"session_id": f.session.ID}, 400, "bad_request"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, answer := f.post(revokePath, tt.body)
			checkRefusal(t, status, answer, tt.status, tt.kind)
		})
	}
}

func TestListSessionsShowsThoseThatAreAlive(t *testing.T) {
	f := newFixture(t)
	second := f.srv.SignIn(f.member)
	gone := f.srv.SignIn(f.member)
	f.srv.Revoke(gone.ID)
	f.srv.SignIn(f.member, stytchtest.WithDuration(-time.Minute))
	f.srv.SignIn(f.srv.AddMember())
	path := "/v1/b2b/sessions?organization_id=" + f.member.OrganizationID + "&member_id=" + f.member.ID
	status, answer := request(t, f.srv, "GET", path, nil)
	if status != 200 {
		t.Fatalf("got %d %v", status, answer["error_type"])
	}
	var ids []string
	for _, session := range answer["member_sessions"].([]any) {
		ids = append(ids, session.(object)["member_session_id"].(string))
	}
	want := []string{f.session.ID, second.ID}
	slices.Sort(ids)
	slices.Sort(want)
	if !slices.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
	for query, kind := range map[string]string{
		"member_id=" + f.member.ID:                                    "invalid_organization_id",
		"organization_id=" + f.member.OrganizationID:                  "invalid_id",
		"organization_id=" + f.member.OrganizationID + "&member_id=x": "member_not_found",
		"organization_id=a&member_id=b&page=2":                        "bad_request",
		"organization_id=a&organization_id=b&member_id=c":             "bad_request",
	} {
		if _, answer := request(t, f.srv, "GET", "/v1/b2b/sessions?"+query, nil); answer["error_type"] != kind {
			t.Errorf("%s: got %v, want %s", query, answer["error_type"], kind)
		}
	}
}

func TestSignInOptions(t *testing.T) {
	f := newFixture(t)
	const hour = time.Hour
	tests := []struct {
		name string
		opts []stytchtest.SignInOption
		want []string // factors of the JWT: type, method, order, age
	}{
		{"a magic link by default", nil, []string{"magic_link email PRIMARY 0s"}},
		{"a second factor follows a primary one of the same age",
			[]stytchtest.SignInOption{stytchtest.WithFactor("otp", "sms", 20*time.Minute)},
			[]string{"magic_link email PRIMARY 20m0s", "otp sms SECONDARY 20m0s"}},
		{"a primary factor replaces the magic link",
			[]stytchtest.SignInOption{stytchtest.WithFactor("password", "knowledge", hour)},
			[]string{"password knowledge PRIMARY 1h0m0s"}},
		{"impersonation is the only factor",
			[]stytchtest.SignInOption{stytchtest.WithImpersonation()},
			[]string{"impersonated impersonation PRIMARY 0s"}},
		{"an old JWT does not show later factors",
			[]stytchtest.SignInOption{stytchtest.WithJWTAge(hour), stytchtest.WithFactor("otp", "sms", time.Minute)},
			[]string{"magic_link email PRIMARY 1h0m0s"}},
		{"a factor in the future is kept",
			[]stytchtest.SignInOption{stytchtest.WithFactor("otp", "sms", -hour)},
			[]string{"magic_link email PRIMARY 0s", "otp sms SECONDARY -1h0m0s"}},
		{"unknown pairs are accepted",
			[]stytchtest.SignInOption{stytchtest.WithFactor("OTP", "SMS", 0)},
			[]string{"OTP SMS PRIMARY 0s"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			session := sessionClaim(claimsOf(t, f.srv.SignIn(f.member, tt.opts...).JWT))
			var got []string
			for _, factor := range session["authentication_factors"].([]any) {
				factor := factor.(object)
				at, err := time.Parse(time.RFC3339, factor["last_authenticated_at"].(string))
				if err != nil {
					t.Fatal(err)
				}
				age := time.Since(at).Round(time.Minute)
				got = append(got, factor["type"].(string)+" "+factor["delivery_method"].(string)+" "+
					factor["sequence_order"].(string)+" "+age.String())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			started, accessed := session["started_at"].(string), session["last_accessed_at"].(string)
			if started > accessed {
				t.Errorf("started at %s, after the last access at %s", started, accessed)
			}
		})
	}
}

func TestASessionGoesIntoARequest(t *testing.T) {
	f := newFixture(t)
	r, _ := http.NewRequest("GET", "/", nil)
	f.session.AddCookies(r)
	for name, want := range map[string]string{"stytch_session_jwt": f.session.JWT, "stytch_session": f.session.Token} {
		if c, err := r.Cookie(name); err != nil || c.Value != want {
			t.Errorf("cookie %s: %v, %v", name, c, err)
		}
	}
	r, _ = http.NewRequest("GET", "/", nil)
	f.session.SetBearer(r)
	if got := r.Header.Get("Authorization"); got != "Bearer "+f.session.JWT {
		t.Errorf("Authorization: got %q", got)
	}
}
