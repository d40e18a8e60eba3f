package stytchtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// object is a JSON answer.
type object = map[string]any

// request calls the API with the server's credentials and returns the status and
// the decoded answer. send is request with any credentials, undecoded. Both marshal
// the body unless it is a string.
func request(t *testing.T, srv *stytchtest.Server, method, path string, body any) (int, object) {
	t.Helper()
	status, text := send(t, srv, method, path, body, srv.ProjectID, srv.Secret)
	var answer object
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s %s: the answer is not JSON: %v: %.200s", method, path, err, text)
	}
	return status, answer
}

func send(t *testing.T, srv *stytchtest.Server, method, path string, body any, project, secret string) (int, []byte) {
	t.Helper()
	var reader io.Reader = http.NoBody
	switch body := body.(type) {
	case nil:
	case string:
		reader = bytes.NewBufferString(body)
	default:
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if project != "" {
		req.SetBasicAuth(project, secret)
	}
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, text
}

func TestAMemberStepsUp(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	member := srv.AddMember()
	session := srv.SignIn(member, stytchtest.WithFactor("otp", "sms", 20*time.Minute))
	status, _ := request(t, srv, "POST", "/v1/b2b/otps/sms/send", object{
		"organization_id": member.OrganizationID, "member_id": member.ID, "session_jwt": session.JWT,
	})
	if status != 200 {
		t.Fatalf("send: got %d, want 200", status)
	}
	status, answer := request(t, srv, "POST", "/v1/b2b/otps/sms/authenticate", object{
		"organization_id": member.OrganizationID, "member_id": member.ID, "session_jwt": session.JWT,
		"code": srv.LastCode(member),
	})
	if status != 200 {
		t.Fatalf("authenticate: got %d, want 200: %v", status, answer)
	}
	if answer["session_jwt"] == "" || answer["session_jwt"] == session.JWT {
		t.Error("the answer has no new session_jwt")
	}
}

func TestCredentialsAreChecked(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	for _, path := range []string{sendPath, authenticatePath, sessionPath, revokePath, totpPath, passwordPath, "/v1/b2b//totp/"} {
		for name, credentials := range map[string][2]string{
			"none":               {"", ""},
			"another secret":     {srv.ProjectID, "secret-test-other"},
			"another project":    {"project-test-other", srv.Secret},
			"no secret":          {srv.ProjectID, ""},
			"secret and project": {srv.Secret, srv.ProjectID},
			"a truncated secret": {srv.ProjectID, srv.Secret[:len(srv.Secret)-1]},
		} {
			status, text := send(t, srv, "POST", path, object{}, credentials[0], credentials[1])
			var answer object
			if err := json.Unmarshal(text, &answer); err != nil {
				t.Fatal(err)
			}
			t.Run(path+" with "+name, func(t *testing.T) {
				checkRefusal(t, status, answer, 401, "unauthorized_credentials")
			})
		}
	}
}

func TestWhatIsNotImitatedSaysSo(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	for _, route := range []string{
		"GET /", "GET /v1/b2b", "GET " + sendPath, "PUT " + sendPath, "POST " + sendPath + "s",
		"POST /v1/b2b/otps/../otps/sms/send", "POST /v1/otps/sms/send", "POST /v1/b2b/sessions/attest",
		"GET /v1/b2b/rbac/policy", "POST /sdk/v1/b2b/otps/sms/send", "OPTIONS /sdk/v1/b2b/otps/sms/send",
		"GET /.well-known/jwks.json", "GET /v1/sessions/jwks/" + srv.ProjectID,
		"GET /v1/public/" + srv.ProjectID + "/.well-known/jwks.json",
		"DELETE /v1/b2b/organizations/o/members/m/password", "DELETE /v1/b2b/organizations/o/members/m",
	} {
		t.Run(route, func(t *testing.T) {
			method, path, _ := strings.Cut(route, " ")
			status, answer := request(t, srv, method, path, object{})
			checkRefusal(t, status, answer, 501, "not_imitated")
			if text := answer["error_message"].(string); !strings.Contains(text, method) || !strings.Contains(text, `"`+path+`"`) {
				t.Errorf("the message does not name the call: %s", text)
			}
			if status, _ := send(t, srv, method, path, object{}, "", ""); status != 501 {
				t.Errorf("without credentials: got %d, want 501", status)
			}
			if status, _ := send(t, srv, method, path, strings.Repeat("x", 64<<10+1), "", ""); status != 501 {
				t.Errorf("with a body that is too long: got %d, want 501", status)
			}
			if status, _ := onBehalf(t, srv, method, path, "bogus", object{}); status != 501 {
				t.Errorf("on behalf of a member: got %d, want 501", status)
			}
		})
	}
}

// onBehalf calls the API on behalf of the member of a session.
func onBehalf(t *testing.T, srv *stytchtest.Server, method, path, token string, body object) (int, object) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(srv.ProjectID, srv.Secret)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Stytch-Member-Session", token)
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer object
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, answer
}

