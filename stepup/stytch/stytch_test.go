package stytch_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytch"
)

// These must never be printed. All are long enough not to occur by chance.
const (
	projectID = "project-test-11111111-1111-4111-8111-111111111111"
	secret    = "secret-test-THE_PROJECT_SECRET="
	token     = "THE_SESSION_TOKEN_44_CHARACTERS_LONG_0123456"
	sessJWT   = "eyJhbGciOiJSUzI1NiJ9.THE_SESSION_JWT.c2ln"
	ist       = "THE_INTERMEDIATE_SESSION_TOKEN_0123456789ABC"
	code      = "918273"
	phone     = "+14155550142"

	password     = "THE PASSWORD, CORRECT HORSE"
	linkToken    = "THE_MAGIC_LINKS_TOKEN_0123456789"
	verifier     = "THE_PKCE_CODE_VERIFIER_0123456789"
	recoveryCode = "THE0-RECO-VERY-CODE"
	totpSecret   = "THETOTPSECRET23456THETOTPSECRET2"
	qrCode       = "THEqrCODEiVBORw0KGgo="

	orgID    = "organization-test-22222222-2222-4222-8222-222222222222"
	memberID = "member-test-33333333-3333-4333-8333-333333333333"
)

// Answers with only the fields that the service always sends.
const (
	memberAnswer = `{"request_id":"request-id-test-1","status_code":200,"member_id":"` + memberID + `",` +
		`"member":{"member_id":"` + memberID + `"},"organization":{"organization_id":"` + orgID + `"}}`
	smsAnswer = `{"request_id":"request-id-test-1","status_code":200,"member_id":"` + memberID + `",` +
		`"member":{"member_id":"` + memberID + `"},"organization":{"organization_id":"` + orgID + `"},` +
		`"session_token":"","session_jwt":"` + sessJWT + `","member_session":null,"member_device":null}`
	sessionAnswer = `{"request_id":"request-id-test-1","status_code":200,` +
		`"member":{"member_id":"` + memberID + `"},"organization":{"organization_id":"` + orgID + `"},` +
		`"session_token":"","session_jwt":"` + sessJWT + `",` +
		`"member_session":{"member_session_id":"session-test-1"},"verdict":null}`
	totpAnswer = `{"request_id":"request-id-test-1","status_code":200,"member_id":"` + memberID + `",` +
		`"member":{"member_id":"` + memberID + `"},"organization":{"organization_id":"` + orgID + `"},` +
		`"totp_registration_id":"member-totp-test-1","secret":"` + totpSecret + `","qr_code":"` + qrCode + `","recovery_codes":["` + recoveryCode + `"]}`
	recoveryCodesAnswer = `{"request_id":"request-id-test-1","status_code":200,"member_id":"` + memberID + `",` +
		`"member":{"member_id":"` + memberID + `"},"organization":{"organization_id":"` + orgID + `"},"recovery_codes":["` + recoveryCode + `"]}`
	loggedInAnswer = `{"request_id":"request-id-test-1","status_code":200,"member_id":"` + memberID + `",` +
		`"member":{"member_id":"` + memberID + `"},"organization":{"organization_id":"` + orgID + `"},` +
		`"member_authenticated":true,"session_token":"` + token + `","session_jwt":"` + sessJWT + `","member_session":null,` +
		`"intermediate_session_token":"","mfa_required":null,"primary_required":null,"member_device":null}`
	mfaRequiredAnswer = `{"request_id":"request-id-test-1","status_code":200,"member_id":"` + memberID + `",` +
		`"member":{"member_id":"` + memberID + `"},"organization":{"organization_id":"` + orgID + `"},` +
		`"member_authenticated":false,"session_token":"","session_jwt":"","member_session":null,` +
		`"intermediate_session_token":"` + ist + `","intermediate_session_token_expires_at":"2026-09-21T14:10:00Z",` +
		`"mfa_required":{"member_options":{"mfa_phone_number":"` + phone + `","totp_registration_id":"member-totp-test-1"},"secondary_auth_initiated":"sms_otp"},` +
		`"primary_required":null,"member_device":null}`
	discoveryAnswer = `{"request_id":"request-id-test-1","status_code":200,"email_address":"ada@example.com","discovered_organizations":[]}`
	revokeAnswer    = `{"request_id":"request-id-test-1","status_code":200}`
)

