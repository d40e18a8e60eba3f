package stepup_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// What may go wrong at Stytch when a message is asked for, and what becomes of
// the count that was taken for it.
func TestEveryFailureOfASendHasOneOutcome(t *testing.T) {
	const send = "otps/sms/send"
	for _, tt := range []struct {
		name   string
		fault  stytchtest.Fault
		status int
		code   contract.Code
		state  contract.State
		retry  string // Retry-After; "" = none
		kept   bool   // the slot: another message has to wait
	}{
		{"a rate limit", stytchtest.Fault{Status: 429, ErrorType: "too_many_requests", Header: http.Header{"Retry-After": {"7"}}},
			503, contract.CodeProviderUnavailable, contract.StateUnavailable, "7", false},
		{"a server error", stytchtest.Fault{Status: 500}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, "30", true},
		{"a page of a load balancer", stytchtest.Fault{Status: 502, Body: "<html>Bad gateway</html>"},
			503, contract.CodeProviderUnavailable, contract.StateUnavailable, "30", true},
		{"a redirect", stytchtest.Fault{Status: 307, Body: " ", Header: http.Header{"Location": {"https://evil.example/"}}},
			503, contract.CodeProviderUnavailable, contract.StateUnavailable, "30", true},
		{"a success that is not JSON", stytchtest.Fault{Status: 200, Body: "fine"},
			503, contract.CodeProviderUnavailable, contract.StateUnavailable, "30", true},
		{"a connection that breaks", stytchtest.Fault{HangUp: true}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, "30", true},
		{"no answer", stytchtest.Fault{Delay: time.Hour}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, "30", true},
		{"no connection", stytchtest.Fault{Unreachable: true}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, "30", false},
		{"a wrong secret", stytchtest.Fault{Status: 401, ErrorType: "unauthorized_credentials"},
			500, contract.CodeMisconfigured, contract.StateFailed, "", false},
		{"a session that has ended", stytchtest.Fault{Status: 404, ErrorType: "session_not_found"},
			401, contract.CodeSessionExpired, contract.StateSignedOut, "", false},
		{"a country that is not texted", stytchtest.Fault{Status: 400, ErrorType: "invalid_phone_number_country_code"},
			403, contract.CodeDeliveryUnavailable, contract.StateUndeliverable, "", true},
		{"a number that opted out with STOP", stytchtest.Fault{Status: 400, ErrorType: "unsubscribed_phone_number"},
			403, contract.CodeDeliveryUnavailable, contract.StateUndeliverable, "", true},
		{"a number that is gone", stytchtest.Fault{Status: 404, ErrorType: "member_phone_number_not_found"},
			403, contract.CodeFactorNotEnrolled, contract.StateNoPhone, "", true},
		{"an organization without text messages", stytchtest.Fault{Status: 400, ErrorType: "operation_restricted_by_organization_mfa_methods"},
			403, contract.CodeDeliveryUnavailable, contract.StateUndeliverable, "", true},
		{"a locked member", stytchtest.Fault{Status: 429, ErrorType: "user_lock_limit_reached"},
			429, contract.CodeLocked, contract.StateLocked, "3600", true},
		{"a type that is not known", stytchtest.Fault{Status: 400, ErrorType: "something_new"},
			503, contract.CodeProviderUnavailable, contract.StateUnavailable, "30", true},
	} {
		tt.fault.Path = send
		t.Run(tt.name+", in JSON", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				b := a.browser(a.emu.SignIn(a.emu.AddMember()))
				a.emu.Fail(tt.fault)
				r := b.fetch("POST", "/stepup/send", `{"policy":"money"}`)
				r.wantCode(tt.status, tt.code)
				if got := r.header.Get("Retry-After"); got != tt.retry {
					t.Errorf("got Retry-After %q, want %q", got, tt.retry)
				}
				if tt.code == contract.CodeSessionExpired {
					return
				}
				if tt.kept {
					b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantCode(429, contract.CodeResendCooldown)
				} else {
					b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantCode(200, contract.CodeChallengePending)
				}
			})
		})
		t.Run(tt.name+", as a page", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				b := a.browser(a.emu.SignIn(a.emu.AddMember()))
				page := b.get("/stepup/?policy=money").wantPage(200, contract.StateAsk, contract.CodeStepUpRequired)
				a.emu.Fail(tt.fault)
				b.post("/stepup/send", page.fields()).wantPage(tt.status, tt.state, tt.code)
				if n := a.calls(send); n > 1 {
					t.Errorf("the send was tried %d times, want once", n)
				}
			})
		})
		t.Run(tt.name+", by a navigation", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				b := a.browser(a.emu.SignIn(a.emu.AddMember()))
				a.emu.Fail(tt.fault)
				if r := b.get("/payouts"); tt.code == contract.CodeSessionExpired {
					r.wantRedirect("/login?next=%2Fpayouts")
				} else {
					r.wantPage(tt.status, tt.state, tt.code)
				}
				if a.payouts.Load() != 0 {
					t.Error("the handler behind the guard ran")
				}
			})
		})
	}
}

