package stytchtest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

func TestFaultsReplaceAnswers(t *testing.T) {
	tests := []struct {
		name        string
		fault       stytchtest.Fault
		status      int
		kind        string
		contentType string
	}{
		{"a status", stytchtest.Fault{Status: 429}, 429, "too_many_requests", "application/json"},
		{"401", stytchtest.Fault{Status: 401}, 401, "unauthorized_credentials", "application/json"},
		{"403", stytchtest.Fault{Status: 403}, 403, "organization_suspended", "application/json"},
		{"404", stytchtest.Fault{Status: 404}, 404, "route_not_found", "application/json"},
		{"500", stytchtest.Fault{Status: 500}, 500, "internal_server_error", "application/json"},
		{"503", stytchtest.Fault{Status: 503}, 503, "server_unavailable", "application/json"},
		{"an unusual status", stytchtest.Fault{Status: 418}, 418, "bad_request", "application/json"},
		{"an error type", stytchtest.Fault{ErrorType: "session_not_found"}, 404, "session_not_found", "application/json"},
		{"an unknown error type", stytchtest.Fault{ErrorType: "too_many_cooks"}, 400, "too_many_cooks", "application/json"},
		{"both", stytchtest.Fault{Status: 400, ErrorType: "session_not_found"}, 400, "session_not_found", "application/json"},
		{"a page", stytchtest.Fault{Status: 502, Body: "<h1>Bad Gateway</h1>"}, 502, "", "text/html; charset=utf-8"},
		{"only a body", stytchtest.Fault{Body: `{"keys":[]}`}, 200, "", "application/json"},
		{"a Content-Type of its own", stytchtest.Fault{Body: "x", Header: http.Header{"content-type": {"text/plain"}}}, 200, "", "text/plain"},
		{"a redirect", stytchtest.Fault{Status: 302, Header: http.Header{"Location": {"/elsewhere"}}}, 302, "bad_request", "application/json"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			tt.fault.Path = "otps/sms/send"
			f.srv.Fail(tt.fault)
			res, err := f.do(t.Context(), sendPath, f.with())
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != tt.status || res.Header.Get("Content-Type") != tt.contentType {
				t.Errorf("got %d, %s", res.StatusCode, res.Header.Get("Content-Type"))
			}
			if !strings.Contains(string(body), tt.kind) || tt.fault.Body != "" && string(body) != tt.fault.Body {
				t.Errorf("got %s", body)
			}
			if len(f.srv.Messages("")) != 0 {
				t.Error("a message was sent")
			}
			last := f.srv.Calls()[len(f.srv.Calls())-1]
			if last.Status != tt.status || last.ErrorType != tt.kind {
				t.Errorf("the call log has %d %q", last.Status, last.ErrorType)
			}
			f.send() // the fault struck only once
		})
	}
}

// do posts in process without following redirects.
func (f *fixture) do(ctx context.Context, path string, body object) (*http.Response, error) {
	f.t.Helper()
	req := f.newRequest(ctx, path, body)
	client := f.srv.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client.Do(req)
}

func TestFaultsMatchPathsAndAreUsedUp(t *testing.T) {
	f := newFixture(t)
	status := func(path string) int {
		got, _ := send(t, f.srv, "GET", path, nil, f.srv.ProjectID, f.srv.Secret)
		return got
	}
	jwks, sessions := "/v1/b2b/sessions/jwks/"+f.srv.ProjectID, "/v1/b2b/sessions"

	f.srv.Fail(stytchtest.Fault{Path: "sessions/jwks/", Status: 500, Times: 2})
	f.srv.Fail(stytchtest.Fault{Path: "/v1/b2b/sessions/jwks/" + f.srv.ProjectID, Status: 503})
	f.srv.Fail(stytchtest.Fault{Path: "sessions", Status: 502})
	for i, want := range []int{500, 500, 503, 200} {
		if got := status(jwks); got != want {
			t.Errorf("call %d: got %d, want %d", i+1, got, want)
		}
	}
	if got := status(sessions); got != 502 {
		t.Errorf("the fault of another path: got %d, want 502", got)
	}
	f.srv.Fail(stytchtest.Fault{Status: 500, Times: 100})
	if got := status(sessions); got != 500 {
		t.Errorf("a fault of every path: got %d, want 500", got)
	}
	f.srv.ClearFaults()
	if got := status(jwks); got != 200 {
		t.Errorf("after ClearFaults: got %d, want 200", got)
	}
}

func TestAfterEffectLosesTheReplyOnly(t *testing.T) {
	for name, fault := range map[string]stytchtest.Fault{
		"hang-up":   {HangUp: true, AfterEffect: true},
		"a page":    {Status: 502, Body: "<h1>Bad Gateway</h1>", AfterEffect: true},
		"too late":  {Delay: time.Minute, AfterEffect: true},
		"a refusal": {Status: 500, AfterEffect: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				code := f.send()
				fault.Path = "otps/sms/authenticate"
				f.srv.Fail(fault)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				res, err := f.do(ctx, authenticatePath, f.with("code", code))
				if err == nil {
					res.Body.Close()
					if res.StatusCode == 200 {
						t.Fatal("the answer arrived")
					}
				}
				factors := f.refresh()["member_session"].(object)["authentication_factors"].([]any)
				if len(factors) != 2 {
					t.Errorf("the session has %d factors, want 2", len(factors))
				}
			})
		})
	}
}

