package stytch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"testing"

	"github.com/rungauth/rung/jwks"
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

// privateFields are the fields of requests and responses that must never be
// printed, whichever type has them, and what the test puts into them.
func privateFields() map[string]string {
	return map[string]string{
		"SessionToken": token, "SessionJWT": sessJWT, "IntermediateSessionToken": ist,
		"Code": code, "RecoveryCode": recoveryCode, "RecoveryCodes": recoveryCode, "Secret": totpSecret, "QRCode": qrCode,
		"Password": password, "MagicLinksToken": linkToken, "PKCECodeVerifier": verifier,
	}
}

// publicFields are the other fields of requests and responses that are text.
func publicFields() []string {
	return []string{
		"RequestID", "OrganizationID", "MemberID", "MemberSessionID", "TOTPRegistrationID", "MethodID", "TelemetryID",
		"OrganizationIDHint", "EmailAddress", "Locale", "SetMFAEnrollment", "DefaultMFAMethod",
		"LoginRedirectURL", "SignupRedirectURL", "LoginTemplateID", "SignupTemplateID", "PKCECodeChallenge",
	}
}

func TestRequestsAndResponsesPrintIDsOnly(t *testing.T) {
	types := map[reflect.Type]bool{
		reflect.TypeFor[stytch.Authenticated](): true, reflect.TypeFor[stytch.PrimaryAuthenticated](): true,
	}
	for name, request := range requestTypes() {
		types[request] = true
		m, _ := reflect.TypeFor[*stytch.Client]().MethodByName(name)
		types[m.Type.Out(0).Elem()] = true
	}
	for kind := range types {
		t.Run(kind.Name(), func(t *testing.T) {
			for i := range kind.NumField() {
				field := kind.Field(i)
				isText := field.Type.Kind() == reflect.String || field.Type == reflect.TypeFor[[]string]()
				known := privateFields()[field.Name] != "" || slices.Contains(publicFields(), field.Name)
				if isText && !known && field.Type != reflect.TypeFor[jwks.PhoneNumber]() {
					t.Errorf("%s is neither private nor public", field.Name)
				}
			}
			value := reflect.New(kind).Elem()
			fillPrivate(value)
			for _, v := range []any{value.Interface(), value.Addr().Interface()} {
				printWithFmt(t, v)
				var log bytes.Buffer
				slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
				slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
				mustNotLeak(t, log.String())
			}
		})
	}
	for _, tt := range []struct {
		value any
		want  string
	}{
		{stytch.SendSMSRequest{OrganizationID: "o", MemberID: "m", SessionJWT: sessJWT}, "stytch.SendSMSRequest[organization_id=o member_id=m]"},
		{stytch.AuthenticatePasswordRequest{OrganizationID: "o", EmailAddress: "e", Password: password}, "stytch.AuthenticatePasswordRequest[organization_id=o]"},
		{stytch.AuthenticateMagicLinkRequest{MagicLinksToken: linkToken}, "stytch.AuthenticateMagicLinkRequest[]"},
		{stytch.CreateTOTPResponse{RequestID: "r", MemberID: "m", TOTPRegistrationID: "t"}, "stytch.CreateTOTPResponse[request_id=r member_id=m totp_registration_id=t]"},
		{stytch.RecoverResponse{Authenticated: stytch.Authenticated{RequestID: "r", Member: stytch.Member{MemberID: "m"}}}, "stytch.Authenticated[request_id=r member_id=m]"},
		{stytch.ExchangeSessionResponse{PrimaryAuthenticated: stytch.PrimaryAuthenticated{RequestID: "r", MemberID: "m"}}, "stytch.PrimaryAuthenticated[request_id=r member_id=m]"},
	} {
		if got := fmt.Sprintf("%+v", tt.value); got != tt.want {
			t.Errorf("printed %s, want %s", got, tt.want)
		}
	}
}

// fillPrivate puts something private into every field that is for it, at any
// depth.
func fillPrivate(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillPrivate(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillPrivate(v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			private := privateFields()[v.Type().Field(i).Name]
			switch field := v.Field(i); {
			case !field.CanSet():
			case field.Type() == reflect.TypeFor[jwks.PhoneNumber]():
				field.SetString(phone)
			case private != "" && field.Kind() == reflect.Slice:
				field.Set(reflect.ValueOf([]string{private}))
			case private != "":
				field.SetString(private)
			default:
				fillPrivate(field)
			}
		}
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
