package stytchtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// A test of anything that talks to Stytch: start the emulator, sign in a member,
// have a code sent, read it and use it.
func Example() {
	srv := stytchtest.NewServer()
	defer srv.Close()
	member := srv.AddMember(stytchtest.WithPhone("+14155550100"))
	session := srv.SignIn(member, stytchtest.WithFactor("otp", "sms", 20*time.Minute))

	// The code under test does this, with its client pointed at srv.URL.
	call := func(path string, fields map[string]string) string {
		body, _ := json.Marshal(fields)
		req, _ := http.NewRequest("POST", srv.URL+path, bytes.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		req.SetBasicAuth(srv.ProjectID, srv.Secret)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err.Error()
		}
		defer res.Body.Close()
		return res.Status
	}
	fields := map[string]string{
		"organization_id": member.OrganizationID,
		"member_id":       member.ID,
		"session_jwt":     session.JWT,
	}
	fmt.Println(call("/v1/b2b/otps/sms/send", fields))

	fields["code"] = srv.LastCode(member)
	fmt.Println(call("/v1/b2b/otps/sms/authenticate", fields))
	fmt.Println(call("/v1/b2b/otps/sms/authenticate", fields)) // a code works once

	for _, c := range srv.Calls() {
		fmt.Println(c.Status, c.Path)
	}
	// Output:
	// 200 OK
	// 200 OK
	// 401 Unauthorized
	// 200 /v1/b2b/otps/sms/send
	// 200 /v1/b2b/otps/sms/authenticate
	// 401 /v1/b2b/otps/sms/authenticate
}

// Anything that can go wrong at the service can be arranged.
func ExampleServer_Fail() {
	srv := stytchtest.NewUnstartedServer()
	srv.Fail(stytchtest.Fault{Path: "sessions/jwks/", Status: 503, Times: 2})
	for range 3 {
		res, err := srv.Client().Get(srv.URL + "/v1/b2b/sessions/jwks/" + srv.ProjectID)
		if err != nil {
			fmt.Println(err)
			continue
		}
		res.Body.Close()
		fmt.Println(res.StatusCode)
	}
	// Output:
	// 503
	// 503
	// 200
}

// A login with an authenticator app: what the service answers to a password, and then
// the code.
func ExampleServer_TOTPCode() {
	srv := stytchtest.NewUnstartedServer()
	member := srv.AddMember(stytchtest.WithoutPhone(), stytchtest.WithTOTP(),
		stytchtest.WithMFAEnrolled(), stytchtest.WithPassword("correct horse"))

	call := func(path string, fields map[string]string) (answer struct {
		MemberAuthenticated      bool   `json:"member_authenticated"`
		IntermediateSessionToken string `json:"intermediate_session_token"`
		SessionJWT               string `json:"session_jwt"`
	}) {
		body, _ := json.Marshal(fields)
		req, _ := http.NewRequest("POST", srv.URL+path, bytes.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		req.SetBasicAuth(srv.ProjectID, srv.Secret)
		res, err := srv.Client().Do(req)
		if err != nil {
			return answer
		}
		defer res.Body.Close()
		_ = json.NewDecoder(res.Body).Decode(&answer)
		return answer
	}
	first := call("/v1/b2b/passwords/authenticate", map[string]string{
		"organization_id": member.OrganizationID,
		"email_address":   member.EmailAddress,
		"password":        "correct horse",
	})
	fmt.Println(first.MemberAuthenticated, first.SessionJWT != "")
	second := call("/v1/b2b/totp/authenticate", map[string]string{
		"organization_id":            member.OrganizationID,
		"member_id":                  member.ID,
		"intermediate_session_token": first.IntermediateSessionToken,
		"code":                       srv.TOTPCode(member),
	})
	fmt.Println(second.SessionJWT != "")
	// Output:
	// false false
	// true
}

// A suite of tests that shares one server goes back to the same members before each.
func ExampleServer_Load() {
	srv := stytchtest.NewUnstartedServer()
	err := srv.Load([]byte(`{"organizations": [{"members": [{"member_id": "member-test-ada"}]}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		ada := srv.Member("member-test-ada")
		fmt.Println(ada.ID, ada.Locked)
		srv.LockMember(ada)
		srv.Reset()
	}
	fmt.Println(srv.Load([]byte(`{"organizations": [{"members": [{"phone": "+14155550100"}]}]}`)))
	// Output:
	// member-test-ada false
	// member-test-ada false
	// stytchtest: Load: organizations[0].members[0].phone: the emulator knows no field "phone" here
}