// Some SDKs join the path to a base URL that ends in a slash.
func TestSpareSlashesDoNotMatter(t *testing.T) {
	f := newFixture(t)
	id := strings.ReplaceAll(f.member.ID, "-", "%2D")
	for _, path := range []string{sendPath + "/", "/" + sendPath, "//v1/b2b//otps/sms/send//"} {
		if status, answer := f.post(path, f.with()); status != 200 {
			t.Errorf("%s: got %d %v", path, status, answer["error_type"])
		}
	}
	for _, path := range []string{
		"//v1/b2b/sessions/jwks/" + f.srv.ProjectID, "/v1/b2b/sessions/jwks/" + f.srv.ProjectID + "/",
		"//v1/b2b/recovery_codes/default/" + id,
	} {
		status, answer := request(t, f.srv, "GET", path, nil)
		if want := 200; status != want && answer["error_type"] != "recovery_codes_not_found" {
			t.Errorf("%s: got %d %v", path, status, answer["error_type"])
		}
	}
	calls := f.srv.Calls()
	if got := calls[0].Path; got != sendPath {
		t.Errorf("the log has %s, want %s", got, sendPath)
	}
}

func TestCallsOnBehalfOfAMemberAreNotGranted(t *testing.T) {
	f := newFixture(t)
	revoked := f.srv.SignIn(f.member)
	f.srv.Revoke(revoked.ID)
	for _, tt := range []struct {
		name   string
		header map[string]string
		status int
		kind   string
	}{
		{"an invented token", map[string]string{"X-Stytch-Member-Session": "bogus"}, 404, "session_not_found"},
		{"an invented JWT", map[string]string{"X-Stytch-Member-SessionJWT": "bogus"}, 400, "unable_to_parse_session_jwt"},
		{"a session that was revoked", map[string]string{"X-Stytch-Member-Session": revoked.Token}, 404, "session_not_found"},
		{"both headers", map[string]string{"X-Stytch-Member-Session": f.session.Token, "X-Stytch-Member-SessionJWT": f.session.JWT}, 400, "too_many_session_arguments"},
		{"a session that is alive", map[string]string{"X-Stytch-Member-Session": f.session.Token}, 403, "session_authorization_error"},
		{"its JWT", map[string]string{"X-Stytch-Member-SessionJWT": f.session.JWT}, 403, "session_authorization_error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), "PUT", f.srv.URL+f.memberPath(), strings.NewReader(`{"name":"changed"}`))
			if err != nil {
				t.Fatal(err)
			}
			req.SetBasicAuth(f.srv.ProjectID, f.srv.Secret)
			req.Header.Set("Content-Type", "application/json")
			for name, value := range tt.header {
				req.Header.Set(name, value)
			}
			res, err := f.srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			var answer object
			if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
				t.Fatal(err)
			}
			checkRefusal(t, res.StatusCode, answer, tt.status, tt.kind)
			if f.srv.Member(f.member.ID).Name == "changed" {
				t.Error("the call had an effect")
			}
		})
	}
}