// What may go wrong at Stytch when a passcode is judged, and what becomes of
// the attempt that was counted for it.
func TestEveryFailureOfAPasscodeHasOneOutcome(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fault  stytchtest.Fault
		status int
		code   contract.Code
		state  contract.State
		kept   bool // the attempt
	}{
		{"a rate limit", stytchtest.Fault{Status: 429, ErrorType: "too_many_requests"}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, false},
		{"a server error", stytchtest.Fault{Status: 500}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, true},
		{"a page of a load balancer", stytchtest.Fault{Status: 502, Body: "<html>"}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, true},
		{"an empty answer", stytchtest.Fault{Status: 503, Body: " "}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, true},
		{"a redirect", stytchtest.Fault{Status: 302, Body: " "}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, true},
		{"a connection that breaks", stytchtest.Fault{HangUp: true}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, true},
		{"no answer", stytchtest.Fault{Delay: time.Hour}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, true},
		{"no connection", stytchtest.Fault{Unreachable: true}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, false},
		{"a wrong secret", stytchtest.Fault{Status: 401, ErrorType: "unauthorized_credentials"}, 500, contract.CodeMisconfigured, contract.StateFailed, false},
		{"a session that has ended", stytchtest.Fault{Status: 404, ErrorType: "session_not_found"}, 401, contract.CodeSessionExpired, contract.StateSignedOut, false},
		{"a locked member", stytchtest.Fault{Status: 429, ErrorType: "user_lock_limit_reached"}, 429, contract.CodeLocked, contract.StateLocked, true},
		{"the session of another member", stytchtest.Fault{Tamper: stytchtest.OtherMember}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, true},
		{"a JWT of another member", stytchtest.Fault{Tamper: stytchtest.OtherMemberJWT}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, true},
		{"the session of another organization", stytchtest.Fault{Tamper: stytchtest.OtherOrganization}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, true},
		{"another session of the member", stytchtest.Fault{Tamper: stytchtest.OtherSession}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, true},
		{"a JWT by a foreign key", stytchtest.Fault{Tamper: stytchtest.ForgedJWT}, 503, contract.CodeProviderUnavailable, contract.StateUnavailable, true},
	} {
		tt.fault.Path = "otps/sms/authenticate"
		setUp := func(t *testing.T) (*app, *browser, reply, *stytchtest.Member) {
			a, member, b := signedIn(t)
			page := b.challenge()
			a.emu.Fail(tt.fault)
			return a, b, page, member
		}
		t.Run(tt.name+", as a page", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b, page, member := setUp(t)
				before := b.cookie("stytch_session_jwt")
				b.enter(page, a.emu.LastCode(member)).wantPage(tt.status, tt.state, tt.code)
				if after := b.cookie("stytch_session_jwt"); after != before && tt.code != contract.CodeSessionExpired {
					t.Error("the session cookie was changed")
				}
				if a.payouts.Load() != 0 {
					t.Error("the handler behind the guard ran")
				}
			})
		})
		t.Run(tt.name+", in JSON", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b, _, member := setUp(t)
				guess := wrong(a.emu.LastCode(member))
				if tt.fault.Tamper != "" {
					guess = a.emu.LastCode(member)
				}
				b.fetch("POST", "/stepup/", `{"policy":"money","code":"`+guess+`"}`).wantCode(tt.status, tt.code)
				if tt.code == contract.CodeSessionExpired {
					return
				}
				again := b.fetch("POST", "/stepup/", `{"policy":"money","code":"`+wrong(a.emu.LastCode(member))+`"}`)
				if tt.fault.Tamper != "" {
					// The passcode was right even so, as an honest answer now says.
					again.wantCode(http.StatusOK, contract.CodeAlreadySatisfied)
				} else if d, left := again.document(), map[bool]float64{true: 3, false: 4}[tt.kept]; d["attempts_left"] != left {
					t.Errorf("%v attempts are left, want %v: %v", d["attempts_left"], left, d)
				}
				if len(a.emu.Messages("")) != 1 {
					t.Error("another message was sent")
				}
			})
		})
	}
}

