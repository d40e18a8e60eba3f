package stytch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/rungauth/rung/stepup/stytch"
)

// endpoints are all calls of the client, each with a fitting answer.
var endpoints = []struct {
	name, answer string
	call         func(context.Context, *stytch.Client) (hasResult bool, err error)
}{
	{"SendSMS", memberAnswer, func(ctx context.Context, c *stytch.Client) (bool, error) {
		resp, err := c.SendSMS(ctx, sendSMS)
		return resp != nil, err
	}},
	{"AuthenticateSMS", smsAnswer, func(ctx context.Context, c *stytch.Client) (bool, error) {
		resp, err := c.AuthenticateSMS(ctx, authenticateSMS)
		return resp != nil, err
	}},
	{"AuthenticateSession", sessionAnswer, func(ctx context.Context, c *stytch.Client) (bool, error) {
		resp, err := c.AuthenticateSession(ctx, stytch.AuthenticateSessionRequest{SessionJWT: sessJWT})
		return resp != nil, err
	}},
	{"RevokeSession", revokeAnswer, func(ctx context.Context, c *stytch.Client) (bool, error) {
		resp, err := c.RevokeSession(ctx, stytch.RevokeSessionRequest{SessionToken: token})
		return resp != nil, err
	}},
	{"Member", memberAnswer, func(ctx context.Context, c *stytch.Client) (bool, error) {
		resp, err := c.Member(ctx, stytch.MemberRequest{OrganizationID: orgID, MemberID: memberID})
		return resp != nil, err
	}},
	{"DeleteMFAPhoneNumber", memberAnswer, func(ctx context.Context, c *stytch.Client) (bool, error) {
		resp, err := c.DeleteMFAPhoneNumber(ctx, stytch.DeleteMFAPhoneNumberRequest{OrganizationID: orgID, MemberID: memberID})
		return resp != nil, err
	}},
	{"DeleteTOTP", memberAnswer, calling((*stytch.Client).DeleteTOTP, stytch.DeleteTOTPRequest{OrganizationID: orgID, MemberID: memberID})},
	{"UpdateMember", memberAnswer, calling((*stytch.Client).UpdateMember, updateMember)},
	{"CreateTOTP", totpAnswer, calling((*stytch.Client).CreateTOTP, createTOTP)},
	{"AuthenticateTOTP", smsAnswer, calling((*stytch.Client).AuthenticateTOTP, authenticateTOTP)},
	{"MigrateTOTP", totpAnswer, calling((*stytch.Client).MigrateTOTP, migrateTOTP)},
	{"Recover", smsAnswer, calling((*stytch.Client).Recover, recoverMember)},
	{"RecoveryCodes", recoveryCodesAnswer, calling((*stytch.Client).RecoveryCodes, stytch.RecoveryCodesRequest{OrganizationID: orgID, MemberID: memberID})},
	{"RotateRecoveryCodes", recoveryCodesAnswer, calling((*stytch.Client).RotateRecoveryCodes, stytch.RotateRecoveryCodesRequest{OrganizationID: orgID, MemberID: memberID})},
	{"AuthenticatePassword", loggedInAnswer, calling((*stytch.Client).AuthenticatePassword, authenticatePassword)},
	{"LoginOrSignupByEmail", memberAnswer, calling((*stytch.Client).LoginOrSignupByEmail, loginOrSignup)},
	{"AuthenticateMagicLink", mfaRequiredAnswer, calling((*stytch.Client).AuthenticateMagicLink, authenticateLink)},
	{"ExchangeSession", loggedInAnswer, calling((*stytch.Client).ExchangeSession, exchangeSession)},
	{"ExchangeIntermediateSession", mfaRequiredAnswer, calling((*stytch.Client).ExchangeIntermediateSession, exchangeIntermediate)},
	{"DiscoverOrganizations", discoveryAnswer, calling((*stytch.Client).DiscoverOrganizations, stytch.DiscoverOrganizationsRequest{IntermediateSessionToken: ist})},
}

// requestTypes returns the request of each call by the name of its method.
func requestTypes() map[string]reflect.Type {
	types := make(map[string]reflect.Type)
	for m := range reflect.TypeFor[*stytch.Client]().Methods() {
		if m.Type.NumIn() == 3 { // client, context and request
			types[m.Name] = m.Type.In(2)
		}
	}
	return types
}

func TestTheTablesHaveEveryCall(t *testing.T) {
	tested, claims := make(map[string]bool), make(map[string]bool)
	for _, e := range endpoints {
		tested[e.name] = true
	}
	for _, c := range claiming {
		claims[c.name] = true
	}
	for name, request := range requestTypes() {
		if !tested[name] {
			t.Errorf("%s is not in endpoints", name)
		}
		if _, takes := request.FieldByName("SessionCustomClaims"); takes != claims[name] {
			t.Errorf("%s takes claims: %v, is in claiming: %v", name, takes, claims[name])
		}
		delete(tested, name)
	}
	if len(tested) != 0 {
		t.Errorf("%v in endpoints are no calls", tested)
	}
}

// A method of the client.
type method[Req, Resp any] func(*stytch.Client, context.Context, Req) (*Resp, error)