func TestALostRequestHasNoEffect(t *testing.T) {
	for name, fault := range map[string]stytchtest.Fault{
		"hang-up":     {HangUp: true},
		"too late":    {Delay: time.Minute},
		"unreachable": {Unreachable: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				f.srv.Fail(fault)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				if res, err := f.do(ctx, sendPath, f.with()); err == nil {
					res.Body.Close()
					t.Fatal("got an answer")
				}
				if n := len(f.srv.Messages("")); n != 0 {
					t.Errorf("%d messages were sent", n)
				}
				calls := f.srv.Calls()
				if fault.Unreachable && len(calls) != 0 {
					t.Errorf("%d calls reached an unreachable server", len(calls))
				}
				if !fault.Unreachable && (len(calls) != 1 || calls[0].Status != 0) {
					t.Errorf("the call log has %+v", calls)
				}
				f.send()
			})
		})
	}
}

func TestUnreachableLooksLikeARefusedConnection(t *testing.T) {
	f := newFixture(t)
	f.srv.Fail(stytchtest.Fault{Path: "otps/sms/send", Unreachable: true})
	f.refresh() // other paths are not affected
	res, err := f.do(t.Context(), sendPath, f.with())
	if err == nil {
		res.Body.Close()
	}
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" {
		t.Errorf("got %v, want a dial error", err)
	}
}

func TestADelayedAnswerIsComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.srv.Fail(stytchtest.Fault{Delay: 4 * time.Second})
		start := time.Now()
		f.send()
		if got := time.Since(start); got != 4*time.Second {
			t.Errorf("the answer took %v, want 4s", got)
		}
	})
}

func TestHangUpOverTheNetwork(t *testing.T) {
	srv := stytchtest.NewServer()
	defer srv.Close()
	f := &fixture{t: t, srv: srv, member: srv.AddMember()}
	f.session = srv.SignIn(f.member)
	for _, fault := range []stytchtest.Fault{{HangUp: true}, {HangUp: true, AfterEffect: true}, {Unreachable: true}} {
		srv.Fail(fault)
		res, err := http.DefaultClient.Do(f.newRequest(t.Context(), sendPath, f.with()))
		if err == nil {
			res.Body.Close()
			t.Errorf("%+v: got an answer", fault)
		}
	}
	if n := len(srv.Messages("")); n != 1 {
		t.Errorf("%d messages were sent, want only the one whose reply was lost", n)
	}
}

func TestTamper(t *testing.T) {
	type outcome struct{ sameMember, sameSession, sameOrganization, jwtSameMember, jwtSameSession, verifies, fresh bool }
	tests := []struct {
		tamper stytchtest.Tamper
		want   outcome
	}{
		{"", outcome{true, true, true, true, true, true, true}},
		{stytchtest.OtherMember, outcome{false, false, true, false, false, true, true}},
		{stytchtest.OtherMemberJWT, outcome{true, true, true, false, false, true, true}},
		{stytchtest.OtherOrganization, outcome{false, false, false, false, false, true, true}},
		{stytchtest.OtherSession, outcome{true, false, true, true, false, true, true}},
		{stytchtest.NoSecondFactor, outcome{true, true, true, true, true, true, false}},
		{stytchtest.OldFactors, outcome{true, true, true, true, true, true, false}},
		{stytchtest.ForgedJWT, outcome{true, true, true, true, true, false, true}},
	}
	for _, tt := range tests {
		t.Run(string(tt.tamper), func(t *testing.T) {
			f := newFixture(t)
			code := f.send()
			f.srv.Fail(stytchtest.Fault{Path: "otps/sms/authenticate", Tamper: tt.tamper})
			status, answer := f.post(authenticatePath, f.with("code", code))
			if status != 200 {
				t.Fatalf("got %d %v", status, answer["error_type"])
			}
			jwt := answer["session_jwt"].(string)
			claims := claimsOf(t, jwt)
			session := answer["member_session"].(object)
			got := outcome{
				sameMember:       answer["member_id"] == f.member.ID && session["member_id"] == f.member.ID,
				sameSession:      session["member_session_id"] == f.session.ID,
				sameOrganization: answer["organization"].(object)["organization_id"] == f.member.OrganizationID,
				jwtSameMember:    claims["sub"] == f.member.ID,
				jwtSameSession:   sessionClaim(claims)["id"] == f.session.ID,
				verifies:         verifies(t, f.srv, jwt),
			}
			for _, factor := range sessionClaim(claims)["authentication_factors"].([]any) {
				factor := factor.(object)
				age := time.Since(parse(t, factor["last_authenticated_at"]))
				got.fresh = got.fresh || factor["type"] == "otp" && age < time.Minute
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			// The effect of the call is the usual one.
			if n := len(f.refresh()["member_session"].(object)["authentication_factors"].([]any)); n != 2 {
				t.Errorf("the session has %d factors, want 2", n)
			}
		})
	}
	t.Run("no_jwt", func(t *testing.T) {
		f := newFixture(t)
		f.srv.Fail(stytchtest.Fault{Tamper: stytchtest.NoJWT})
		if got := f.refresh()["session_jwt"]; got != "" {
			t.Errorf("session_jwt: got %v", got)
		}
	})
}

func TestTamperLeavesALoginThatWaitsAlone(t *testing.T) {
	f := newLogin(t, "REQUIRED_FOR_ALL")
	for _, tamper := range []stytchtest.Tamper{stytchtest.OtherMember, stytchtest.ForgedJWT, stytchtest.NoSecondFactor} {
		f.srv.Fail(stytchtest.Fault{Path: "passwords/authenticate", Tamper: tamper})
		if answer := f.mustLogIn(); checkWaiting(t, answer) == "" || answer["member_id"] != f.member.ID {
			t.Errorf("%s: got %v", tamper, answer)
		}
	}
}
