package stytch_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytch"
)

// FuzzAnswer feeds any answer to every call. The result must be nil exactly when
// there is an error, the error must be of the kind that the status calls for,
// and it must not quote the body.
func FuzzAnswer(f *testing.F) {
	for _, e := range endpoints {
		f.Add(200, e.answer, "")
		f.Add(201, e.answer[:len(e.answer)/2], "")
	}
	for _, name := range []string{"testdata/authenticate_sms.json", "testdata/nulls.json"} {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(200, string(body), "")
	}
	f.Add(404, `{"error_type":"otp_code_not_found","request_id":"request-id-test-1","error_message":"m"}`, "")
	f.Add(429, `{"error_type":"too_many_requests"}`, "30")
	f.Add(503, "<html></html>", "Wed, 21 Oct 2015 07:28:00 GMT")
	f.Add(302, "", "-1")
	f.Add(200, `{"member_session":{"started_at":"14155550142","roles":{"918273":1}}}`, "")

	f.Fuzz(func(t *testing.T, status int, body, retryAfter string) {
		if status < 200 || status > 999 {
			t.Skip("not a status of a final answer")
		}
		client, _ := answering(t, status, body, "Retry-After", retryAfter)
		for _, e := range endpoints {
			hasResult, err := e.call(t.Context(), client)
			if hasResult != (err == nil) {
				t.Fatalf("%s: result: %v, error: %v", e.name, hasResult, err)
			}
			if err == nil {
				if status != 200 && status != 201 {
					t.Errorf("%s: %d is a success", e.name, status)
				}
				continue
			}
			var apiErr *stytch.APIError
			isAPI, success := errors.As(err, &apiErr), status == 200 || status == 201
			if isAPI == success || errors.Is(err, stytch.ErrResponse) != success || errors.Is(err, stytch.ErrNotSent) {
				t.Errorf("%s: %d gives %v", e.name, status, err)
			}
			if isAPI && (apiErr.StatusCode != status || apiErr.RetryAfter < 0 || apiErr.RetryAfter.Hours() > 24) {
				t.Errorf("%s: got %d and %v of status %d", e.name, apiErr.StatusCode, apiErr.RetryAfter, status)
			}
			if strings.ContainsAny(err.Error(), "\r\n\"+") {
				t.Errorf("%s: the error quotes the answer: %v", e.name, err)
			}
		}
	})
}
