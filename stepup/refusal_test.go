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

func TestPasscodesThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		code   func(a *app, m *stytchtest.Member) string
		status int
		answer contract.Code
		asked  int // how often Stytch saw a code
	}{
		{"a wrong passcode", func(a *app, m *stytchtest.Member) string { return wrong(a.emu.LastCode(m)) }, 422, contract.CodeIncorrect, 1},
		{"a short passcode", func(*app, *stytchtest.Member) string { return "12345" }, 422, contract.CodeMalformed, 0},
		{"a long passcode", func(*app, *stytchtest.Member) string { return "1234567" }, 422, contract.CodeMalformed, 0},
		{"no code", func(*app, *stytchtest.Member) string { return "" }, 422, contract.CodeMalformed, 0},
		{"letters", func(*app, *stytchtest.Member) string { return "12345a" }, 422, contract.CodeMalformed, 0},
		{"an expired passcode", func(a *app, m *stytchtest.Member) string {
			time.Sleep(121 * time.Second)
			return a.emu.LastCode(m)
		}, 422, contract.CodeExpired, 1},
		{"a superseded passcode", func(a *app, m *stytchtest.Member) string {
			old := a.emu.LastCode(m)
			time.Sleep(31 * time.Second)
			other := a.browser(a.emu.SignIn(m))
			other.challenge()
			return old
		}, 422, contract.CodeIncorrect, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, member, b := signedIn(t)
				page := b.challenge()
				code := tt.code(a, member)
				b.enter(page, code).wantPage(tt.status, contract.StateCode, tt.answer)
				if n := a.calls("otps/sms/authenticate"); n != tt.asked {
					t.Errorf("Stytch saw %d passcodes, want %d", n, tt.asked)
				}
				b.get("/payouts").wantStatus(http.StatusSeeOther)
				if n := a.payouts.Load(); n != 0 {
					t.Error("the handler behind the guard ran")
				}
			})
		})
	}
}

func TestPasscodesAreUnderstoodAsPhonesWriteThem(t *testing.T) {
	for _, format := range []struct {
		name  string
		write func(code string) string
	}{
		{"as it is", func(c string) string { return c }},
		{"with a space", func(c string) string { return c[:3] + " " + c[3:] }},
		{"with a dash", func(c string) string { return c[:3] + "-" + c[3:] }},
		{"with a hash sign and spaces around", func(c string) string { return " #" + c + "\n" }},
		{"in full-width digits", func(c string) string { return script(c, '０') }},
		{"in Arabic-Indic digits", func(c string) string { return script(c, '٠') }},
		{"in Persian digits", func(c string) string { return script(c, '۰') }},
		{"in Devanagari digits", func(c string) string { return script(c, '०') }},
	} {
		t.Run(format.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, member, b := signedIn(t)
				page := b.challenge()
				b.enter(page, format.write(a.emu.LastCode(member))).wantRedirect("/payouts")
			})
		})
	}
}

func script(code string, zero rune) string {
	return strings.Map(func(c rune) rune { return c - '0' + zero }, code)
}

func TestAPasscodeWorksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		one, two := a.emu.SignIn(member), a.emu.SignIn(member)
		b := a.browser(one)
		page := b.challenge()
		code := a.emu.LastCode(member)
		b.enter(page, code).wantRedirect("/payouts")

		other := a.browser(two)
		other.enter(other.get("/stepup/?policy=money"), code).wantPage(422, contract.StateCode, contract.CodeExpired)
		other.get("/payouts").wantStatus(http.StatusSeeOther)
	})
}

func TestADoubleSubmitIsOneCallAndBothArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		b := a.browser(session)
		page := b.challenge()
		code := a.emu.LastCode(member)
		a.emu.Fail(stytchtest.Fault{Path: "otps/sms/authenticate", Delay: time.Second})
		done := make(chan reply)
		for range 10 {
			go func() { done <- a.browser(session).enter(page, code) }()
		}
		for range 10 {
			(<-done).wantRedirect("/payouts")
		}
		if n := a.calls("otps/sms/authenticate"); n != 1 {
			t.Errorf("Stytch saw the passcode %d times, want once", n)
		}
		// The same once more a moment later, with the old cookies.
		time.Sleep(10 * time.Second)
		a.browser(session).enter(page, code).wantRedirect("/payouts")
		if n := len(a.emu.Messages(member.ID)); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
	})
}

func TestWrongPasscodesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		b := a.browser(session)
		page := b.challenge()
		guess := `{"policy":"money","code":"` + wrong(a.emu.LastCode(member)) + `"}`
		for left := 4; left > 0; left-- {
			d := b.fetch("POST", "/stepup/", guess).wantCode(422, contract.CodeIncorrect)
			if d["attempts_left"] != float64(left) {
				t.Errorf("%v attempts are said to be left, want %d", d["attempts_left"], left)
			}
		}
		b.fetch("POST", "/stepup/", guess).wantCode(429, contract.CodeLocked)
		// The right one comes too late, in this tab and in another, and with the
		// cookies as they were before.
		b.enter(page, a.emu.LastCode(member)).wantPage(http.StatusTooManyRequests, contract.StateLocked, contract.CodeLocked)
		time.Sleep(time.Minute)
		for _, tab := range []*browser{b, a.browser(session)} {
			locked := tab.enter(page, a.emu.LastCode(member)).wantPage(http.StatusTooManyRequests, contract.StateLocked, contract.CodeLocked)
			if locked.header.Get("Retry-After") == "" {
				t.Error("a lock has no Retry-After")
			}
		}
		if n := a.calls("otps/sms/authenticate"); n != 5 {
			t.Errorf("Stytch saw %d passcodes, want 5", n)
		}
		// Another session of the member still has its share.
		owner := a.browser(a.emu.SignIn(member))
		owner.enter(owner.get("/stepup/?policy=money"), a.emu.LastCode(member)).wantRedirect("/")
	})
}

func TestManyGuessesAtOnceAreCountedBeforeTheyAreMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		b := a.browser(session)
		page := b.challenge()
		code := a.emu.LastCode(member)
		done := make(chan reply)
		const n = 200
		for i := range n {
			guess := string([]byte{'0' + byte(i/100), '0' + byte(i/10%10), '0' + byte(i%10)}) + code[3:]
			if guess == code {
				guess = wrong(code)
			}
			go func() { done <- a.browser(session).enter(page, guess) }()
		}
		for range n {
			if r := <-done; r.status != http.StatusUnprocessableEntity && r.status != http.StatusTooManyRequests {
				t.Errorf("got status %d", r.status)
			}
		}
		if n := a.calls("otps/sms/authenticate"); n != 5 {
			t.Errorf("Stytch saw %d passcodes, want 5", n)
		}
	})
}

func TestASuccessResetsTheWrongPasscodesOfItsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, member, b := signedIn(t)
		for round := range 2 {
			page := b.challenge()
			for range 3 {
				b.enter(page, wrong(a.emu.LastCode(member))).wantStatus(422)
			}
			b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
			time.Sleep(time.Duration(round+1) * 61 * time.Minute)
			b = a.browser(a.emu.SignIn(member))
		}
	})
}

func TestMembersWhoCannotBeTexted(t *testing.T) {
	for _, tt := range []struct {
		name   string
		option stytchtest.MemberOption
	}{
		{"no phone number", stytchtest.WithoutPhone()},
		{"a number that was never proved", stytchtest.WithUnverifiedPhone("+14155550199")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				member := a.emu.AddMember(tt.option)
				session := a.emu.SignIn(member)
				b := a.browser(session)
				b.get("/payouts").wantPage(http.StatusForbidden, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
				b.get("/stepup/?policy=money").wantPage(http.StatusForbidden, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
				b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantCode(http.StatusForbidden, contract.CodeFactorNotEnrolled)
				b.fetch("POST", "/stepup/send", `{"policy":"money","mfa_phone_number":"+14155550123"}`).wantCode(http.StatusBadRequest, contract.CodeBadRequest)
				a.bearer(session.JWT).call("POST", "/stepup/send", `{"policy":"money"}`).wantCode(http.StatusForbidden, contract.CodeFactorNotEnrolled)
				if n := a.calls("otps/sms/send"); n != 0 {
					t.Errorf("Stytch was asked for %d messages", n)
				}
			})
		})
	}
}

func TestImpersonatedSessionsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member, stytchtest.WithImpersonation(), stytchtest.WithFactor("otp", "sms", time.Minute)))
		b.get("/account").wantStatus(http.StatusOK)
		b.get("/payouts").wantPage(http.StatusForbidden, contract.StateImpersonated, contract.CodeImpersonation)
		b.get("/stepup/?policy=money").wantPage(http.StatusForbidden, contract.StateImpersonated, contract.CodeImpersonation)
		b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantCode(http.StatusForbidden, contract.CodeImpersonation)
		b.fetch("POST", "/stepup/", `{"policy":"money","code":"123456"}`).wantCode(http.StatusForbidden, contract.CodeImpersonation)
		if a.payouts.Load() != 0 || len(a.emu.Messages("")) != 0 || a.calls("otps/sms/authenticate") != 0 {
			t.Error("something happened")
		}
	})
}

func TestOnlySecondFactorsCount(t *testing.T) {
	for _, tt := range []struct{ kind, method string }{
		{"email_otp", "email"}, {"magic_link", "email"}, {"password", "knowledge"}, {"sso", "sso_saml"},
		{"oauth", "oauth_google"}, {"recovery_codes", "recovery_code"}, {"totp", "authenticator_app"},
		{"otp", "email"}, {"otp", "whatsapp"}, {"imported", "imported_auth0"}, {"trusted_auth_token", "trusted_token_exchange"},
	} {
		t.Run(tt.kind+" by "+tt.method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				b := a.browser(a.emu.SignIn(a.emu.AddMember(), stytchtest.WithFactor(tt.kind, tt.method, time.Minute)))
				b.get("/payouts").wantStatus(http.StatusSeeOther)
				if a.payouts.Load() != 0 {
					t.Error("the handler behind the guard ran")
				}
			})
		})
	}
}

func TestTOTPCountsWhereThePolicySaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		policy := stepup.Policy{Name: "money", MaxAge: 10 * time.Minute, Methods: []stepup.Method{stepup.SMS, stepup.TOTP}}
		a := newApp(t, func(c *stepup.Config) { c.Policies = []stepup.Policy{policy} })
		member := a.emu.AddMember()
		a.browser(a.emu.SignIn(member, stytchtest.WithFactor("totp", "authenticator_app", time.Minute))).get("/payouts").wantStatus(http.StatusOK)
		a.browser(a.emu.SignIn(member, stytchtest.WithFactor("totp", "authenticator_app", time.Hour))).get("/payouts").wantStatus(http.StatusSeeOther)
	})
}

func TestTheSessionIsSwappedHalfway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		ada, bob := a.emu.AddMember(), a.emu.AddMember()
		page := a.browser(a.emu.SignIn(ada)).challenge()
		thief := a.browser(a.emu.SignIn(bob))
		thief.enter(page, a.emu.LastCode(ada)).wantPage(http.StatusConflict, contract.StateOtherMember, contract.CodeMemberMismatch)
		thief.post("/stepup/send", page.fields()).wantPage(http.StatusConflict, contract.StateOtherMember, contract.CodeMemberMismatch)
		// Another session of the same member is another session.
		a.browser(a.emu.SignIn(ada)).enter(page, a.emu.LastCode(ada)).wantStatus(http.StatusConflict)
		thief.fetch("POST", "/stepup/", `{"policy":"money","code":"`+a.emu.LastCode(ada)+`"}`).wantCode(422, contract.CodeIncorrect)
		if n := a.calls("otps/sms/authenticate"); n != 1 {
			t.Errorf("Stytch saw %d passcodes, want 1", n)
		}
	})
}

