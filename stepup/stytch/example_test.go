package stytch_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/rungauth/rung/stepup/stytch"
)

// Check a code, and tell the member what the error means.
func Example() {
	// A stand-in for the service that refuses every code.
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"status_code":404,"error_type":"otp_code_not_found","request_id":"request-id-test-1"}`)
	}))
	defer service.Close()

	client, err := stytch.New(stytch.Config{
		ProjectID: "project-test-00000000-0000-0000-0000-000000000000",
		Secret:    "secret-test-0000",
		BaseURL:   service.URL, // leave it out to talk to Stytch
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.AuthenticateSMS(context.Background(), stytch.AuthenticateSMSRequest{
		OrganizationID: "organization-test-1",
		MemberID:       "member-test-1",
		SessionJWT:     "the member's session JWT",
		Code:           "123456",
	})

	var apiErr *stytch.APIError
	switch {
	case err == nil:
		fmt.Println("stepped up")
	case errors.As(err, &apiErr) && apiErr.Type == "otp_code_not_found":
		fmt.Println("wrong code, try again")
	case errors.Is(err, stytch.ErrNotSent):
		fmt.Println("try later: the code was not looked at")
	default:
		fmt.Println("try later: the code may be used up:", err)
	}
	// Output: wrong code, try again
}

// Check a password, and then the code that the service sent by itself because
// the member is enrolled in MFA.
func Example_login() {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const member = `"request_id":"request-id-test-1","member_id":"member-test-1",` +
			`"member":{"member_id":"member-test-1"},"organization":{"organization_id":"organization-test-1"}`
		if r.URL.Path == "/v1/b2b/passwords/authenticate" {
			fmt.Fprint(w, `{`+member+`,"member_authenticated":false,"intermediate_session_token":"an intermediate token",`+
				`"mfa_required":{"member_options":{"mfa_phone_number":"+14155550100"},"secondary_auth_initiated":"sms_otp"}}`)
			return
		}
		fmt.Fprint(w, `{`+member+`,"session_token":"a token","session_jwt":"a JWT"}`)
	}))
	defer service.Close()

	ctx := context.Background()
	client, err := stytch.New(stytch.Config{
		ProjectID: "project-test-00000000-0000-0000-0000-000000000000",
		Secret:    "secret-test-0000",
		BaseURL:   service.URL, // leave it out to talk to Stytch
	})
	if err != nil {
		log.Fatal(err)
	}
	login, err := client.AuthenticatePassword(ctx, stytch.AuthenticatePasswordRequest{
		OrganizationID: "organization-test-1",
		EmailAddress:   "ada@example.com",
		Password:       "correct horse battery staple",
	})
	if err != nil {
		log.Fatal(err)
	}
	if login.MemberAuthenticated {
		fmt.Println("logged in")
		return
	}
	if login.MFARequired != nil && login.MFARequired.SecondaryAuthInitiated == "sms_otp" {
		fmt.Println("a code was sent to", login.MFARequired.MemberOptions.MFAPhoneNumber)
	}
	session, err := client.AuthenticateSMS(ctx, stytch.AuthenticateSMSRequest{
		OrganizationID:           login.Organization.OrganizationID,
		MemberID:                 login.MemberID,
		IntermediateSessionToken: login.IntermediateSessionToken,
		Code:                     "123456",
		SessionDurationMinutes:   60,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("logged in with both factors:", session.SessionJWT != "")
	// Output:
	// a code was sent to •••• 00
	// logged in with both factors: true
}