// What a member must not change about itself is refused as the service does, and so is
// all else.
func TestAMemberMayNotBePromotedOnItsOwnBehalf(t *testing.T) {
	f := newFixture(t)
	for name, body := range map[string]object{
		"roles":            {"roles": []string{"stytch_admin"}},
		"trusted_metadata": {"trusted_metadata": object{"admin": true}},
	} {
		status, answer := onBehalf(t, f.srv, "PUT", f.memberPath(), f.session.Token, body)
		checkRefusal(t, status, answer, 403, "session_authorization_error")
		status, answer = onBehalf(t, f.srv, "PUT", f.memberPath(), "bogus", body)
		checkRefusal(t, status, answer, 404, "session_not_found")
		_, answer = request(t, f.srv, "GET", "/v1/b2b/organizations/"+f.member.OrganizationID+"/member?member_id="+f.member.ID, nil)
		member := answer["member"].(object)
		if member["is_admin"] != false || len(member["trusted_metadata"].(object)) != 0 {
			t.Errorf("%s: the call had an effect: %v", name, member)
		}
	}
}

func TestListenRefusesAddressesThatOthersReach(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0", "127.0.0.1", "127.0.0.1:99999"} {
		srv := stytchtest.NewUnstartedServer()
		if err := srv.Listen(addr); err == nil {
			t.Errorf("%s was accepted", addr)
			srv.Close()
		} else if !strings.HasPrefix(err.Error(), "stytchtest: ") {
			t.Errorf("%s: %v", addr, err)
		}
	}
	srv := stytchtest.NewServer()
	defer srv.Close()
	if err := srv.Listen("127.0.0.1:0"); err == nil {
		t.Error("Listen succeeded twice")
	}
}

func TestCloseEndsCallsInProgress(t *testing.T) {
	srv := stytchtest.NewServer()
	srv.Fail(stytchtest.Fault{Delay: time.Hour})
	sent, ended := make(chan struct{}), make(chan error)
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) },
	})
	go func() {
		req, err := http.NewRequestWithContext(ctx, "GET", srv.URL+"/v1/b2b/sessions/jwks/"+srv.ProjectID, nil)
		if err != nil {
			ended <- err
			return
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			res.Body.Close()
		}
		ended <- err
	}()
	<-sent
	srv.Close()
	if err := <-ended; err == nil {
		t.Error("the delayed call was answered")
	}
}

func TestManyServersAreCheap(t *testing.T) {
	seen := map[string]bool{}
	for range 300 {
		srv := stytchtest.NewUnstartedServer()
		srv.SignIn(srv.AddMember())
		seen[jwks(t, srv)[0]["n"].(string)] = true
	}
	if len(seen) > 8 {
		t.Errorf("%d keys were made for 300 servers", len(seen))
	}
}

func TestTheCallLogIsBounded(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	for range 10_050 {
		send(t, srv, "GET", "/nothing", nil, "", "")
	}
	if n := len(srv.Calls()); n > 10_000 || n < 5_000 {
		t.Errorf("the log has %d calls", n)
	}
	srv.ResetCalls()
	if n := len(srv.Calls()); n != 0 {
		t.Errorf("after ResetCalls it has %d", n)
	}
}

func TestTheHandlerMayBeEmbedded(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	own := httptest.NewServer(srv.Handler())
	defer own.Close()
	srv.URL = own.URL
	srv.BaseURLIssuer = true
	session := srv.SignIn(srv.AddMember())
	if got := claimsOf(t, session.JWT)["iss"]; got != own.URL {
		t.Errorf("iss: got %v, want %s", got, own.URL)
	}
	for _, client := range []*http.Client{http.DefaultClient, srv.Client()} {
		res, err := client.Get(own.URL + "/_emulator/phone")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 200 {
			t.Errorf("got %d", res.StatusCode)
		}
	}
}
