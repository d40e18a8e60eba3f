package stytchtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// object is a JSON answer.
type object = map[string]any

// request calls the API with the server's credentials and returns status and
// body. The body of the request is marshalled unless it is a string.
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