// calling returns the call of a method with one request.
func calling[Req, Resp any](m method[Req, Resp], req Req) func(context.Context, *stytch.Client) (bool, error) {
	return func(ctx context.Context, c *stytch.Client) (bool, error) {
		resp, err := m(c, ctx, req)
		return resp != nil, err
	}
}

// A wireCase is a request and the body that it must have.
type wireCase[Req any] struct {
	name string
	req  Req
	want string
}

// wantOnTheWire makes every request of the table and compares it, byte by byte.
func wantOnTheWire[Req, Resp any](t *testing.T, m method[Req, Resp], answer, verb, uri string, cases []wireCase[Req]) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, answer)
			if ok, err := calling(m, tt.req)(t.Context(), client); !ok || err != nil {
				t.Fatal(err)
			}
			wantOneRequest(t, *sent, verb, uri, tt.want)
		})
	}
}

// A refusal is a change to a good request and what the error says of it. "" =
// the request is still good.
type refusal[Req any] struct {
	name   string
	change func(*Req)
	want   string
}

func wantRefusals[Req, Resp any](t *testing.T, m method[Req, Resp], answer string, good Req, cases []refusal[Req]) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, answer)
			req := good
			tt.change(&req)
			ok, err := calling(m, req)(t.Context(), client)
			if tt.want == "" {
				if err != nil || len(*sent) != 1 {
					t.Fatalf("got %v after %d requests, want one request", err, len(*sent))
				}
				return
			}
			wantRefused(t, ok, err, *sent, tt.want)
		})
	}
}

// decoded returns the result of a call whose answer is body.
func decoded[Req, Resp any](t *testing.T, m method[Req, Resp], req Req, body string) *Resp {
	t.Helper()
	client, _ := answering(t, 200, body)
	resp, err := m(client, t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// wantMissing checks that an answer without one field is not understood.
func wantMissing[Req, Resp any](t *testing.T, m method[Req, Resp], req Req, answer string, fields ...string) {
	t.Helper()
	for _, field := range fields {
		body := strings.Replace(answer, `"`+field+`"`, `"x"`, 1)
		if body == answer {
			t.Errorf("%s is not in the answer", field)
		}
		client, _ := answering(t, 200, body)
		ok, err := calling(m, req)(t.Context(), client)
		wantNotUnderstood(t, ok, err, field+" is missing")
	}
}

func TestEveryCallAuthenticatesItself(t *testing.T) {
	for _, e := range endpoints {
		t.Run(e.name, func(t *testing.T) {
			client, sent := answering(t, 200, e.answer)
			if ok, err := e.call(t.Context(), client); !ok || err != nil {
				t.Fatal(err)
			}
			header := (*sent)[0].Header
			if got, want := header.Get("Authorization"), "Basic "+basicCredentials(); got != want {
				t.Errorf("Authorization is %q, want %q", got, want)
			}
			if got := header.Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type is %q", got)
			}
			if got := header.Get("User-Agent"); !strings.HasPrefix(got, "rung/") {
				t.Errorf("User-Agent is %q", got)
			}
			if strings.Contains((*sent)[0].URI, secret) || strings.Contains((*sent)[0].Body, secret) {
				t.Error("the secret is in the URL or in the body")
			}
		})
	}
}

func TestOnly200And201AreSuccesses(t *testing.T) {
	for _, e := range endpoints {
		for _, status := range []int{200, 201, 202, 203, 204, 206, 226, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 418, 429, 500, 502, 503, 504, 599} {
			client, sent := answering(t, status, e.answer, "Location", "https://elsewhere.example.com/")
			ok, err := e.call(t.Context(), client)
			if status == 200 || status == 201 {
				if !ok || err != nil {
					t.Errorf("%s, %d: got %v, want a result", e.name, status, err)
				}
				continue
			}
			var apiErr *stytch.APIError
			if ok || !errors.As(err, &apiErr) || apiErr.StatusCode != status {
				t.Errorf("%s, %d: got %v, want an APIError", e.name, status, err)
			}
			if len(*sent) != 1 {
				t.Errorf("%s, %d: %d requests, want 1", e.name, status, len(*sent))
			}
		}
	}
}

func TestAnswersThatAreNotUnderstood(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"nothing", "", "not the expected JSON"},
		{"an HTML page", "<html>" + token + "</html>", "not JSON at byte"},
		{"half of it", smsAnswer[:len(smsAnswer)/2], "not the expected JSON"},
		{"null", "null", "session_jwt is missing"},
		{"an array", "[" + smsAnswer + "]", "is not a"},
		{"more than ten thousand open brackets", strings.Repeat("[", 20000), "not JSON at byte"},
		{"a string", `"` + token + `"`, "is not a"},
		{"an empty object", "{}", "session_jwt is missing"},
		{"two objects", smsAnswer + smsAnswer, "more than one JSON object"},
		{"something after the object", smsAnswer + "}", "more than one JSON object"},
		{"a number for a string", strings.Replace(smsAnswer, `"member_id":"`+memberID+`"`, `"member_id":`+code, 1), "member_id is not a string"},
		{"a token for a time", strings.Replace(smsAnswer, `"member":{`, `"member":{"created_at":"`+token+`",`, 1), "not the expected JSON"},
		{"a bad factor", strings.Replace(smsAnswer, `"member_session":null`, `"member_session":{"authentication_factors":[{"type":"`+token+`","type":"otp"}]}`, 1), "not the expected JSON"},
		{"no request id", strings.Replace(smsAnswer, `"request_id"`, `"x"`, 1), "request_id is missing"},
		{"no member id", strings.Replace(smsAnswer, `"member_id"`, `"x"`, 1), "member_id is missing"},
		{"no member", strings.Replace(smsAnswer, `"member":`, `"x":`, 1), "member is missing"},
		{"no organization", strings.Replace(smsAnswer, `"organization":`, `"x":`, 1), "organization is missing"},
		{"an empty session JWT", strings.Replace(smsAnswer, sessJWT, "", 1), "session_jwt is missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, _ := answering(t, 200, tt.body)
			resp, err := client.AuthenticateSMS(t.Context(), authenticateSMS)
			wantNotUnderstood(t, resp != nil, err, tt.want)
		})
	}
	for _, e := range endpoints {
		t.Run("an empty object for "+e.name, func(t *testing.T) {
			client, _ := answering(t, 200, "{}")
			ok, err := e.call(t.Context(), client)
			wantNotUnderstood(t, ok, err, "is missing")
		})
	}
	t.Run("no session in the answer of AuthenticateSession", func(t *testing.T) {
		client, _ := answering(t, 200, strings.Replace(sessionAnswer, `{"member_session_id":"session-test-1"}`, "null", 1))
		resp, err := client.AuthenticateSession(t.Context(), stytch.AuthenticateSessionRequest{SessionJWT: sessJWT})
		wantNotUnderstood(t, resp != nil, err, "member_session is missing")
	})
}

