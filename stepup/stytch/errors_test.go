package stytch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/stytch"
)

func TestErrorBodies(t *testing.T) {
	const full = `{"status_code":404,"request_id":"request-id-test-6f2b","error_type":"otp_code_not_found",` +
		`"error_message":"no code for ` + phone + `","error_url":"https://stytch.com/docs/api/errors/404#otp_code_not_found","error_details":{"a":1}}`
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   stytch.APIError
		text   string
	}{
		{
			"the service's own", 404, full,
			stytch.APIError{
				StatusCode: 404, Type: "otp_code_not_found", Message: "no code for " + phone,
				RequestID: "request-id-test-6f2b", URL: "https://stytch.com/docs/api/errors/404#otp_code_not_found",
			},
			"stytch: answer 404 otp_code_not_found (request-id-test-6f2b)",
		},
		{"the HTTP status counts, not the one in the body", 502, `{"status_code":200}`, stytch.APIError{StatusCode: 502}, "stytch: answer 502"},
		{"nothing", 500, "", stytch.APIError{StatusCode: 500}, "stytch: answer 500"},
		{"an HTML page", 502, "<html><h1>502 Bad Gateway</h1>" + token + "</html>", stytch.APIError{StatusCode: 502}, "stytch: answer 502"},
		{"half of an object", 400, full[:len(full)/2], stytch.APIError{StatusCode: 400}, "stytch: answer 400"},
		{"an array", 400, "[" + full + "]", stytch.APIError{StatusCode: 400}, "stytch: answer 400"},
		{"null", 400, "null", stytch.APIError{StatusCode: 400}, "stytch: answer 400"},
		{
			"one field of another type does not hide the others", 429,
			`{"error_type":"too_many_requests","error_message":{"en":"slow"},"request_id":7,"status_code":"429"}`,
			stytch.APIError{StatusCode: 429, Type: "too_many_requests"},
			"stytch: answer 429 too_many_requests",
		},
		{
			"a type that would forge a log entry is dropped", 400,
			`{"error_type":"x\n2026-01-01 INFO all is well","request_id":"a b","error_message":"m"}`,
			stytch.APIError{StatusCode: 400, Message: "m"},
			"stytch: answer 400",
		},
		{
			"a type that is a phone number or a code is dropped", 400,
			`{"error_type":"` + phone + `","request_id":"` + code + `"}`,
			stytch.APIError{StatusCode: 400},
			"stytch: answer 400",
		},
		{"a type that is too long is dropped", 400, `{"error_type":"` + strings.Repeat("x", 129) + `"}`, stytch.APIError{StatusCode: 400}, "stytch: answer 400"},
		{"names match exactly", 400, `{"Error_Type":"invalid_code"}`, stytch.APIError{StatusCode: 400}, "stytch: answer 400"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, _ := answering(t, tt.status, tt.body)
			resp, err := client.SendSMS(t.Context(), sendSMS)
			var got *stytch.APIError
			if resp != nil || !errors.As(err, &got) {
				t.Fatalf("got %v, %v, want an APIError", resp, err)
			}
			if *got != tt.want {
				t.Errorf("got  %s\nwant %s", fields(*got), fields(tt.want))
			}
			if got.Error() != tt.text {
				t.Errorf("prints %q, want %q", got.Error(), tt.text)
			}
			for _, sentinel := range []error{stytch.ErrNotSent, stytch.ErrRequest, stytch.ErrResponse} {
				if errors.Is(err, sentinel) {
					t.Errorf("an APIError claims to be %v", sentinel)
				}
			}
		})
	}
}

// fields prints all fields of an APIError, which prints only some itself.
func fields(e stytch.APIError) string {
	return fmt.Sprintf("%d %q %q %q %q %v", e.StatusCode, e.Type, e.Message, e.RequestID, e.URL, e.RetryAfter)
}

func TestRetryAfter(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Now().UTC()
	for _, tt := range []struct {
		name, value, date string
		want              time.Duration
	}{
		{"none", "", "", 0},
		{"seconds", "30", "", 30 * time.Second},
		{"zero", "0", "", 0},
		{"more than a day is capped", "86401", "", day},
		{"more seconds than a Duration holds", "9223372037", "", day},
		{"more seconds than an integer holds", "99999999999999999999999", "", day},
		{"a negative number", "-5", "", 0},
		{"a number with a sign", "+5", "", 0},
		{"a fraction", "1.5", "", 0},
		{"words", "soon", "", 0},
		{"a date, by the clock of the service", "Wed, 21 Oct 2015 07:28:30 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", 30 * time.Second},
		{"a date in the past", "Wed, 21 Oct 2015 07:27:00 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", 0},
		{"a date in the old format", "Wednesday, 21-Oct-15 07:28:30 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", 30 * time.Second},
		{"a date far ahead is capped", "Wed, 21 Oct 2065 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", day},
		{"a date far ahead, by our clock", now.Add(90 * day).Format("Mon, 02 Jan 2006 15:04:05 GMT"), "", day},
		{"a date long past, by our clock", "Wed, 21 Oct 2015 07:28:00 GMT", "nonsense", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			header := []string{}
			if tt.value != "" {
				header = append(header, "Retry-After", tt.value)
			}
			if tt.date != "" {
				header = append(header, "Date", tt.date)
			}
			client, _ := answering(t, 429, "", header...)
			_, err := client.SendSMS(t.Context(), sendSMS)
			var got *stytch.APIError
			if !errors.As(err, &got) || got.RetryAfter != tt.want {
				t.Errorf("got %v, want %v", got.RetryAfter, tt.want)
			}
		})
	}
}

func TestErrorsPrintNothingPrivate(t *testing.T) {
	apiErr := &stytch.APIError{StatusCode: 400, Type: "invalid_code", RequestID: "request-id-test-1", Message: phone + code + token, URL: "https://example.com/" + token}
	for _, verb := range verbs {
		mustNotLeak(t, fmt.Sprintf(verb, apiErr))
	}
	for _, err := range []error{apiErr, fmt.Errorf("verifying: %w", apiErr), errors.Join(apiErr)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "% X", "%w"} {
			mustNotLeak(t, fmt.Errorf(verb, err).Error())
		}
		encoded, _ := json.Marshal(map[string]any{"err": err})
		mustNotLeak(t, string(encoded))
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Error("x", "err", err)
		slog.New(slog.NewJSONHandler(&log, nil)).Error("x", "err", err)
		mustNotLeak(t, log.String())
		if !strings.Contains(log.String(), "invalid_code") {
			t.Errorf("the log lacks the type: %s", log.String())
		}
	}
}
