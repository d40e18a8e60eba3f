package stytchtest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// admin calls the admin API, which takes no credentials. mustAdmin does so for calls
// that succeed.
func admin(t *testing.T, srv *stytchtest.Server, method, path string, body any) (int, object) {
	t.Helper()
	status, text := send(t, srv, method, "/_emulator/"+path, body, "", "")
	var answer object
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s %s: the answer is not JSON: %.200s", method, path, text)
	}
	return status, answer
}

func mustAdmin(t *testing.T, srv *stytchtest.Server, method, path string, body any) object {
	t.Helper()
	status, answer := admin(t, srv, method, path, body)
	if status != 200 {
		t.Fatalf("%s %s: got %d %v", method, path, status, answer["error_message"])
	}
	return answer
}

// adminFixture makes an organization, a member and a session through the admin API
// alone.
func adminFixture(t *testing.T, member, session object) (*stytchtest.Server, *fixture, object) {
	t.Helper()
	srv := stytchtest.NewUnstartedServer()
	organization := mustAdmin(t, srv, "POST", "organizations", object{"organization_name": "Acme", "organization_slug": "acme"})
	member["organization_id"] = organization["organization_id"]
	added := mustAdmin(t, srv, "POST", "members", member)
	session["organization_id"], session["member_id"] = organization["organization_id"], added["member_id"]
	signedIn := mustAdmin(t, srv, "POST", "sessions", session)
	f := &fixture{t: t, srv: srv, member: srv.Member(added["member_id"].(string))}
	f.session = &stytchtest.Session{
		ID:    signedIn["member_session"].(object)["member_session_id"].(string),
		JWT:   signedIn["session_jwt"].(string),
		Token: signedIn["session_token"].(string),
	}
	checkKeys(t, "organization", organization, organizationKeys...)
	checkKeys(t, "member", added, memberKeys...)
	checkKeys(t, "the sign-in", signedIn, "session_jwt", "session_token", "member_session")
	checkKeys(t, "member_session", signedIn["member_session"].(object), sessionKeys...)
	return srv, f, signedIn
}

func TestAWholeJourneyThroughTheAdminAPI(t *testing.T) {
	srv, f, _ := adminFixture(t, object{"mfa_phone_number": "+14155550170"}, object{})
	f.post(sendPath, f.with("locale", "fr"))
	messages := mustAdmin(t, srv, "GET", "messages?member_id="+f.member.ID, nil)["messages"].([]any)
	if len(messages) != 1 {
		t.Fatalf("got %d messages, want 1", len(messages))
	}
	message := messages[0].(object)
	checkKeys(t, "message", message, "member_id", "phone_number", "code", "locale", "sent_at")
	if message["phone_number"] != "+14155550170" || message["locale"] != "fr" {
		t.Errorf("got %v", message)
	}
	if got := mustAdmin(t, srv, "GET", "messages?member_id=somebody", nil)["messages"].([]any); len(got) != 0 {
		t.Errorf("another member has %d messages", len(got))
	}
	if status, answer := f.post(authenticatePath, f.with("code", message["code"])); status != 200 {
		t.Errorf("the right code: got %d %v", status, answer["error_type"])
	}
	f.post(authenticatePath, f.with("code", message["code"]))

	_, text := send(t, srv, "GET", "/_emulator/calls", nil, "", "")
	for _, secret := range []string{message["code"].(string), f.session.JWT, "+14155550170"} {
		if strings.Contains(string(text), secret) {
			t.Error("the call log of the admin API contains secrets")
		}
	}
	calls := mustAdmin(t, srv, "GET", "calls", nil)["calls"].([]any)
	if len(calls) != 3 {
		t.Fatalf("got %d calls, want 3", len(calls))
	}
	last := calls[2].(object)
	checkKeys(t, "call", last, "method", "path", "status", "error_type", "at")
	if last["method"] != "POST" || last["path"] != authenticatePath || last["status"] != 401.0 || last["error_type"] != "unable_to_auth_otp_code" {
		t.Errorf("the last call is %v", last)
	}
	if logged := srv.Calls()[2]; !strings.Contains(string(logged.Body), message["code"].(string)) {
		t.Error("the call log of the Go API lacks the body")
	}
}

