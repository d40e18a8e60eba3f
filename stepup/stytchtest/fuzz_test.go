package stytchtest_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

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

// A link leads where the redirect URL does, with the token of the mail and no other.
func FuzzRedirectURL(f *testing.F) {
	srv := stytchtest.NewUnstartedServer()
	member := srv.AddMember()
	for _, seed := range []string{
		"https://app.example.com/login", "http://localhost:3000", "https://app.example.com/login?token=mine&token=again#here",
		"https://app.example.com?a=b;c", "https://user:pass@app.example.com/%2F?%zz", "//app.example.com", "/login", "javascript:alert(1)",
		"https:app.example.com", "https://", "http://[::1]:80/", "https://app.example.com\\@evil.example", "\x00", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, redirect string) {
		if !utf8.ValidString(redirect) {
			return // JSON cannot carry it
		}
		status, answer := request(t, srv, "POST", mailPath, object{
			"organization_id": member.OrganizationID, "email_address": member.EmailAddress, "login_redirect_url": redirect,
		})
		if status != 200 {
			if status != 400 {
				t.Errorf("%q: got %d %v", redirect, status, answer)
			}
			return
		}
		mails := srv.Mails(member.ID)
		mail := mails[len(mails)-1]
		link, err := url.Parse(mail.URL)
		if err != nil {
			t.Fatalf("%q led to %q: %v", redirect, mail.URL, err)
		}
		if redirect != "" {
			want, err := url.Parse(redirect)
			if err != nil || link.Scheme != want.Scheme || link.Host != want.Host || link.Path != want.Path {
				t.Errorf("%q led to %q", redirect, mail.URL)
			}
		}
		if tokens := link.Query()["token"]; len(tokens) != 1 || tokens[0] != mail.Token {
			t.Errorf("%q led to %q", redirect, mail.URL)
		}
	})
}
