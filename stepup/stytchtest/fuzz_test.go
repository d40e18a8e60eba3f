package stytchtest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// Only the exact JWT that the emulator minted names its session. The corpus has
// placeholders for the parts of that JWT, since each fuzzing process mints its own.
func FuzzSessionJWT(f *testing.F) {
	srv := stytchtest.NewUnstartedServer()
	jwt := srv.SignIn(srv.AddMember()).JWT
	parts := strings.Split(jwt, ".")
	fill := strings.NewReplacer("HEADER", parts[0], "PAYLOAD", parts[1], "SIGNATURE", parts[2])
	for _, seed := range []string{
		"HEADER.PAYLOAD.SIGNATURE", "HEADER.PAYLOAD.SIGNATURE=", " HEADER.PAYLOAD.SIGNATURE",
		"HEADER\n.PAYLOAD.SIGNATURE", "HEADER.PAYLOAD.SIGNATURE\n", "HEADER.PAYLOAD.", "HEADER.PAYLOAD",
		"HEADER.PAYLOADA.SIGNATURE", "eyJhbGciOiJub25lIn0.PAYLOAD.", "..SIGNATURE", ".", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		token = fill.Replace(token)
		status, answer := request(t, srv, "POST", sessionPath, object{"session_jwt": token})
		if (status == 200) != (token == jwt) {
			t.Errorf("%q: got %d", token, status)
		}
		if status != 200 && (status < 400 || status >= 500 || answer["error_type"] == "") {
			t.Errorf("%q: got %d %v", token, status, answer)
		}
	})
}

// In a body that is accepted, an independent decoder finds no field that the endpoint
// does not know.
func FuzzRequestBody(f *testing.F) {
	srv := stytchtest.NewUnstartedServer()
	fill := strings.NewReplacer("TOKEN", srv.SignIn(srv.AddMember()).Token)
	for _, seed := range []string{
		`{"session_token":"TOKEN","session_duration_minutes":5}`,
		`{"Session_token":"TOKEN"}`,
		`{"session_token":"TOKEN"}{}`,
		`{"session_token":"","session_token":"TOKEN"}`,
		`{"session_token":"TOKEN","session_duration_minutes":5,"session_custom_claims":{"a":{"b":[1,null]}}}`,
		`{"session_token":"TOKEN","a":1}`,
		"\xff", "[]", "null", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		body = fill.Replace(body)
		status, _ := send(t, srv, "POST", sessionPath, body, srv.ProjectID, srv.Secret)
		if status != 200 {
			return
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal([]byte(body), &fields); err != nil {
			t.Fatalf("%q was accepted: %v", body, err)
		}
		for name := range fields {
			switch name {
			case "session_token", "session_jwt", "session_duration_minutes", "session_custom_claims", "authorization_check":
			default:
				t.Errorf("the field %q was accepted", name)
			}
		}
	})
}