func TestARightPasscodeWhoseReplyWasLostIsRight(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault stytchtest.Fault
	}{
		{"the connection breaks", stytchtest.Fault{HangUp: true}},
		{"the answer comes too late", stytchtest.Fault{Delay: time.Hour}},
		{"the answer is a server error", stytchtest.Fault{Status: 500}},
		{"the answer cannot be read", stytchtest.Fault{Status: 200, Body: "{"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, member, b := signedIn(t)
				page := b.challenge()
				tt.fault.Path, tt.fault.AfterEffect = "otps/sms/authenticate", true
				a.emu.Fail(tt.fault)
				b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
				b.get("/payouts").wantStatus(http.StatusOK)
				if n := len(a.emu.Messages("")); n != 1 {
					t.Errorf("%d messages were sent, want 1", n)
				}
				if n := a.calls("otps/sms/authenticate"); n != 1 {
					t.Errorf("the passcode was shown %d times, want once", n)
				}
			})
		})
	}
}

func TestAMemberWhoHungUpIsVerifiedWhenTheyComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		b := a.browser(session)
		page := b.challenge()
		a.emu.Fail(stytchtest.Fault{Path: "otps/sms/authenticate", Delay: 3 * time.Second})
		b.client.Timeout = time.Second
		form := page.fields()
		form.Set("code", a.emu.LastCode(member))
		req, _ := http.NewRequest("POST", appURL+"/stepup/", strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if resp, err := b.client.Do(req); err == nil {
			resp.Body.Close()
		}
		time.Sleep(time.Minute)
		b.client.Timeout = 0
		b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
		b.get("/payouts").wantStatus(http.StatusOK)
		if n := len(a.emu.Messages("")); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
	})
}

// A challenge first asks Stytch how the session stands.
func TestWhenStytchIsDownNobodyIsChallengedAndNobodyGetsThrough(t *testing.T) {
	for _, fault := range []stytchtest.Fault{
		{Status: 500, Times: 10}, {Unreachable: true, Times: 10}, {HangUp: true, Times: 10},
		{Delay: time.Hour, Times: 10}, {Status: 429, Times: 10}, {Status: 502, Body: "<html>", Times: 10},
		{Tamper: stytchtest.OtherMember, Times: 10}, {Tamper: stytchtest.ForgedJWT, Times: 10},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, member, b := signedIn(t)
			fresh := a.browser(a.emu.SignIn(member, stytchtest.WithFactor("otp", "sms", time.Minute)))
			fault.Path = "sessions/authenticate"
			a.emu.Fail(fault)
			r := b.get("/payouts").wantPage(503, contract.StateUnavailable, contract.CodeProviderUnavailable)
			if r.header.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
			b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantCode(503, contract.CodeProviderUnavailable)
			if len(a.emu.Messages("")) != 0 || a.payouts.Load() != 0 {
				t.Error("something happened")
			}
			// A route whose proof is fresh does not need Stytch.
			fresh.get("/payouts").wantStatus(http.StatusOK)
			if kinds := a.kinds(); !slices.Contains(kinds, stepup.EventFailed) {
				t.Errorf("no event reports it: %v", kinds)
			}
		})
	}
}
