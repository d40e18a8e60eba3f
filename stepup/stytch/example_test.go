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