// One good request of each call that has more than ids in it.
var (
	sendSMS              = stytch.SendSMSRequest{OrganizationID: orgID, MemberID: memberID, SessionJWT: sessJWT, MFAPhoneNumber: phone}
	authenticateSMS      = stytch.AuthenticateSMSRequest{OrganizationID: orgID, MemberID: memberID, Code: code, SessionJWT: sessJWT}
	createTOTP           = stytch.CreateTOTPRequest{OrganizationID: orgID, MemberID: memberID, SessionJWT: sessJWT}
	authenticateTOTP     = stytch.AuthenticateTOTPRequest{OrganizationID: orgID, MemberID: memberID, Code: code, SessionJWT: sessJWT}
	migrateTOTP          = stytch.MigrateTOTPRequest{OrganizationID: orgID, MemberID: memberID, Secret: totpSecret, RecoveryCodes: []string{recoveryCode}}
	recoverMember        = stytch.RecoverRequest{OrganizationID: orgID, MemberID: memberID, RecoveryCode: recoveryCode, SessionJWT: sessJWT}
	authenticatePassword = stytch.AuthenticatePasswordRequest{OrganizationID: orgID, EmailAddress: "ada@example.com", Password: password}
	loginOrSignup        = stytch.LoginOrSignupByEmailRequest{OrganizationID: orgID, EmailAddress: "ada@example.com"}
	authenticateLink     = stytch.AuthenticateMagicLinkRequest{MagicLinksToken: linkToken, PKCECodeVerifier: verifier}
	exchangeSession      = stytch.ExchangeSessionRequest{OrganizationID: orgID, SessionJWT: sessJWT}
	exchangeIntermediate = stytch.ExchangeIntermediateSessionRequest{OrganizationID: orgID, IntermediateSessionToken: ist}
	updateMember         = stytch.UpdateMemberRequest{OrganizationID: orgID, MemberID: memberID, MFAPhoneNumber: phone}
)

// request is what a service saw.
type request struct {
	Method, URI, Body string
	Header            http.Header
}

// roundTripper is an in-process transport.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering returns a client whose transport gives every request the same
// answer, and the requests that it got.
func answering(t testing.TB, status int, body string, header ...string) (*stytch.Client, *[]request) {
	t.Helper()
	var got []request
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		var sent []byte
		if r.Body != nil {
			sent, _ = io.ReadAll(r.Body)
		}
		got = append(got, request{r.Method, r.URL.RequestURI(), string(sent), r.Header})
		rec := httptest.NewRecorder()
		for i := 0; i+1 < len(header); i += 2 {
			rec.Header().Set(header[i], header[i+1])
		}
		rec.WriteHeader(status)
		io.WriteString(rec, body)
		return rec.Result(), nil
	})
	return newClient(t, stytch.Config{HTTPClient: &http.Client{Transport: transport}}), &got
}

// newClient fills in the required fields of a Config.
func newClient(t testing.TB, config stytch.Config) *stytch.Client {
	t.Helper()
	config.ProjectID, config.Secret = projectID, secret
	client, err := stytch.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// mustNotLeak fails if text holds something that must never be printed.
func mustNotLeak(t testing.TB, text string) {
	t.Helper()
	basic := basicCredentials()
	for _, private := range []string{
		secret, "THE_PROJECT_SECRET", basic, token, sessJWT, "THE_SESSION_JWT", ist, code, phone, phone[2:],
		password, "CORRECT HORSE", linkToken, verifier, recoveryCode, totpSecret, qrCode,
	} {
		for _, form := range []string{private, fmt.Sprintf("%x", private), fmt.Sprintf("%X", private)} {
			if strings.Contains(text, form) {
				t.Errorf("%q is printed in: %.300s", private, text)
			}
		}
	}
}

func basicCredentials() string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(projectID, secret)
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Basic ")
}
