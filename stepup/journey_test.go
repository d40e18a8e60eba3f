package stepup_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

func TestAMemberStepsUpAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, member, b := signedIn(t)

		answer := b.get("/payouts?page=2")
		answer.wantRedirect("/stepup/?next=%2Fpayouts%3Fpage%3D2&policy=money")
		page := b.follow(answer).wantPage(http.StatusOK, contract.StateCode, contract.CodeChallengePending)
		page.wantBody(member.PhoneNumber[len(member.PhoneNumber)-2:])
		if strings.Contains(page.body, member.PhoneNumber[:len(member.PhoneNumber)-2]) {
			t.Error("the page shows more of the phone number than its last digits")
		}
		b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts?page=2")
		b.get("/payouts?page=2").wantStatus(http.StatusOK).wantBody("payouts of " + member.ID)

		if n := len(a.emu.Messages(member.ID)); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
		if b.cookie("__Host-stepup") != "" {
			t.Error("the bookmark outlived the step-up")
		}

		time.Sleep(4 * time.Minute)
		b.get("/payouts").wantStatus(http.StatusOK)
		time.Sleep(4 * time.Minute) // the JWT of the step-up has expired, the factor has not
		b.get("/payouts").wantStatus(http.StatusOK)
		time.Sleep(3 * time.Minute)
		b.get("/payouts").wantStatus(http.StatusSeeOther)
	})
}

func TestAFactorIsTooOldWhenItIsExactlyMaxAgeOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member, stytchtest.WithFactor("otp", "sms", 10*time.Minute-time.Second))
		b := a.browser(session)
		b.get("/payouts").wantStatus(http.StatusOK)
		time.Sleep(time.Second)
		b.get("/payouts").wantStatus(http.StatusSeeOther)
	})
}

func TestProgramsStepUpWithTheirCookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, member, b := signedIn(t)

		refused := b.fetch(http.MethodGet, "/payouts", "")
		d := refused.wantCode(http.StatusUnauthorized, contract.CodeStepUpRequired)
		if got := refused.header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("got Content-Type %q", got)
		}
		if got := refused.header.Get("WWW-Authenticate"); !strings.HasPrefix(got, `Bearer error="insufficient_user_authentication"`) || !strings.Contains(got, `max_age="600"`) {
			t.Errorf("got WWW-Authenticate %q", got)
		}
		if d["policy"] != "money" || d["max_age"] != 600.0 || d["status"] != 401.0 || d["challenge"] != nil {
			t.Errorf("got %v", d)
		}
		if len(a.emu.Messages("")) != 0 {
			t.Error("a program's request sent a message")
		}
		links := d["links"].(map[string]any)

		sent := b.fetch(http.MethodPost, links["send"].(string), `{"policy":"money"}`)
		d = sent.wantCode(http.StatusOK, contract.CodeChallengePending)
		if c := d["challenge"].(map[string]any); c["expires_in"] != 120.0 || c["resend_in"] != 30.0 || c["phone_ending"] == "" {
			t.Errorf("got challenge %v", c)
		}
		d = b.fetch(http.MethodGet, links["status"].(string), "").wantCode(http.StatusOK, contract.CodeChallengePending)
		if d["elevated_until"] != nil {
			t.Errorf("elevated before the passcode: %v", d)
		}

		verified := b.fetch(http.MethodPost, links["verify"].(string), `{"policy":"money","code":"`+a.emu.LastCode(member)+`"}`)
		d = verified.wantCode(http.StatusOK, contract.CodeVerified)
		if _, ok := d["session_jwt"]; ok {
			t.Error("a token that came in a cookie went out in a body")
		}
		until, err := time.Parse(time.RFC3339, d["elevated_until"].(string))
		if err != nil || time.Until(until).Round(time.Second) != 10*time.Minute {
			t.Errorf("elevated until %v, %v", until, err)
		}
		b.fetch(http.MethodGet, "/payouts", "").wantStatus(http.StatusOK)
		b.fetch(http.MethodGet, links["status"].(string), "").wantCode(http.StatusOK, contract.CodeAlreadySatisfied)
		b.fetch(http.MethodPost, links["send"].(string), `{"policy":"money"}`).wantCode(http.StatusOK, contract.CodeAlreadySatisfied)
	})
}

func TestProgramsStepUpWithABearerToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		b := a.bearer(session.JWT)

		b.call(http.MethodGet, "/payouts", "").wantCode(http.StatusUnauthorized, contract.CodeStepUpRequired)
		sent := b.call(http.MethodPost, "/stepup/send", `{"policy":"money"}`)
		sent.wantCode(http.StatusOK, contract.CodeChallengePending)
		verified := b.call(http.MethodPost, "/stepup/", `{"policy":"money","code":"`+a.emu.LastCode(member)+`"}`)
		d := verified.wantCode(http.StatusOK, contract.CodeVerified)
		for _, r := range []reply{sent, verified} {
			if r.header.Get("Set-Cookie") != "" {
				t.Error("a token that came in a header went out as a cookie")
			}
		}
		if d["session_token"] != nil {
			t.Error("more was handed out than was shown")
		}
		b.call(http.MethodGet, "/payouts", "").wantStatus(http.StatusOK) // by the old token, since Stytch vouches for the session
		a.bearer(d["session_jwt"].(string)).call(http.MethodGet, "/payouts", "").wantStatus(http.StatusOK)
	})
}

func TestNothingIsSentForWhatNobodyAskedFor(t *testing.T) {
	for _, tt := range []struct {
		name    string
		method  string
		headers []string
		status  int
	}{
		{"a prefetch", "GET", []string{"Sec-Purpose", "prefetch"}, 401},
		{"a prerender", "GET", []string{"Sec-Purpose", "prefetch;prerender"}, 401},
		{"a prefetch of an older Chromium", "GET", []string{"Purpose", "prefetch"}, 401},
		{"a prefetch of Firefox", "GET", []string{"X-Moz", "prefetch"}, 401},
		{"a prefetch through a proxy", "GET", []string{"X-Sec-Purpose", "prefetch"}, 401},
		{"a preload of htmx", "GET", []string{"Hx-Preloaded", "true"}, 401},
		{"an image", "GET", []string{"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, 401},
		{"a script", "GET", []string{"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script"}, 401},
		{"a fetch", "GET", []string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}, 401},
		{"an event stream", "GET", []string{"Sec-Fetch-Mode", "cors", "Accept", "text/event-stream"}, 401},
		{"a WebSocket", "GET", []string{"Sec-Fetch-Mode", "websocket", "Sec-Fetch-Dest", "websocket"}, 401},
		{"an htmx request", "GET", []string{"Hx-Request", "true", "Sec-Fetch-Mode", "cors"}, 401},
		{"a frame", "GET", []string{"Sec-Fetch-Dest", "iframe"}, 303},
		{"a link on another site", "GET", []string{"Sec-Fetch-Site", "cross-site"}, 303},
		{"a link on a sibling domain", "GET", []string{"Sec-Fetch-Site", "same-site"}, 303},
		{"a browser that says nothing", "GET", []string{"Sec-Fetch-Mode", "", "Sec-Fetch-Dest", "", "Sec-Fetch-Site", ""}, 303},
		{"a HEAD", "HEAD", nil, 303},
		{"an OPTIONS", "OPTIONS", []string{"Sec-Fetch-Mode", "cors"}, 401},
		{"a form", "POST", nil, 401},
		{"a form of another site", "POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403},
		{"a script's POST from another site", "POST", []string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403},
		{"an odd method", "BREW", nil, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, _, b := signedIn(t)
				answer := b.do(tt.method, "/payouts", "", "", tt.headers...).wantStatus(tt.status)
				if tt.status == 401 && strings.Contains(strings.Join(tt.headers, " "), "prefetch") && answer.body != "" {
					t.Errorf("the answer to a prefetch has a body: %q", answer.body)
				}
				if n := len(a.emu.Messages("")); n != 0 {
					t.Errorf("%d messages were sent", n)
				}
				if n := a.payouts.Load(); n != 0 {
					t.Error("the handler behind the guard ran")
				}
				// The page that a redirect leads to sends nothing by itself, but offers to.
				if tt.status == 303 && tt.method == "GET" {
					b.follow(answer).wantPage(http.StatusOK, contract.StateAsk, contract.CodeStepUpRequired)
					if n := len(a.emu.Messages("")); n != 0 {
						t.Errorf("the page sent %d messages", n)
					}
				}
			})
		})
	}
}