func TestAdminMembers(t *testing.T) {
	tests := []struct {
		name     string
		member   object
		number   string
		verified bool
		enrolled bool
	}{
		{"without a phone", object{}, "", false, false},
		{"a phone is verified", object{"mfa_phone_number": "+14155550171"}, "+14155550171", true, false},
		{"a phone is unverified on request", object{"mfa_phone_number": "+14155550171", "mfa_phone_number_verified": false}, "+14155550171", false, false},
		{"enrolled", object{"mfa_enrolled": true, "email_address": "a@example.com", "name": "A"}, "", false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, f, _ := adminFixture(t, tt.member, object{})
			got := f.member
			if got.PhoneNumber != tt.number || got.PhoneVerified != tt.verified || got.MFAEnrolled != tt.enrolled {
				t.Errorf("got %+v", got)
			}
			if tt.enrolled && (got.EmailAddress != "a@example.com" || got.Name != "A") {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestAdminSessions(t *testing.T) {
	_, f, signedIn := adminFixture(t, object{}, object{
		"session_duration_minutes": 30, "jwt_age_seconds": 1200, "impersonated": true,
		"factors": []object{{"type": "otp", "delivery_method": "sms", "age_seconds": 1800}},
	})
	claims := claimsOf(t, f.session.JWT)
	if age := time.Since(time.Unix(int64(claims["iat"].(float64)), 0)).Round(time.Minute); age != 20*time.Minute {
		t.Errorf("the JWT is %v old, want 20m", age)
	}
	session := signedIn["member_session"].(object)
	if left := time.Until(parse(t, session["expires_at"])).Round(time.Minute); left != 30*time.Minute {
		t.Errorf("the session lives for %v, want 30m", left)
	}
	var kinds []string
	for _, factor := range session["authentication_factors"].([]any) {
		kinds = append(kinds, factor.(object)["type"].(string))
	}
	if got := strings.Join(kinds, " "); got != "otp impersonated" {
		t.Errorf("factors: got %s", got)
	}
	f.refresh()
}

func TestAdminControls(t *testing.T) {
	srv, f, _ := adminFixture(t, object{"mfa_phone_number": "+14155550172"}, object{})

	before := jwks(t, srv)[0]["kid"]
	mustAdmin(t, srv, "POST", "keys/rotate", object{"overlap": true})
	if keys := jwks(t, srv); len(keys) != 2 || keys[0]["kid"] == before {
		t.Errorf("after a rotation with overlap: %d keys", len(keys))
	}
	mustAdmin(t, srv, "POST", "keys/rotate", object{"overlap": false})
	if keys := jwks(t, srv); len(keys) != 1 {
		t.Errorf("after a rotation without overlap: %d keys", len(keys))
	}
	f.session = srv.SignIn(f.member)

	mustAdmin(t, srv, "POST", "faults", object{"path": sendPath, "status": 429, "header": object{"retry-after": "7"}, "times": 1})
	res, err := f.do(t.Context(), sendPath, f.with())
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 429 || res.Header.Get("Retry-After") != "7" {
		t.Errorf("a fault: got %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
	mustAdmin(t, srv, "POST", "faults", object{"path": sendPath, "error_type": "invalid_phone_number_country_code"})
	status, answer := f.post(sendPath, f.with())
	checkRefusal(t, status, answer, 400, "invalid_phone_number_country_code")
	mustAdmin(t, srv, "POST", "faults", object{"path": sendPath, "body": "<p>", "status": 502, "times": 1, "delay_ms": 1})
	if status, text := send(t, srv, "POST", sendPath, f.with(), srv.ProjectID, srv.Secret); status != 502 || string(text) != "<p>" {
		t.Errorf("a page: got %d %s", status, text)
	}

	code := f.send()
	mustAdmin(t, srv, "POST", "clock", object{"advance_seconds": 120})
	status, answer = f.post(authenticatePath, f.with("code", code))
	checkRefusal(t, status, answer, 401, "unable_to_auth_otp_code")
}

func TestALoginThroughTheAdminAPI(t *testing.T) {
	srv, f, _ := adminFixture(t, object{"mfa_phone_number": "+14155550172", "mfa_enrolled": true}, object{})
	who := object{"organization_id": f.member.OrganizationID, "member_id": f.member.ID}
	login := mustAdmin(t, srv, "POST", "logins", who)
	checkKeys(t, "the login", login, "intermediate_session_token", "organization_id", "member_id")
	if login["organization_id"] != f.member.OrganizationID || login["member_id"] != f.member.ID {
		t.Errorf("got %v", login)
	}
	if token := login["intermediate_session_token"].(string); len(token) != 44 {
		t.Errorf("the token has %d characters, want 44", len(token))
	}
	if n := len(srv.Messages("")); n != 0 {
		t.Errorf("without code_sent: %d messages were sent", n)
	}

	who["code_sent"] = true
	login = mustAdmin(t, srv, "POST", "logins", who)
	if n := len(srv.Messages(f.member.ID)); n != 1 {
		t.Fatalf("with code_sent: %d messages were sent, want 1", n)
	}
	status, answer := f.post(authenticatePath, f.with("session_jwt", nil,
		"intermediate_session_token", login["intermediate_session_token"], "code", srv.LastCode(f.member)))
	if status != 200 {
		t.Errorf("the code that was sent: got %d %v", status, answer["error_type"])
	}
}

func TestSecondFactorsThroughTheAdminAPI(t *testing.T) {
	srv, f, _ := adminFixture(t, object{"totp": true}, object{})
	code := mustAdmin(t, srv, "GET", "totp_code?member_id="+f.member.ID, nil)
	checkKeys(t, "the code", code, "code")
	if status, answer := f.post(totpAuthenticatePath, f.with("code", code["code"])); status != 200 {
		t.Errorf("the TOTP code: got %d %v", status, answer["error_type"])
	}
	codes := listed(t, mustAdmin(t, srv, "GET", "recovery_codes?member_id="+f.member.ID, nil))
	if status, answer := f.post(recoverPath, f.with("recovery_code", codes[0])); status != 200 {
		t.Errorf("a recovery code: got %d %v", status, answer["error_type"])
	}
	other := srv.AddMember()
	if code := mustAdmin(t, srv, "GET", "totp_code?member_id="+other.ID, nil); code["code"] != "" {
		t.Errorf("a member without an app has the code %v", code)
	}
	if codes := listed(t, mustAdmin(t, srv, "GET", "recovery_codes?member_id="+other.ID, nil)); len(codes) != 0 {
		t.Errorf("a member without an app has %d recovery codes", len(codes))
	}
}

func TestALoginByMailAndPasswordThroughTheAdminAPI(t *testing.T) {
	srv, f, _ := adminFixture(t, object{"password": password}, object{})
	f.mustLogIn()
	f.mail("locale", "es")
	mails := mustAdmin(t, srv, "GET", "mails?member_id="+f.member.ID, nil)["mails"].([]any)
	if len(mails) != 1 {
		t.Fatalf("got %d mails, want 1", len(mails))
	}
	mail := mails[0].(object)
	checkKeys(t, "mail", mail, "member_id", "email_address", "url", "token", "locale", "sent_at")
	if mail["email_address"] != f.member.EmailAddress || mail["locale"] != "es" {
		t.Errorf("got %v", mail)
	}
	if status, answer := f.post(magicLinkPath, object{"magic_links_token": mail["token"]}); status != 200 {
		t.Errorf("the token: got %d %v", status, answer["error_type"])
	}
	if got := mustAdmin(t, srv, "GET", "mails?member_id=somebody", nil)["mails"].([]any); len(got) != 0 {
		t.Errorf("another member has %d mails", len(got))
	}
}

func TestStartLoginMayHaveTheCodeSent(t *testing.T) {
	f := newFixture(t)
	token := f.srv.StartLogin(f.member, stytchtest.CodeSent())
	status, answer := f.post(authenticatePath, f.with("session_jwt", nil,
		"intermediate_session_token", token, "code", f.srv.LastCode(f.member)))
	if status != 200 {
		t.Errorf("got %d %v", status, answer["error_type"])
	}
	defer func() {
		if recover() == nil {
			t.Error("a code was sent to a member without a phone number")
		}
	}()
	f.srv.StartLogin(f.srv.AddMember(stytchtest.WithoutPhone()), stytchtest.CodeSent())
}

func TestAdminRefuses(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	member := srv.AddMember()
	tests := []struct {
		name, method, path string
		body               any
		status             int
		kind               string
	}{
		{"an unknown path", "GET", "nothing", nil, 404, "route_not_found"},
		{"a known path with another method", "PUT", "members", object{}, 404, "route_not_found"},
		{"no member", "GET", "members", nil, 404, "member_not_found"},
		{"to lock an unknown member", "POST", "members/lock", object{"member_id": "x"}, 404, "member_not_found"},
		{"to delete an unknown member", "POST", "members/delete", object{"member_id": "x"}, 404, "member_not_found"},
		{"a phone for an unknown member", "POST", "members/phone", object{"member_id": "x"}, 404, "member_not_found"},
		{"a number that is not E.164", "POST", "members/phone", object{"member_id": member.ID, "mfa_phone_number": "0415"}, 400, "invalid_phone_number"},
		{"a JWT of an unknown session", "POST", "sessions/jwt", object{"member_session_id": "x"}, 404, "session_not_found"},
		{"to revoke an unknown session", "POST", "sessions/revoke", object{"member_session_id": "x"}, 404, "session_not_found"},
		{"an unknown reading of session tokens", "POST", "settings", object{"session_tokens": "x"}, 400, "bad_request"},
		{"an unknown method of the organization", "POST", "organizations", object{"allowed_mfa_methods": []string{"email"}}, 400, "invalid_organization_allowed_mfa_methods"},
		{"an unknown status", "POST", "members", object{"organization_id": member.OrganizationID, "status": "gone"}, 400, "invalid_argument"},
		{"custom claims in Stytch's namespace", "POST", "sessions", object{"organization_id": member.OrganizationID, "member_id": member.ID,
			"session_custom_claims": object{"https://stytch.com/x": 1}}, 400, "stytch_claims_in_custom_claims"},
		{"an unknown field", "POST", "members", object{"organization_id": member.OrganizationID, "phone": "1"}, 400, "bad_request"},
		{"a nested unknown field", "POST", "sessions", object{"organization_id": member.OrganizationID, "member_id": member.ID,
			"factors": []object{{"type": "otp", "method": "sms"}}}, 400, "bad_request"},
		{"an unknown organization", "POST", "members", object{"organization_id": "x"}, 404, "organization_not_found"},
		{"an unknown member", "POST", "sessions", object{"organization_id": member.OrganizationID, "member_id": "x"}, 404, "member_not_found"},
		{"a login of an unknown member", "POST", "logins", object{"organization_id": member.OrganizationID, "member_id": "x"}, 404, "member_not_found"},
		{"a code sent to a member without a phone", "POST", "logins", object{"organization_id": member.OrganizationID,
			"member_id": srv.AddMember(stytchtest.WithoutPhone()).ID, "code_sent": true}, 404, "member_phone_number_not_found"},
		{"a duration out of range", "POST", "sessions", object{"organization_id": member.OrganizationID, "member_id": member.ID,
			"session_duration_minutes": 1}, 400, "invalid_session_duration_minutes"},
		{"a slug that is taken", "POST", "organizations", object{"organization_slug": "default"}, 400, "organization_slug_already_used"},
		{"an unknown policy", "POST", "organizations", object{"mfa_policy": "x"}, 400, "invalid_organization_mfa_policy"},
		{"time that runs backward", "POST", "clock", object{"advance_seconds": -1}, 400, "bad_request"},
		{"a status that no answer can have", "POST", "faults", object{"status": 99}, 400, "bad_request"},
		{"an unknown tamper", "POST", "faults", object{"tamper": "x"}, 400, "bad_request"},
		{"an unknown parameter", "GET", "messages?member=x", nil, 400, "bad_request"},
		{"the TOTP code of an unknown member", "GET", "totp_code?member_id=x", nil, 404, "member_not_found"},
		{"the recovery codes of no member", "GET", "recovery_codes", nil, 404, "member_not_found"},
		{"no body", "POST", "clock", nil, 400, "bad_request"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, answer := admin(t, srv, tt.method, tt.path, tt.body)
			checkRefusal(t, status, answer, tt.status, tt.kind)
		})
	}
}

// A web page that the developer happens to have open must neither drive the emulator
// nor read from it.
func TestWebPagesCannotReachTheAdminAPI(t *testing.T) {
	srv := stytchtest.NewServer()
	defer srv.Close()
	call := func(method, path, host, contentType, body string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			req.Host = host
		}
		if contentType != "" {
			req.Header.Set("Content-Type", contentType)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if origin := res.Header.Get("Access-Control-Allow-Origin"); origin != "" {
			t.Errorf("%s %s allows the origin %s", method, path, origin)
		}
		return res.StatusCode
	}
	for _, host := range []string{"evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.1"} {
		for _, path := range []string{"/_emulator/messages", "/_emulator/calls", "/_emulator/phone", "/_emulator/", "/_emulator/overview/overview.css"} {
			if got := call("GET", path, host, "", ""); got != 403 {
				t.Errorf("GET %s as %s: got %d, want 403", path, host, got)
			}
		}
	}
	for _, host := range []string{"", "localhost", "localhost:1234", "127.0.0.1", "[::1]:80"} {
		if got := call("GET", "/_emulator/messages", host, "", ""); got != 200 {
			t.Errorf("GET as %q: got %d, want 200", host, got)
		}
	}
	// What a page of another origin can send without a preflight.
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; application/json"} {
		if got := call("POST", "/_emulator/clock", "", contentType, `{"advance_seconds":1}`); got != 400 {
			t.Errorf("POST as %q: got %d, want 400", contentType, got)
		}
	}
	if got := call("OPTIONS", "/_emulator/clock", "", "", ""); got == 200 || got == 204 {
		t.Errorf("a preflight: got %d", got)
	}
	if got := call("POST", "/_emulator/clock", "", "application/json; charset=utf-8", `{"advance_seconds":1}`); got != 200 {
		t.Errorf("POST as JSON: got %d, want 200", got)
	}
}