func wantNotUnderstood(t *testing.T, hasResult bool, err error, want string) {
	t.Helper()
	if hasResult || !errors.Is(err, stytch.ErrResponse) || !strings.Contains(err.Error(), want) {
		t.Fatalf("got %v, want an ErrResponse with %q and no result", err, want)
	}
	if errors.Is(err, stytch.ErrNotSent) || errors.Is(err, stytch.ErrRequest) {
		t.Errorf("%v wraps two sentinels", err)
	}
	mustNotLeak(t, err.Error())
}

// endless is a body without end that counts the bytes read.
type endless struct {
	read   int
	closed bool
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.read += len(p)
	return len(p), nil
}

func (e *endless) Close() error {
	e.closed = true
	return nil
}

func TestABodyIsReadUpToOneMiB(t *testing.T) {
	for _, status := range []int{200, 502} {
		body := new(endless)
		transport := roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: body}, nil
		})
		client := newClient(t, stytch.Config{HTTPClient: &http.Client{Transport: transport}})
		_, err := client.SendSMS(t.Context(), sendSMS)
		var apiErr *stytch.APIError
		if status == 200 && !errors.Is(err, stytch.ErrResponse) || status != 200 && !errors.As(err, &apiErr) {
			t.Errorf("%d: got %v", status, err)
		}
		if body.read > 1<<20+1 || !body.closed {
			t.Errorf("%d: read %d bytes, closed: %v; want at most 1 MiB and a byte, closed", status, body.read, body.closed)
		}
	}
}

func TestABodyOfOneMiBIsAccepted(t *testing.T) {
	pad := strings.Repeat(" ", 1<<20-len(memberAnswer))
	client, _ := answering(t, 200, memberAnswer+pad)
	if _, err := client.SendSMS(t.Context(), sendSMS); err != nil {
		t.Error(err)
	}
	client, _ = answering(t, 200, memberAnswer+pad+" ")
	_, err := client.SendSMS(t.Context(), sendSMS)
	wantNotUnderstood(t, false, err, "over 1 MiB")
}

func TestTheLimitCountsDecompressedBytes(t *testing.T) {
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	io.CopyN(w, new(endless), 4<<20)
	w.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb.Bytes())
	}))
	defer srv.Close()
	_, err := newClient(t, stytch.Config{BaseURL: srv.URL}).SendSMS(t.Context(), sendSMS)
	wantNotUnderstood(t, false, err, "over 1 MiB")
}

func TestAnAnswerWithoutABody(t *testing.T) {
	status := 0
	transport := roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status}, nil
	})
	client := newClient(t, stytch.Config{HTTPClient: &http.Client{Transport: transport}})
	status = 200
	_, err := client.SendSMS(t.Context(), sendSMS)
	wantNotUnderstood(t, false, err, "not the expected JSON")
	status = 503
	_, err = client.SendSMS(t.Context(), sendSMS)
	var apiErr *stytch.APIError
	if !errors.As(err, &apiErr) || apiErr.StatusCode != 503 {
		t.Errorf("got %v, want an APIError of 503", err)
	}
}

func TestConcurrentUse(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, memberAnswer)
	}))
	defer srv.Close()
	client := newClient(t, stytch.Config{BaseURL: srv.URL})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, err := client.SendSMS(t.Context(), sendSMS); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