func TestAMessageForATypedAddressAndForALinkOfOurs(t *testing.T) {
	for _, site := range []string{"none", "same-origin"} {
		synctest.Test(t, func(t *testing.T) {
			a, member, b := signedIn(t)
			b.get("/payouts", "Sec-Fetch-Site", site).wantStatus(http.StatusSeeOther)
			if n := len(a.emu.Messages(member.ID)); n != 1 {
				t.Errorf("Sec-Fetch-Site %s: %d messages, want 1", site, n)
			}
		})
	}
}

func TestAskFirstSendsNothingByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) { c.AskFirst = true })
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member))
		page := b.challenge().wantPage(http.StatusOK, contract.StateAsk, contract.CodeStepUpRequired)
		if n := len(a.emu.Messages(member.ID)); n != 0 {
			t.Fatalf("%d messages, want none", n)
		}
		page = b.follow(b.post("/stepup/send", page.fields()))
		page.wantPage(http.StatusOK, contract.StateCode, contract.CodeChallengePending)
		b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
	})
}

func TestManyNavigationsAtOnceSendOneMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		done := make(chan reply)
		const n = 100
		for range n {
			go func() { done <- a.browser(session).get("/payouts") }()
		}
		for range n {
			if r := <-done; r.status != http.StatusSeeOther || !strings.HasPrefix(r.header.Get("Location"), "/stepup/?") {
				t.Errorf("got status %d, location %q", r.status, r.header.Get("Location"))
			}
		}
		if n := len(a.emu.Messages(member.ID)); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
		if n := a.calls("sessions/authenticate"); n != 1 {
			t.Errorf("Stytch was asked %d times how the session stands, want once", n)
		}
		// A request that lost the race can submit the passcode too.
		late := a.browser(session)
		page := late.challenge().wantPage(http.StatusOK, contract.StateAsk, contract.CodeStepUpRequired)
		late.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
	})
}

func TestReloadsAndWrongPasscodesSendNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, member, b := signedIn(t)
		page := b.challenge()
		b.get("/payouts").wantStatus(http.StatusSeeOther)
		b.get("/stepup/?policy=money").wantPage(http.StatusOK, contract.StateCode, contract.CodeChallengePending)
		b.enter(page, wrong(a.emu.LastCode(member))).wantPage(http.StatusUnprocessableEntity, contract.StateCode, contract.CodeIncorrect)
		time.Sleep(3 * time.Minute)
		b.get("/payouts").wantStatus(http.StatusSeeOther)
		if n := len(a.emu.Messages(member.ID)); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
	})
}

func TestAStepUpWorksWhileOurClockIsThreeSecondsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		a.emu.SetClockSkew(3 * time.Second)
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member))
		b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
		b.get("/payouts").wantStatus(http.StatusOK)
		if n := len(a.emu.Messages(member.ID)); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
	})
}

func TestGivingUpGoesHome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		b := a.browser(a.emu.SignIn(a.emu.AddMember()))
		page := b.challenge()
		b.post("/stepup/cancel", page.fields()).wantRedirect("/")
		b.get("/payouts").wantStatus(http.StatusSeeOther)
		if n := a.payouts.Load(); n != 0 {
			t.Error("the handler behind the guard ran")
		}
	})
}
