package stytch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/rungauth/rung/stepup/stytch"
)

// verbs are the verbs of fmt with every flag that changes their output, and some
// that do not exist.
var verbs = []string{
	"%v", "%+v", "%#v", "%T", "%t", "%s", "%q", "%+q", "%x", "% x", "%X", "%d", "%+d", "%c", "%U", "%#U",
	"%b", "%o", "%O", "%e", "%f", "%g", "%G", "%10v", "%-10s", "%.3s", "%z", "%!",
}

// Structs that hold a Config as an app would.
type (
	embedded        struct{ stytch.Config }
	embeddedPointer struct{ *stytch.Config }
	field           struct{ Stytch stytch.Config }
)

func TestNothingPrintsTheSecret(t *testing.T) {
	config := stytch.Config{ProjectID: projectID, Secret: secret}
	client := newClient(t, config)
	for name, value := range map[string]any{
		"Config":                          config,
		"pointer to Config":               &config,
		"slice of Configs":                []stytch.Config{config},
		"map of Configs":                  map[string]stytch.Config{"main": config},
		"struct that embeds Config":       embedded{config},
		"struct that embeds *Config":      embeddedPointer{&config},
		"struct with a Config":            field{config},
		"pointer to struct with a Config": &field{config},
		"Client":                          *client,
		"pointer to Client":               client,
		"struct with a Client":            struct{ C stytch.Client }{*client},
		"struct that hides a Client":      struct{ c stytch.Client }{*client},
		"struct that hides a *Client":     struct{ c *stytch.Client }{client},
		"JWKS":                            client.JWKS(),
		"function":                        client.SendSMS,
	} {
		t.Run(name, func(t *testing.T) { printEverywhere(t, value) })
	}
}

// For a verb that does not fit, fmt skips Format methods. Only the client is safe
// then, because it has the secret in no field.
func TestClientHoldsTheSecretInNoField(t *testing.T) {
	client := newClient(t, stytch.Config{})
	for _, verb := range append(verbs, "%p", "%w") {
		mustNotLeak(t, fmt.Sprintf(verb, *client))
		mustNotLeak(t, fmt.Sprintf(verb, client))
		mustNotLeak(t, fmt.Sprintf(verb, []any{client}))
	}
}

func TestConfigShowsItsProject(t *testing.T) {
	config := stytch.Config{ProjectID: projectID, Secret: secret}
	if got, want := fmt.Sprint(config), "stytch.Config[project_id="+projectID+"]"; got != want {
		t.Errorf("printed %s, want %s", got, want)
	}
	if got, _ := json.Marshal(config); string(got) != `{"project_id":"`+projectID+`"}` {
		t.Errorf("encoded as %s", got)
	}
}

func TestRequestsAndResponsesPrintIDsOnly(t *testing.T) {
	authenticated := stytch.Authenticated{RequestID: "request-id-test-1", SessionToken: token, SessionJWT: sessJWT}
	for _, value := range []any{
		stytch.SendSMSRequest{OrganizationID: orgID, MemberID: memberID, MFAPhoneNumber: phone, SessionJWT: sessJWT},
		stytch.AuthenticateSMSRequest{OrganizationID: orgID, MemberID: memberID, Code: code, SessionToken: token},
		stytch.AuthenticateSMSResponse{Authenticated: authenticated},
		stytch.AuthenticateSessionRequest{SessionToken: token},
		stytch.AuthenticateSessionResponse{Authenticated: authenticated}, authenticated,
		stytch.RevokeSessionRequest{SessionJWT: sessJWT},
		stytch.MemberResponse{Member: stytch.Member{MFAPhoneNumber: phone}},
	} {
		t.Run(fmt.Sprintf("%T", value), func(t *testing.T) {
			printWithFmt(t, value)
			var log bytes.Buffer
			slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", value)
			slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", value)
			mustNotLeak(t, log.String())
		})
	}
	got := fmt.Sprintf("%+v", stytch.SendSMSRequest{OrganizationID: "o", MemberID: "m", SessionJWT: sessJWT})
	if want := "stytch.SendSMSRequest[organization_id=o member_id=m]"; got != want {
		t.Errorf("printed %s, want %s", got, want)
	}
}

func printEverywhere(t *testing.T, value any) {
	t.Helper()
	printWithFmt(t, value)
	encoded, _ := json.Marshal(value) // a func cannot be encoded
	mustNotLeak(t, string(encoded))
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("x", "v", value, slog.Group("g", "v", value))
		slog.New(handler).With("v", value).Info("x")
	}
	mustNotLeak(t, log.String())
}

func printWithFmt(t *testing.T, value any) {
	t.Helper()
	for _, verb := range verbs {
		mustNotLeak(t, fmt.Sprintf(verb, value))
	}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		mustNotLeak(t, fmt.Sprintf(verb, []any{value}))
	}
	mustNotLeak(t, fmt.Sprint(value)+fmt.Sprintln(value))
	mustNotLeak(t, fmt.Errorf("wrapped: %v", value).Error())
}