func TestTheSessionIsRevokedHalfway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		b := a.browser(session)
		page := b.challenge()
		a.emu.Revoke(session.ID)
		time.Sleep(3 * time.Second)
		b.enter(page, a.emu.LastCode(member)).wantPage(http.StatusUnauthorized, contract.StateSignedOut, contract.CodeSessionExpired)
		if b.cookie("stytch_session_jwt") != "" || b.cookie("stytch_session") != "" {
			t.Error("the browser keeps the cookies of a session that has ended")
		}
		b.get("/payouts").wantRedirect("/login?next=%2Fpayouts")

		// It is noticed before a message is sent.
		other := a.emu.SignIn(member)
		c := a.browser(other)
		a.emu.Revoke(other.ID)
		c.get("/payouts").wantRedirect("/login?next=%2Fpayouts")
		d := a.emu.SignIn(member)
		a.emu.Revoke(d.ID)
		a.bearer(d.JWT).call("POST", "/stepup/send", `{"policy":"money"}`).wantCode(http.StatusUnauthorized, contract.CodeSessionExpired)
		if n := len(a.emu.Messages("")); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
	})
}

func TestTheVerifyHandlerReadsOnlyWhatItUnderstands(t *testing.T) {
	form := "application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name, method, path, contentType, body string
		status                                int
	}{
		{"an unknown policy", "GET", "/stepup/?policy=other", "", "", 404},
		{"no policy", "GET", "/stepup/", "", "", 404},
		{"a passcode in the query", "POST", "/stepup/?code=123456&policy=money", form, "", 404},
		{"a multipart form", "POST", "/stepup/", "multipart/form-data; boundary=x", "--x--", 415},
		{"plain text", "POST", "/stepup/", "text/plain", "code=123456", 415},
		{"two codes", "POST", "/stepup/", form, "policy=money&code=123456&code=654321", 400},
		{"a large body", "POST", "/stepup/", form, "policy=money&code=" + strings.Repeat("1", 5000), 413},
		{"a form that names no session", "POST", "/stepup/", form, "policy=money&code=123456", 409},
		{"a broken escape", "POST", "/stepup/", form, "policy=%zz", 400},
		{"JSON with a second value", "POST", "/stepup/", "application/json", `{"policy":"money","code":"123456"}{}`, 400},
		{"JSON with a name twice", "POST", "/stepup/", "application/json", `{"policy":"money","code":"123456","code":"1"}`, 400},
		{"JSON with another case", "POST", "/stepup/", "application/json", `{"Policy":"money"}`, 400},
		{"JSON with a number", "POST", "/stepup/", "application/json", `{"policy":"money","code":123456}`, 400},
		{"JSON that is a list", "POST", "/stepup/", "application/json", `[]`, 400},
		{"PUT", "PUT", "/stepup/", "application/json", `{}`, 405},
		{"DELETE of a message", "DELETE", "/stepup/send", "", "", 405},
		{"GET of a message", "GET", "/stepup/send", "", "", 405},
		{"an unknown path", "GET", "/stepup/other", "", "", 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				b := a.browser(a.emu.SignIn(a.emu.AddMember()))
				r := b.do(tt.method, tt.path, tt.contentType, tt.body).wantStatus(tt.status)
				if tt.status == 405 && r.header.Get("Allow") == "" {
					t.Error("405 without Allow")
				}
				if len(a.emu.Messages("")) != 0 || a.calls("otps/sms/authenticate") != 0 {
					t.Error("something happened")
				}
			})
		})
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "same-site", "Origin", "https://other.example.com"},
		{"Sec-Fetch-Site", "", "Origin", "null"},
		{"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
	} {
		for _, path := range []string{"/stepup/", "/stepup/send", "/stepup/cancel"} {
			synctest.Test(t, func(t *testing.T) {
				a, member, b := signedIn(t)
				page := b.challenge()
				form := page.fields()
				form.Set("code", a.emu.LastCode(member))
				b.post(path, form, headers...).wantPage(http.StatusForbidden, contract.StateCrossOrigin, contract.CodeCrossOrigin)
				if n := a.calls("otps/sms/authenticate"); n != 0 || len(a.emu.Messages("")) != 1 {
					t.Errorf("%s with %v: something happened", path, headers)
				}
				b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
			})
		}
	}
}
