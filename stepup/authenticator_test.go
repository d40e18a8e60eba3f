package stepup_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// accepting is a configuration whose policy takes the methods.
func accepting(methods ...stepup.Method) func(*stepup.Config) {
	return func(c *stepup.Config) {
		p := money
		p.Methods = methods
		c.Policies = []stepup.Policy{p}
	}
}

// settingUp is a configuration in which members may add an authenticator app.
func settingUp(c *stepup.Config) {
	accepting(stepup.TOTP)(c)
	c.Enroll = &stepup.Enrollment{Methods: []stepup.Method{stepup.TOTP}}
}

// instead are the other factors that a page offers, by the words of its buttons.
func (r reply) instead() (offered []stepup.Method) {
	for _, button := range r.elements("button") {
		switch {
		case !strings.HasSuffix(button.text, " instead"):
		case strings.Contains(button.text, "authenticator app"):
			offered = append(offered, stepup.TOTP)
		case strings.Contains(button.text, "Text a code"):
			offered = append(offered, stepup.SMS)
		case strings.Contains(button.text, "recovery code"):
			offered = append(offered, stepup.RecoveryCode)
		}
	}
	return offered
}

// use clicks the button of another factor on a page.
func (b *browser) use(page reply, m stepup.Method) reply {
	b.app.t.Helper()
	form := page.fields()
	if m == stepup.SMS {
		return b.post("/stepup/send", form)
	}
	form.Set("use", string(m))
	return b.post("/stepup/use", form)
}

func TestTheStrongestFactorIsAskedForFirst(t *testing.T) {
	const sms, totp, recovery = stepup.SMS, stepup.TOTP, stepup.RecoveryCode
	app, bare := stytchtest.WithTOTP(), stytchtest.WithoutPhone()
	for _, tt := range []struct {
		name    string
		policy  []stepup.Method
		member  []stytchtest.MemberOption
		allowed []string // by the organization; nil = all
		first   stepup.Method
		others  []stepup.Method
		texts   int
	}{
		{"everything", []stepup.Method{sms, recovery, totp}, []stytchtest.MemberOption{app}, nil, totp, []stepup.Method{sms, recovery}, 0},
		{"a policy that takes messages alone", nil, []stytchtest.MemberOption{app}, nil, sms, nil, 1},
		{"a policy that takes apps alone", []stepup.Method{totp}, []stytchtest.MemberOption{app}, nil, totp, nil, 0},
		{"messages and recovery codes", []stepup.Method{recovery, sms}, []stytchtest.MemberOption{app}, nil, sms, []stepup.Method{recovery}, 1},
		{"recovery codes alone", []stepup.Method{recovery}, []stytchtest.MemberOption{app}, nil, recovery, nil, 0},
		{"a member without an app", []stepup.Method{sms, recovery, totp}, nil, nil, sms, nil, 1},
		{"a member without a phone", []stepup.Method{sms, recovery, totp}, []stytchtest.MemberOption{app, bare}, nil, totp, []stepup.Method{recovery}, 0},
		{"an organization that allows messages alone", []stepup.Method{sms, recovery, totp}, []stytchtest.MemberOption{app}, []string{"sms_otp"}, sms, nil, 1},
		{"an organization that allows apps alone", []stepup.Method{sms, recovery, totp}, []stytchtest.MemberOption{app}, []string{"totp"}, totp, []stepup.Method{recovery}, 0},
		{"a member without any", []stepup.Method{sms, totp}, []stytchtest.MemberOption{bare}, nil, "", nil, 0},
		{"a member who has only others", []stepup.Method{totp, recovery}, nil, nil, "", nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, accepting(tt.policy...))
				organization := a.emu.AddOrganization(stytchtest.Organization{MFAMethods: tt.allowed})
				member := a.emu.AddMember(append(tt.member, stytchtest.InOrganization(organization))...)
				b := a.browser(a.emu.SignIn(member))
				page := b.get("/payouts")
				if tt.first == "" {
					page.wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
				} else {
					page = b.follow(page).wantStatus(200)
					if got := page.fields().Get("method"); got != string(tt.first) {
						t.Errorf("the page asks for %q, want %q", got, tt.first)
					}
				}
				if got := page.instead(); !slices.Equal(got, tt.others) {
					t.Errorf("the page offers %q instead, want %q", got, tt.others)
				}
				if n := len(a.emu.Messages(member.ID)); n != tt.texts {
					t.Errorf("%d messages were sent, want %d", n, tt.texts)
				}
				// A program hears the same.
				d := b.fetch("GET", "/payouts", "").document()
				var methods []any
				if tt.first != "" {
					for _, f := range []stepup.Method{totp, sms, recovery} {
						if f == tt.first || slices.Contains(tt.others, f) {
							methods = append(methods, string(f))
						}
					}
				}
				if got, _ := d["methods"].([]any); !slices.Equal(got, methods) {
					t.Errorf("the methods are %v, want %v", got, methods)
				}
				if got, _ := d["method"].(string); tt.first != "" && got != string(tt.first) {
					t.Errorf("the method is %q, want %q", got, tt.first)
				}
			})
		})
	}
}

func TestAMemberTurnsToAnotherFactorAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, accepting(stepup.SMS, stepup.TOTP, stepup.RecoveryCode))
		member := a.emu.AddMember(stytchtest.WithTOTP())
		b := a.browser(a.emu.SignIn(member))
		page := b.challenge().wantPage(200, contract.StateCode, contract.CodeStepUpRequired)
		if len(a.emu.Messages(member.ID)) != 0 {
			t.Error("a message was sent that nobody asked for")
		}
		page = b.follow(b.use(page, stepup.SMS)).wantPage(200, contract.StateCode, contract.CodeChallengePending)
		if got := page.instead(); !slices.Equal(got, []stepup.Method{stepup.TOTP, stepup.RecoveryCode}) {
			t.Errorf("the page offers %q instead", got)
		}
		page = b.follow(b.use(page, stepup.RecoveryCode)).wantPage(200, contract.StateCode, contract.CodeStepUpRequired)
		page.wantBody("Enter a recovery code")
		page = b.enter(page, "what I wrote down").wantPage(422, contract.StateCode, contract.CodeMalformed)
		page.wantBody("Enter a recovery code just as you wrote it down.")
		page = b.follow(b.use(page, stepup.TOTP)).wantPage(200, contract.StateCode, contract.CodeStepUpRequired)
		page = b.enter(page, "12345").wantPage(422, contract.StateCode, contract.CodeMalformed).wantBody("Enter the 6-digit code from the app.")
		page = b.enter(page, wrong(a.emu.TOTPCode(member))).wantPage(422, contract.StateCode, contract.CodeIncorrect)
		if got := page.fields().Get("method"); got != string(stepup.TOTP) {
			t.Errorf("the page asks for %q now", got)
		}
		// The message is still on its way.
		page = b.get("/stepup/?policy=money&next=%2Fpayouts").wantPage(200, contract.StateCode, contract.CodeChallengePending)
		b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
		if n := len(a.emu.Messages(member.ID)); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
		if events := a.eventsOf(stepup.EventVerified, ""); len(events) != 1 || events[0].Method != stepup.SMS {
			t.Errorf("the events are %+v", events)
		}
	})
}

func TestEachFactorStepsUp(t *testing.T) {
	for _, method := range []stepup.Method{stepup.SMS, stepup.TOTP, stepup.RecoveryCode} {
		t.Run(string(method), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, accepting(stepup.SMS, stepup.TOTP, stepup.RecoveryCode))
				member := a.emu.AddMember(stytchtest.WithTOTP())
				b := a.browser(a.emu.SignIn(member))
				page := b.use(b.challenge(), method)
				if page.status == 303 {
					page = b.follow(page)
				}
				code := map[stepup.Method]func() string{
					stepup.SMS:          func() string { return a.emu.LastCode(member) },
					stepup.TOTP:         func() string { return a.emu.TOTPCode(member) },
					stepup.RecoveryCode: func() string { return a.emu.RecoveryCodes(member)[3] },
				}[method]
				done := b.enter(page, code())
				if method == stepup.RecoveryCode {
					done.wantPage(200, contract.StateContinue, contract.CodeVerified).wantBody("9 recovery codes left", `href="/payouts"`)
				} else {
					done.wantRedirect("/payouts")
				}
				b.get("/payouts").wantStatus(200)
				if events := a.eventsOf(stepup.EventVerified, ""); len(events) != 1 || events[0].Method != method || events[0].Policy != "money" {
					t.Errorf("the events are %+v", events)
				}
				if got := a.count(stepup.EventRecovered); got != btoi(method == stepup.RecoveryCode) {
					t.Errorf("%d recoveries were reported", got)
				}
			})
		})
	}
}

func TestAFormSurvivesTheTurnToAnotherFactor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, accepting(stepup.SMS, stepup.TOTP, stepup.RecoveryCode))
		member := s.emu.AddMember(stytchtest.WithTOTP())
		b := s.browser(s.emu.SignIn(member))
		page := b.submit("/pay", "to=acme&amount=5").wantPage(401, contract.StateCode, contract.CodeStepUpRequired)
		page.wantBody("authenticator app", "Your form is kept.")
		page = b.use(page, stepup.SMS).wantPage(200, contract.StateCode, contract.CodeChallengePending).wantBody("Your form is kept.")
		page = b.enter(page, wrong(s.emu.LastCode(member))).wantPage(422, contract.StateCode, contract.CodeIncorrect)
		page = b.use(page, stepup.TOTP).wantPage(200, contract.StateCode, contract.CodeStepUpRequired)
		page = b.enter(page, wrong(s.emu.TOTPCode(member))).wantPage(422, contract.StateCode, contract.CodeIncorrect)
		page = b.use(page, stepup.RecoveryCode).wantPage(200, contract.StateCode, contract.CodeStepUpRequired)
		page = b.enter(page, "zzzz-zzzz-zzzz").wantPage(422, contract.StateCode, contract.CodeIncorrect)
		done := b.enter(page, s.emu.RecoveryCodes(member)[0]).wantPage(200, contract.StateContinue, contract.CodeVerified)
		done.wantBody("9 recovery codes left")
		s.wantOrders()
		b.press(done).wantStatus(200)
		s.wantOrders("/pay to=acme&amount=5")
	})
}

// The count is the session's and the member's, whatever is guessed at.
func TestWrongPasscodesOfAllFactorsCountTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, accepting(stepup.SMS, stepup.TOTP, stepup.RecoveryCode))
		member := a.emu.AddMember(stytchtest.WithTOTP())
		guesses := func() map[stepup.Method]string {
			return map[stepup.Method]string{stepup.SMS: "000000", stepup.TOTP: wrong(a.emu.TOTPCode(member)), stepup.RecoveryCode: "zzzz-zzzz-zzzz"}
		}
		guess := func(b *browser, m stepup.Method) reply {
			t.Helper()
			return b.fetch("POST", "/stepup/", fmt.Sprintf(`{"policy":"money","method":%q,"code":%q}`, m, guesses()[m]))
		}
		b := a.browser(a.emu.SignIn(member))
		b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantStatus(200)
		for i, m := range []stepup.Method{stepup.TOTP, stepup.SMS, stepup.RecoveryCode, stepup.TOTP} {
			d := guess(b, m).wantCode(422, contract.CodeIncorrect)
			if d["attempts_left"] != float64(4-i) || d["method"] != string(m) {
				t.Errorf("after %d guesses: %v", i+1, d)
			}
		}
		if d := guess(b, stepup.RecoveryCode).wantCode(429, contract.CodeLocked); d["scope"] != "session" {
			t.Errorf("got %v", d)
		}
		for m := range guesses() {
			guess(b, m).wantCode(429, contract.CodeLocked)
		}
		// Another session has what is left of the member's.
		b = a.browser(a.emu.SignIn(member))
		for left, m := range []stepup.Method{stepup.RecoveryCode, stepup.TOTP} {
			if d := guess(b, m).wantCode(422, contract.CodeIncorrect); d["attempts_left"] != float64(2-left) {
				t.Errorf("%v attempts are said to be left, want %d", d["attempts_left"], 2-left)
			}
		}
		if d := guess(b, stepup.SMS).document(); d["code"] != "locked" || d["scope"] != "member" {
			t.Errorf("got %v", d)
		}
		if n := a.calls("/authenticate") + a.calls("/recover") - a.calls("sessions/authenticate"); n != 8 {
			t.Errorf("Stytch saw %d guesses, want 8", n)
		}
		told := map[stepup.Method]int{}
		for _, e := range a.eventsOf(stepup.EventCodeRejected, string(contract.CodeIncorrect)) {
			told[e.Method]++
		}
		if told[stepup.TOTP] != 3 || told[stepup.SMS] != 2 || told[stepup.RecoveryCode] != 3 {
			t.Errorf("the events of wrong passcodes are %v", told)
		}
	})
}

func TestAPasscodeOfAnAppWorksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, accepting(stepup.TOTP, stepup.SMS))
		member := a.emu.AddMember(stytchtest.WithTOTP())
		b, other := a.browser(a.emu.SignIn(member)), a.browser(a.emu.SignIn(member))
		code := a.emu.TOTPCode(member)
		b.enter(b.challenge(), code).wantRedirect("/payouts")
		time.Sleep(10 * time.Second)
		page := other.enter(other.challenge(), code).wantPage(422, contract.StateCode, contract.CodeExpired)
		page.wantBody("That code was used already. Wait for the next one.")
		other.get("/payouts").wantStatus(http.StatusSeeOther)
		other.fetch("POST", "/stepup/", `{"policy":"money","method":"totp/authenticator_app","code":"`+code+`"}`).wantCode(422, contract.CodeExpired)
		time.Sleep(30 * time.Second)
		other.enter(page, a.emu.TOTPCode(member)).wantRedirect("/payouts")
		other.get("/payouts").wantStatus(200)
	})
}

// What the organization does not allow is not tried, whatever is on file.
func TestAPasscodeThatTheOrganizationDoesNotAllowIsNotTried(t *testing.T) {
	for method, allowed := range map[stepup.Method]string{stepup.SMS: "totp", stepup.TOTP: "sms_otp", stepup.RecoveryCode: "sms_otp"} {
		t.Run(string(method), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, accepting(stepup.SMS, stepup.TOTP, stepup.RecoveryCode))
				organization := a.emu.AddOrganization(stytchtest.Organization{MFAMethods: []string{allowed}})
				member := a.emu.AddMember(stytchtest.InOrganization(organization))
				if method != stepup.SMS {
					member = a.emu.AddMember(stytchtest.InOrganization(organization), stytchtest.WithTOTP(), stytchtest.WithoutPhone())
				}
				b := a.browser(a.emu.SignIn(member))
				b.fetch("POST", "/stepup/", fmt.Sprintf(`{"policy":"money","method":%q,"code":"123456"}`, method)).wantCode(403, contract.CodeFactorNotEnrolled)
				if n := a.calls("otps/sms/authenticate") + a.calls("totp/authenticate") + a.calls("recovery_codes/recover"); n != 0 {
					t.Errorf("Stytch saw %d passcodes", n)
				}
			})
		})
	}
}

// The same in one session, where Stytch says of the session that it has the
// factor: an old proof must not pass for a new one.
func TestAPasscodeOfAnAppWorksOnceInASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) {
			c.Policies = []stepup.Policy{{Name: "money", MaxAge: 5 * time.Second, Methods: []stepup.Method{stepup.TOTP}}}
		})
		member := a.emu.AddMember(stytchtest.WithTOTP())
		b := a.browser(a.emu.SignIn(member))
		code := a.emu.TOTPCode(member)
		b.enter(b.challenge(), code).wantRedirect("/payouts")
		time.Sleep(10 * time.Second)
		b.enter(b.challenge(), code).wantPage(422, contract.StateCode, contract.CodeExpired)
		b.get("/payouts").wantStatus(http.StatusSeeOther)
	})
}

// Without a name, a passcode is of the factor that the member has.
func TestAPasscodeWithoutAMethod(t *testing.T) {
	for _, tt := range []struct {
		name   string
		member []stytchtest.MemberOption
		send   bool
		code   func(a *app, m *stytchtest.Member) string
		method stepup.Method
	}{
		{"of a member with a phone", nil, true, func(a *app, m *stytchtest.Member) string { return a.emu.LastCode(m) }, stepup.SMS},
		{"of a member with an app", []stytchtest.MemberOption{stytchtest.WithTOTP(), stytchtest.WithoutPhone()}, false,
			func(a *app, m *stytchtest.Member) string { return a.emu.TOTPCode(m) }, stepup.TOTP},
		{"of a member with both, the stronger", []stytchtest.MemberOption{stytchtest.WithTOTP()}, false,
			func(a *app, m *stytchtest.Member) string { return a.emu.TOTPCode(m) }, stepup.TOTP},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, accepting(stepup.SMS, stepup.TOTP, stepup.RecoveryCode))
				member := a.emu.AddMember(tt.member...)
				c := a.bearer(a.emu.SignIn(member).JWT)
				if tt.send {
					c.call("POST", "/stepup/send", `{"policy":"money"}`).wantCode(200, contract.CodeChallengePending)
				}
				d := c.call("POST", "/stepup/", `{"policy":"money","code":"`+tt.code(a, member)+`"}`).wantCode(200, contract.CodeVerified)
				if d["method"] != string(tt.method) {
					t.Errorf("the method is %v, want %s", d["method"], tt.method)
				}
			})
		})
	}
}

// A passcode of a factor that the policy does not ask for is not tried as one of
// another: it would be wrong, and cost an attempt.
func TestAPasscodeOfAFactorThatIsNotAskedForIsNotTried(t *testing.T) {
	for _, tt := range []struct {
		policy stepup.Method
		method string
		code   string
	}{
		{stepup.TOTP, "otp/sms", "123456"},
		{stepup.TOTP, "recovery_codes/recovery_code", "abcd-efgh-ijkl"},
		{stepup.TOTP, "recovery_codes/recovery_code", "123456"},
		{stepup.SMS, "totp/authenticator_app", "123456"},
		{stepup.SMS, "recovery_codes/recovery_code", "abcd-efgh-ijkl"},
		{stepup.SMS, "primary", "123456"},
		{stepup.SMS, "something/else", "123456"},
	} {
		t.Run(tt.method+" for "+string(tt.policy), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, accepting(tt.policy))
				member := a.emu.AddMember(stytchtest.WithTOTP())
				b := a.browser(a.emu.SignIn(member))
				b.fetch("POST", "/stepup/", fmt.Sprintf(`{"policy":"money","method":%q,"code":%q}`, tt.method, tt.code)).wantCode(401, contract.CodeStepUpRequired)
				form := b.challenge().fields()
				form.Set("method", tt.method)
				form.Set("code", tt.code)
				page := b.follow(b.post("/stepup/", form)).wantStatus(200)
				if got := page.fields().Get("method"); got != string(tt.policy) {
					t.Errorf("the page asks for %q, want %q", got, tt.policy)
				}
				if n := a.calls("otps/sms/authenticate") + a.calls("totp/authenticate") + a.calls("recovery_codes/recover"); n != 0 {
					t.Errorf("Stytch saw %d passcodes", n)
				}
			})
		})
	}
}

func TestWhoeverHasNoPhoneIsNotTexted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, accepting(stepup.SMS, stepup.TOTP))
		member := a.emu.AddMember(stytchtest.WithTOTP(), stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		// It is not true that there is no second factor.
		d := b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantCode(401, contract.CodeStepUpRequired)
		if d["method"] != string(stepup.TOTP) {
			t.Errorf("got %v", d)
		}
		b.follow(b.post("/stepup/send", b.challenge().fields())).wantPage(200, contract.StateCode, contract.CodeStepUpRequired)
		if a.calls("otps/sms/send") != 0 {
			t.Error("a message was asked for")
		}
	})
}

func TestALostReplyToAPasscodeOfAnAppIsRecovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, accepting(stepup.TOTP))
		member := a.emu.AddMember(stytchtest.WithTOTP())
		b := a.browser(a.emu.SignIn(member))
		page := b.challenge()
		a.emu.Fail(stytchtest.Fault{Path: "totp/authenticate", AfterEffect: true, HangUp: true})
		b.enter(page, a.emu.TOTPCode(member)).wantRedirect("/payouts")
		b.get("/payouts").wantStatus(200)
	})
}

// setup is what a page that sets up an app shows.
func (r reply) setup() (secret, uri string) {
	r.t.Helper()
	if !slices.ContainsFunc(r.elements("div"), func(e element) bool { return e.attr["class"] == "qr" }) || !strings.Contains(r.body, `<path d="M`) {
		r.t.Fatalf("%s: the page has no QR code:\n%s", r.from, r.body)
	}
	for _, a := range r.elements("a") {
		if strings.HasPrefix(a.attr["href"], "otpauth:") {
			uri = a.attr["href"]
		}
	}
	u, err := url.Parse(uri)
	if err != nil || u.Query().Get("secret") == "" {
		r.t.Fatalf("%s: the page has no link for an app, but %q", r.from, uri)
	}
	secret = u.Query().Get("secret")
	if !strings.Contains(strings.ReplaceAll(r.text(), " ", ""), secret) {
		r.t.Errorf("%s: the secret cannot be typed: %s", r.from, r.text())
	}
	return secret, uri
}

// shown counts the answers that hold any of the texts.
func (a *app) shown(texts ...string) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, page := range a.pages {
		page = strings.NewReplacer("<span>", "", "</span>", "").Replace(page)
		if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(page, text) }) {
			n++
		}
	}
	return n
}

// beginSetup opens the page that offers an app, and presses its button.
func (b *browser) beginSetup() reply {
	b.app.t.Helper()
	offer := b.get("/payouts").wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentRequired)
	return b.post("/stepup/authenticator", offer.fields()).wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentStarted)
}

func TestAMemberSetsUpAnAuthenticatorApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp)
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		offer := b.get("/payouts").wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentRequired)
		if a.calls("/totp") != 0 {
			t.Error("an app was registered before anybody asked for it")
		}
		page := b.post("/stepup/authenticator", offer.fields()).wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentStarted)
		secret, _ := page.setup()
		if page.header.Get("Cache-Control") != "no-store" {
			t.Error("the secret is kept in caches")
		}
		codes := a.emu.RecoveryCodes(member)

		page = b.enter(page, wrong(a.emu.TOTPCode(member))).wantPage(422, contract.StateAuthenticator, contract.CodeIncorrect)
		if again, _ := page.setup(); again != secret {
			t.Error("the secret changed: what the member has scanned is worth nothing")
		}
		page = b.enter(page, "12").wantPage(422, contract.StateAuthenticator, contract.CodeMalformed)
		if a.emu.Member(member.ID).TOTPRegistrationID != "" || a.shown(codes...) != 0 || a.count(stepup.EventEnrolled) != 0 {
			t.Fatal("the app counts before its first passcode")
		}
		b.get("/payouts").wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentRequired)
		a.emu.ResetCalls()
		done := b.enter(page, a.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified)
		done.wantBody(append(codes, `href="/payouts"`)...)
		if len(codes) != 10 || len(done.elements("li")) != 10 {
			t.Errorf("%d codes are shown of %d", len(done.elements("li")), len(codes))
		}
		b.get("/payouts").wantStatus(200)
		if a.emu.Member(member.ID).TOTPRegistrationID == "" {
			t.Error("the app is no factor")
		}
		for _, kind := range []stepup.EventKind{stepup.EventVerified, stepup.EventEnrolled} {
			if events := a.eventsOf(kind, ""); len(events) != 1 || events[0].Method != stepup.TOTP || events[0].Policy != "money" {
				t.Errorf("the events %s are %+v", kind, events)
			}
		}

		if secrets, lists := a.shown(secret), a.shown(codes...); secrets != 3 || lists != 1 {
			t.Errorf("%d answers held the secret, and %d the codes", secrets, lists)
		}
		a.wantNoneOf(append(codes, secret)...)
		// From now on it is a factor like any other.
		time.Sleep(10 * time.Minute)
		b = a.browser(a.emu.SignIn(member))
		b.enter(b.challenge(), a.emu.TOTPCode(member)).wantRedirect("/payouts")
	})
}

// wantNoneOf checks that no event and no log record holds a text.
func (a *app) wantNoneOf(texts ...string) {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	told := a.log.String() + fmt.Sprintf("%+v", a.events)
	for _, text := range texts {
		if strings.Contains(told, text) {
			a.t.Error("an event or the log holds a secret")
		}
	}
}

// Whoever finds the page of a setup later, in the same session, learns nothing
// from it.
func TestTheSecretsOfASetupAreNotShownAgain(t *testing.T) {
	for _, tt := range []struct {
		name string
		send func(a *app, b *browser, setup reply, m *stytchtest.Member) reply
	}{
		{"with the next passcode", func(a *app, b *browser, setup reply, m *stytchtest.Member) reply {
			return b.enter(setup, a.emu.TOTPCode(m))
		}},
		{"with a wrong passcode", func(a *app, b *browser, setup reply, m *stytchtest.Member) reply {
			return b.enter(setup, wrong(a.emu.TOTPCode(m)))
		}},
		{"with no passcode", func(a *app, b *browser, setup reply, m *stytchtest.Member) reply {
			return b.enter(setup, "")
		}},
		{"by the button that began it", func(a *app, b *browser, setup reply, m *stytchtest.Member) reply {
			return b.post("/stepup/authenticator", setup.fields())
		}},
		{"as JSON, with the next passcode", func(a *app, b *browser, setup reply, m *stytchtest.Member) reply {
			return b.fetch("POST", "/stepup/", fmt.Sprintf(`{"policy":"money","setup":%q,"code":%q}`, setup.fields().Get("setup"), a.emu.TOTPCode(m)))
		}},
		{"as JSON, with a wrong passcode", func(a *app, b *browser, setup reply, m *stytchtest.Member) reply {
			return b.fetch("POST", "/stepup/", fmt.Sprintf(`{"policy":"money","setup":%q,"code":%q}`, setup.fields().Get("setup"), wrong(a.emu.TOTPCode(m))))
		}},
		{"as JSON, with no passcode", func(a *app, b *browser, setup reply, m *stytchtest.Member) reply {
			return b.fetch("POST", "/stepup/", fmt.Sprintf(`{"policy":"money","setup":%q}`, setup.fields().Get("setup")))
		}},
		{"while Stytch is down", func(a *app, b *browser, setup reply, m *stytchtest.Member) reply {
			a.emu.Fail(stytchtest.Fault{Status: 500, Times: 5})
			return b.enter(setup, a.emu.TOTPCode(m))
		}},
		{"while passcodes cannot be judged", func(a *app, b *browser, setup reply, m *stytchtest.Member) reply {
			a.emu.Fail(stytchtest.Fault{Path: "totp/authenticate", Status: 500, Times: 5})
			return b.enter(setup, a.emu.TOTPCode(m))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, settingUp, func(c *stepup.Config) { c.Policies[0].MaxAge = time.Minute })
				member := a.emu.AddMember(stytchtest.WithoutPhone())
				b := a.browser(a.emu.SignIn(member))
				page := b.beginSetup()
				secret, _ := page.setup()
				codes := a.emu.RecoveryCodes(member)
				b.enter(page, a.emu.TOTPCode(member)).wantBody(codes...)
				time.Sleep(2 * time.Minute) // another step-up is needed, of the same session
				before := a.shown(append(codes, secret)...)
				answer := tt.send(a, b, page, member)
				if a.shown(append(codes, secret)...) != before {
					t.Errorf("the secrets are shown again:\n%s", answer.body)
				}
			})
		})
	}
}

// A page that asks to try again brings the setup along, and does not show it.
func TestAnOutageDoesNotLoseASetup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp)
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		page := b.beginSetup()
		secret, _ := page.setup()
		codes := a.emu.RecoveryCodes(member)
		a.emu.Fail(stytchtest.Fault{Path: "totp/authenticate", Unreachable: true})
		down := b.enter(page, a.emu.TOTPCode(member)).wantPage(503, contract.StateUnavailable, contract.CodeProviderUnavailable)
		if strings.Contains(down.body, secret) {
			t.Error("the page shows the secret")
		}
		b.post("/stepup/", down.fields()).wantPage(200, contract.StateContinue, contract.CodeVerified).wantBody(codes...)
	})
}

func TestADoubleClickShowsTheRecoveryCodesTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp)
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		session := a.emu.SignIn(member)
		page := a.browser(session).beginSetup()
		codes, code := a.emu.RecoveryCodes(member), a.emu.TOTPCode(member)
		a.emu.Fail(stytchtest.Fault{Path: "totp/authenticate", Delay: time.Second})
		done := make(chan reply)
		for range 2 { // the browser shows the answer to the second
			go func() { done <- a.browser(session).enter(page, code) }()
		}
		for range 2 {
			(<-done).wantPage(200, contract.StateContinue, contract.CodeVerified).wantBody(codes...)
		}
		// A click that comes when the first has just been answered.
		time.Sleep(time.Second)
		a.browser(session).enter(page, code).wantPage(200, contract.StateContinue, contract.CodeVerified).wantBody(codes...)
		time.Sleep(3 * time.Second)
		a.browser(session).enter(page, code).wantRedirect("/payouts")
		if n := a.calls("totp/authenticate"); n != 1 || a.count(stepup.EventEnrolled) != 1 {
			t.Errorf("Stytch saw the passcode %d times, and the events are %v", n, a.kinds())
		}
	})
}

func TestALostReplyToTheFirstPasscodeShowsTheRecoveryCodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp)
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		page := b.beginSetup()
		a.emu.Fail(stytchtest.Fault{Path: "totp/authenticate", AfterEffect: true, HangUp: true})
		b.enter(page, a.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified).wantBody(a.emu.RecoveryCodes(member)...)
	})
}

func TestProgramsSetUpAnAuthenticatorApp(t *testing.T) {
	for _, channel := range []string{"a cookie", "a bearer token"} {
		t.Run("with "+channel, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, settingUp)
				member := a.emu.AddMember(stytchtest.WithoutPhone())
				session := a.emu.SignIn(member)
				b := a.bearer(session.JWT)
				do := b.call
				if channel == "a cookie" {
					b = a.browser(session)
					do = func(method, target, body string) reply { return b.fetch(method, target, body) }
				}
				d := do("POST", "/stepup/use", `{"policy":"money","method":"totp/authenticator_app"}`).wantCode(403, contract.CodeEnrollmentRequired)
				links, _ := d["links"].(map[string]any)
				if links["authenticator"] != "/stepup/authenticator" || links["phone"] != nil {
					t.Fatalf("the links are %v", links)
				}
				d = do("POST", "/stepup/authenticator", `{"policy":"money"}`).wantCode(200, contract.CodeEnrollmentStarted)
				setup, _ := d["setup"].(map[string]any)
				sealed, _ := setup["sealed"].(string)
				secret, _ := setup["secret"].(string)
				uri, _ := setup["uri"].(string)
				if sealed == "" || len(secret) != 32 || !strings.Contains(uri, "secret="+secret) || d["method"] != string(stepup.TOTP) {
					t.Fatalf("got %v", d)
				}
				body := func(code string) string {
					return fmt.Sprintf(`{"policy":"money","setup":%q,"code":%q}`, sealed, code)
				}
				d = do("POST", "/stepup/", body(wrong(a.emu.TOTPCode(member)))).wantCode(422, contract.CodeIncorrect)
				if again, _ := d["setup"].(map[string]any); again["secret"] != secret {
					t.Errorf("got %v", d)
				}
				codes := a.emu.RecoveryCodes(member)
				d = do("POST", "/stepup/", body(a.emu.TOTPCode(member))).wantCode(200, contract.CodeVerified)
				var got []string
				list, _ := d["recovery_codes"].([]any)
				for _, code := range list {
					text, _ := code.(string)
					got = append(got, text)
				}
				if !slices.Equal(got, codes) || d["setup"] != nil {
					t.Errorf("got %v", d)
				}
				if jwt, _ := d["session_jwt"].(string); (jwt != "") != (channel == "a bearer token") {
					t.Errorf("got the token %q", jwt)
				}
				if a.count(stepup.EventEnrolled) != 1 {
					t.Errorf("the events are %v", a.kinds())
				}
			})
		})
	}
}

func TestAFormSurvivesTheSetupOfAnApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, settingUp)
		member := s.emu.AddMember(stytchtest.WithoutPhone())
		b := s.browser(s.emu.SignIn(member))
		page := b.submit("/pay", "to=acme").wantPage(403, contract.StateAuthenticator, contract.CodeEnrollmentRequired)
		page = b.post("/stepup/authenticator", page.fields()).wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentStarted)
		page = b.enter(page, wrong(s.emu.TOTPCode(member))).wantPage(422, contract.StateAuthenticator, contract.CodeIncorrect)
		codes := s.emu.RecoveryCodes(member)
		page = b.enter(page, s.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified).wantBody(codes...)
		b.press(page).wantStatus(200)
		s.wantOrders("/pay to=acme")
	})
}

// The name is anybody's who may call an organization as they like.
func TestTheNameOfAnOrganizationIsNothingButAName(t *testing.T) {
	for _, name := range []string{
		"Acme", "Smith & Sons", "A=B", "50% off", "a+b", "C# Club", "what?", "a/b", "one: two", "Größe 漢字", `"><script>`,
		"x&secret=AAAAAAAA", "x?secret=AAAAAAAA", "x%26secret=AAAAAAAA", "a:mallory@example.com",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, settingUp)
				organization := a.emu.AddOrganization(stytchtest.Organization{Name: name})
				member := a.emu.AddMember(stytchtest.WithoutPhone(), stytchtest.InOrganization(organization), stytchtest.WithEmail("ada+test@example.com"))
				_, uri := a.browser(a.emu.SignIn(member)).beginSetup().setup()
				head, query, _ := strings.Cut(uri, "?")
				values, err := url.ParseQuery(query)
				if err != nil {
					t.Fatal(err)
				}
				if got := values["issuer"]; len(values) != 2 || len(values["secret"]) != 1 || len(got) != 1 || got[0] != name {
					t.Errorf("the fields are %q", values)
				}
				if strings.Contains(query, "+") {
					t.Errorf("an app that knows no forms reads a plus sign: %s", query)
				}
				issuer, account, _ := strings.Cut(strings.TrimPrefix(head, "otpauth://totp/"), ":")
				for text, want := range map[string]string{issuer: name, account: "ada+test@example.com"} {
					if got, err := url.PathUnescape(text); err != nil || got != want || strings.ContainsAny(text, "/:+&=") {
						t.Errorf("the label holds %q, want %q", text, want)
					}
				}
			})
		})
	}
	t.Run("unless the app has one of its own", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, settingUp, func(c *stepup.Config) { c.Enroll.Issuer = "Treasury" })
			_, uri := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone()))).beginSetup().setup()
			if !strings.HasPrefix(uri, "otpauth://totp/Treasury:") || !strings.HasSuffix(uri, "&issuer=Treasury") {
				t.Errorf("got %s", uri)
			}
		})
	})
}

// Whoever steals a password must not be able to put their own app beside the
// member's phone.
func TestWhoMayAddAnAuthenticatorApp(t *testing.T) {
	phone, app := []stytchtest.MemberOption(nil), []stytchtest.MemberOption{stytchtest.WithTOTP()}
	bare := []stytchtest.MemberOption{stytchtest.WithoutPhone()}
	fresh := func(kind, method string, age time.Duration) stytchtest.SignInOption {
		return stytchtest.WithFactor(kind, method, age)
	}
	for _, tt := range []struct {
		name   string
		adds   stepup.Method
		member []stytchtest.MemberOption
		signIn []stytchtest.SignInOption
		may    bool
	}{
		{"a member who has just signed in", stepup.TOTP, bare, nil, true},
		{"a member who signed in five minutes ago", stepup.TOTP, bare, []stytchtest.SignInOption{fresh("password", "knowledge", 5*time.Minute)}, false},
		{"a member with a phone that this session has not proved", stepup.TOTP, phone, nil, false},
		{"a member with a phone that this session has proved", stepup.TOTP, phone, []stytchtest.SignInOption{fresh("otp", "sms", time.Minute)}, true},
		{"a member with a phone that this session has proved too long ago", stepup.TOTP, phone,
			[]stytchtest.SignInOption{fresh("otp", "sms", 5*time.Minute), fresh("password", "knowledge", 0)}, false},
		{"a member with a phone that this session has proved, who signed in too long ago", stepup.TOTP, phone,
			[]stytchtest.SignInOption{fresh("otp", "sms", 0), fresh("password", "knowledge", time.Hour)}, false},
		{"a member whose number was never proved", stepup.TOTP, []stytchtest.MemberOption{stytchtest.WithUnverifiedPhone("+14155550123")}, nil, true},
		{"a number, of a member with an app that this session has not proved", stepup.SMS, append(bare, app...), nil, false},
		{"a number, of a member with an app that this session has proved", stepup.SMS, append(bare, app...),
			[]stytchtest.SignInOption{fresh("totp", "authenticator_app", time.Minute)}, true},
		{"a number, of a member who has lost the app and used a recovery code", stepup.SMS, append(bare, app...),
			[]stytchtest.SignInOption{fresh("recovery_codes", "recovery_code", time.Minute)}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, accepting(tt.adds), enrolling(stepup.Enrollment{Methods: []stepup.Method{stepup.SMS, stepup.TOTP}}))
				member := a.emu.AddMember(tt.member...)
				b := a.browser(a.emu.SignIn(member, tt.signIn...))
				page := b.get("/payouts")
				path, body, begun := "/stepup/authenticator", `{"policy":"money"}`, contract.CodeEnrollmentStarted
				if tt.adds == stepup.SMS {
					path, body, begun = "/stepup/phone", `{"policy":"money","phone":"+14155550123"}`, contract.CodeChallengePending
				}
				answer := b.fetch("POST", path, body)
				if tt.may {
					page.wantStatus(200)
					answer.wantCode(200, begun)
					return
				}
				page.wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
				answer.wantCode(403, contract.CodeFactorNotEnrolled)
				if a.calls("/totp")+a.calls("otps/sms/send") != 0 {
					t.Error("Stytch was asked to add it")
				}
			})
		})
	}
	t.Run("nobody, where the app does not say so", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			for _, config := range []func(*stepup.Config){func(*stepup.Config) {}, enrolling(stepup.Enrollment{})} {
				a := newApp(t, accepting(stepup.TOTP), config)
				b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone())))
				page := b.get("/payouts").wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
				b.post("/stepup/authenticator", page.fields()).wantStatus(404)
			}
		})
	})
	t.Run("nobody in an organization that does not allow it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, settingUp)
			organization := a.emu.AddOrganization(stytchtest.Organization{MFAMethods: []string{"sms_otp"}})
			b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone(), stytchtest.InOrganization(organization))))
			b.get("/payouts").wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
			b.fetch("POST", "/stepup/authenticator", `{"policy":"money"}`).wantCode(403, contract.CodeFactorNotEnrolled)
		})
	})
	t.Run("nobody for whom staff act", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, settingUp)
			b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone()), stytchtest.WithImpersonation()))
			b.fetch("POST", "/stepup/authenticator", `{"policy":"money"}`).wantCode(403, contract.CodeImpersonation)
		})
	})
	t.Run("nobody whom another site sent", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, settingUp)
			b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone())))
			form := b.get("/payouts").fields()
			b.post("/stepup/authenticator", form, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example").wantPage(403, contract.StateCrossOrigin, contract.CodeCrossOrigin)
			b.get("/stepup/authenticator?policy=money").wantStatus(405)
			if a.calls("/totp") != 0 {
				t.Error("an app was registered")
			}
		})
	})
}

// A setup that was begun with a stolen password must not be finished once the
// member has added a factor.
func TestASetupEndsWhenTheMemberGetsAnotherFactor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp)
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		thief := a.browser(a.emu.SignIn(member))
		page := thief.beginSetup()
		time.Sleep(time.Minute)
		a.emu.SetPhone(member, "+14155550123", true) // by the member, elsewhere
		thief.enter(page, a.emu.TOTPCode(member)).wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
		if a.emu.Member(member.ID).TOTPRegistrationID != "" || a.calls("totp/authenticate") != 0 {
			t.Error("the thief's app is a factor")
		}
	})
}

// The member may take longer than the sign-in stays fresh.
func TestASetupMayTakeLongerThanTheSignInIsFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp)
		for _, option := range []stytchtest.MemberOption{stytchtest.WithoutPhone(), stytchtest.WithName("Ada")} {
			member := a.emu.AddMember(option)
			b := a.browser(a.emu.SignIn(member, withFreshSMS()))
			page := b.beginSetup()
			time.Sleep(10 * time.Minute)
			b.enter(page, a.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified)
		}
	})
}

// Only the page that shows the secret can bring its first passcode.
func TestTheFirstPasscodeOfAnAppNeedsItsSetup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp)
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		page := b.beginSetup()
		for _, body := range []string{
			fmt.Sprintf(`{"policy":"money","code":%q}`, a.emu.TOTPCode(member)),
			fmt.Sprintf(`{"policy":"money","method":"totp/authenticator_app","code":%q}`, a.emu.TOTPCode(member)),
		} {
			b.fetch("POST", "/stepup/", body).wantCode(403, contract.CodeEnrollmentRequired)
			a.bearer(a.emu.SignIn(member).JWT).call("POST", "/stepup/", body).wantCode(403, contract.CodeEnrollmentRequired)
		}
		if a.calls("totp/authenticate") != 0 {
			t.Error("Stytch saw the passcode")
		}
		b.enter(page, a.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified)
	})
}

func TestASetupIsOfOneSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp)
		member, other := a.emu.AddMember(stytchtest.WithoutPhone()), a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		page := b.beginSetup()
		sealed := page.fields().Get("setup")
		for name, session := range map[string]*stytchtest.Session{
			"another session of the member": a.emu.SignIn(member), "another member": a.emu.SignIn(other),
		} {
			c := a.browser(session)
			form := c.get("/payouts").fields() // that names the session
			form.Set("setup", sealed)
			form.Set("code", a.emu.TOTPCode(member))
			if r := c.post("/stepup/", form); r.status != 409 {
				t.Errorf("%s: got %d", name, r.status)
			}
			c.fetch("POST", "/stepup/", fmt.Sprintf(`{"policy":"money","setup":%q,"code":%q}`, sealed, a.emu.TOTPCode(member))).wantCode(409, contract.CodeMemberMismatch)
		}
		for _, junk := range []string{"junk", ".", sealed + "A", sealed[:len(sealed)-4], "AA" + sealed} {
			form := page.fields()
			form.Set("setup", junk)
			form.Set("code", a.emu.TOTPCode(member))
			b.post("/stepup/", form).wantPage(409, contract.StateOtherMember, contract.CodeMemberMismatch)
		}
		if a.calls("totp/authenticate") != 0 {
			t.Error("Stytch saw a passcode")
		}
		b.enter(page, a.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified)
	})
}

func TestASetupThatWasLeftBehindIsBegunAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp)
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		first := b.beginSetup()
		old, _ := first.setup()
		oldCodes, oldCode := a.emu.RecoveryCodes(member), a.emu.TOTPCode(member)
		second := b.beginSetup()
		secret, _ := second.setup()
		codes := a.emu.RecoveryCodes(member)
		if secret == old {
			t.Fatal("the secret was shown twice")
		}
		b.enter(first, oldCode).wantPage(422, contract.StateAuthenticator, contract.CodeIncorrect)
		// The member may type the new passcode into the old page. The recovery codes
		// of that would be worth nothing.
		b.enter(first, a.emu.TOTPCode(member)).wantRedirect("/payouts")
		if a.shown(oldCodes...) != 0 {
			t.Error("recovery codes are shown that do not work")
		}
		if a.shown(codes...) != 0 {
			t.Error("the page knows recovery codes that it cannot know")
		}
		if a.emu.Member(member.ID).TOTPRegistrationID == "" {
			t.Error("the app is no factor")
		}
	})
}

// Between two calls the app may have become a factor, which must not be deleted.
func TestAnAppThatHasBecomeAFactorIsNotDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp)
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		one, two := a.browser(a.emu.SignIn(member)), a.browser(a.emu.SignIn(member))
		page := one.beginSetup()
		form := two.get("/payouts").wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentRequired).fields()
		a.emu.Fail(stytchtest.Fault{Path: "totp", AfterEffect: true, Delay: time.Second})
		answer := make(chan reply)
		go func() { answer <- two.post("/stepup/authenticator", form) }()
		time.Sleep(500 * time.Millisecond)
		one.enter(page, a.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified)
		two.follow(<-answer).wantPage(200, contract.StateCode, contract.CodeStepUpRequired).wantBody("authenticator app")
		if a.emu.Member(member.ID).TOTPRegistrationID == "" {
			t.Error("the app was deleted")
		}
		// The same where Stytch says at once that there is one.
		other := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(other))
		form = b.get("/payouts").fields()
		a.emu.Fail(stytchtest.Fault{Path: "totp", ErrorType: "active_totp_exists"})
		b.post("/stepup/authenticator", form).wantRedirect("/stepup/?next=%2Fpayouts&policy=money")
		for _, call := range a.emu.Calls() {
			if call.Method == "DELETE" {
				t.Errorf("got %s %s", call.Method, call.Path)
			}
		}
	})
}

func TestAnOldPageThatOffersAnAppLeadsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, accepting(stepup.TOTP, stepup.SMS), enrolling(stepup.Enrollment{Methods: []stepup.Method{stepup.TOTP, stepup.SMS}}))
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		page := b.get("/payouts").wantPage(200, contract.StatePhone, contract.CodeEnrollmentRequired)
		a.emu.SetPhone(member, "+14155550123", true)
		time.Sleep(3 * time.Second)
		b.follow(b.post("/stepup/authenticator", page.fields())).wantPage(200, contract.StateAsk, contract.CodeStepUpRequired)
		if a.calls("/totp") != 0 {
			t.Error("an app was registered")
		}
	})
}

func TestSetupsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp, func(c *stepup.Config) { c.Enroll.PrimaryMaxAge = time.Hour })
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		offer := b.get("/payouts")
		for range 9 {
			b.post("/stepup/authenticator", offer.fields()).wantStatus(200)
		}
		a.browser(a.emu.SignIn(member)).beginSetup() // over all sessions
		r := b.post("/stepup/authenticator", offer.fields()).wantPage(429, contract.StateAuthenticator, contract.CodeResendCooldown)
		if r.header.Get("Retry-After") != "3600" {
			t.Errorf("got Retry-After %q", r.header.Get("Retry-After"))
		}
		if text := r.text(); !strings.Contains(text, "Try again in 60 minutes.") || strings.Contains(text, "ask for a new code") {
			t.Errorf("the page says %s", text)
		}
		b.fetch("POST", "/stepup/authenticator", `{"policy":"money"}`).wantCode(429, contract.CodeResendCooldown)
		if n := a.calls("/v1/b2b/totp"); n != 19 { // each but the first finds one that must go
			t.Errorf("%d registrations were tried, want 19", n)
		}
		time.Sleep(time.Hour)
		a.browser(a.emu.SignIn(member)).beginSetup()
	})
}

// What Stytch surely did not do counts for nothing.
func TestAnOutageCostsNoSetup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp)
		b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone())))
		offer := b.get("/payouts")
		a.emu.Fail(stytchtest.Fault{Path: "totp", Unreachable: true, Times: 20})
		for range 20 {
			b.post("/stepup/authenticator", offer.fields()).wantPage(503, contract.StateUnavailable, contract.CodeProviderUnavailable)
		}
		b.beginSetup()
	})
}

// Two presses of the button are one registration: the one whose page the browser
// does not show must not take the secret of the other away.
func TestADoubleClickBeginsOneSetup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp)
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		session := a.emu.SignIn(member)
		form := a.browser(session).get("/payouts").fields()
		a.emu.Fail(stytchtest.Fault{Path: "totp", AfterEffect: true, Delay: time.Second})
		done := make(chan reply)
		for range 2 {
			go func() { done <- a.browser(session).post("/stepup/authenticator", form) }()
		}
		one, two := <-done, <-done
		first, _ := one.wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentStarted).setup()
		if second, _ := two.wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentStarted).setup(); first != second {
			t.Error("one of the pages shows a secret that is worth nothing")
		}
		a.browser(session).enter(two, a.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified)
	})
}

// The registration ends before the session does.
func TestASetupThatStytchHasForgottenIsOfferedAnew(t *testing.T) {
	for _, kind := range []string{"expired_totp", "totp_not_found"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, settingUp)
				member := a.emu.AddMember(stytchtest.WithoutPhone())
				b := a.browser(a.emu.SignIn(member))
				page := b.beginSetup()
				secret, _ := page.setup()
				a.emu.Fail(stytchtest.Fault{Path: "totp/authenticate", ErrorType: kind, Times: 2})
				offer := b.enter(page, a.emu.TOTPCode(member)).wantPage(403, contract.StateAuthenticator, contract.CodeEnrollmentRequired)
				if strings.Contains(offer.body, secret) || offer.fields().Has("setup") {
					t.Error("the page still shows the setup")
				}
				d := b.fetch("POST", "/stepup/", fmt.Sprintf(`{"policy":"money","setup":%q,"code":"123456"}`, page.fields().Get("setup"))).wantCode(403, contract.CodeEnrollmentRequired)
				if links, _ := d["links"].(map[string]any); links["authenticator"] == nil || d["setup"] != nil {
					t.Errorf("got %v", d)
				}
				page = b.post("/stepup/authenticator", offer.fields()).wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentStarted)
				b.enter(page, a.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified)
			})
		})
	}
}

// Where the policy asks for more than the new app, the recovery codes are shown all
// the same: there is no second time.
func TestTheRecoveryCodesAreShownBeforeThePolicyIsSatisfied(t *testing.T) {
	policy := func(c *stepup.Config) {
		settingUp(c)
		c.Policies[0].AllOf = []stepup.Requirement{{{Method: stepup.SMS, MaxAge: 30 * time.Second}}}
	}
	t.Run("on a page", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, policy)
			member := a.emu.AddMember()
			b := a.browser(a.emu.SignIn(member, withFreshSMS()))
			page := b.beginSetup()
			codes := a.emu.RecoveryCodes(member)
			b.enter(page, a.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeStepUpRequired).wantBody(append(codes, `href="/payouts"`)...)
			if a.payouts.Load() != 0 {
				t.Error("the handler behind the guard ran")
			}
			// The button leads to what is still asked for.
			b.enter(b.challenge().wantPage(200, contract.StateCode, contract.CodeChallengePending), a.emu.LastCode(member)).wantRedirect("/payouts")
			b.get("/payouts").wantStatus(200)
		})
	})
	t.Run("with a form that waits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t, policy)
			member := s.emu.AddMember()
			b := s.browser(s.emu.SignIn(member, withFreshSMS()))
			page := b.submit("/pay", "to=acme").wantPage(403, contract.StateAuthenticator, contract.CodeEnrollmentRequired)
			page = b.post("/stepup/authenticator", page.fields())
			codes := s.emu.RecoveryCodes(member)
			page = b.enter(page, s.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeStepUpRequired).wantBody(codes...)
			if s.count(stepup.EventResumed) != 0 {
				t.Error("a form was resumed that may not be sent yet")
			}
			page = b.press(page).wantPage(401, contract.StateAsk, contract.CodeStepUpRequired)
			s.wantOrders()
			b.press(b.stepUp(page, member)).wantStatus(200)
			s.wantOrders("/pay to=acme")
		})
	})
	t.Run("as JSON", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, policy)
			member := a.emu.AddMember()
			c := a.bearer(a.emu.SignIn(member, withFreshSMS()).JWT)
			d := c.call("POST", "/stepup/authenticator", `{"policy":"money"}`).wantCode(200, contract.CodeEnrollmentStarted)
			setup, _ := d["setup"].(map[string]any)
			d = c.call("POST", "/stepup/", fmt.Sprintf(`{"policy":"money","setup":%q,"code":%q}`, setup["sealed"], a.emu.TOTPCode(member))).wantCode(401, contract.CodeStepUpRequired)
			if codes, _ := d["recovery_codes"].([]any); len(codes) != 10 || d["method"] != string(stepup.SMS) || d["session_jwt"] == nil {
				t.Errorf("got %v", d)
			}
		})
	})
}

// A proof that is good for one request is one even if it was the first of its
// factor.
func TestAnAppThatIsSetUpForOneRequestIsGoodForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp, func(c *stepup.Config) { c.Policies[0].EveryTime = true })
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		page := b.beginSetup()
		b.enter(page, a.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified).wantBody(a.emu.RecoveryCodes(member)...)
		b.get("/payouts").wantStatus(200)
		b.get("/payouts").wantStatus(http.StatusSeeOther)
	})
}

func TestWithoutALimiterNothingIsSetUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, settingUp, func(c *stepup.Config) { c.Limiter = &faultyLimiter{} })
		b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone())))
		offer := b.get("/payouts")
		b.post("/stepup/authenticator", offer.fields()).wantPage(503, contract.StateUnavailable, contract.CodeProviderUnavailable)
		if a.calls("/totp") != 0 {
			t.Error("an app was registered")
		}
	})
}

func TestASetupThatStytchRefuses(t *testing.T) {
	for _, fault := range everyFault("totp") {
		if fault.Tamper != "" { // there is no session in the answer
			continue
		}
		t.Run(fmt.Sprint(fault.Status, fault.ErrorType, fault.HangUp, fault.Unreachable, fault.Delay), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, settingUp)
				member := a.emu.AddMember(stytchtest.WithoutPhone())
				b := a.browser(a.emu.SignIn(member))
				offer := b.get("/payouts")
				a.emu.Fail(fault)
				r := b.post("/stepup/authenticator", offer.fields())
				if r.status < 400 || r.fields().Get("setup") != "" {
					t.Errorf("got %d:\n%s", r.status, r.body)
				}
			})
		})
	}
	t.Run("with another member in the answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, settingUp)
			member, other := a.emu.AddMember(stytchtest.WithoutPhone()), a.emu.AddMember(stytchtest.WithoutPhone())
			b := a.browser(a.emu.SignIn(member))
			offer := b.get("/payouts")
			body, err := json.Marshal(map[string]any{
				"request_id": "r", "status_code": 200, "member_id": other.ID, "totp_registration_id": "t", "secret": "AAAABBBBCCCCDDDD",
				"recovery_codes": []string{"a-b-c"}, "member": map[string]any{"member_id": other.ID, "organization_id": other.OrganizationID},
				"organization": map[string]any{"organization_id": other.OrganizationID},
			})
			if err != nil {
				t.Fatal(err)
			}
			a.emu.Fail(stytchtest.Fault{Path: "totp", Status: 200, Body: string(body)})
			r := b.post("/stepup/authenticator", offer.fields()).wantPage(503, contract.StateUnavailable, contract.CodeProviderUnavailable)
			if strings.Contains(r.body, "AAAABBBB") {
				t.Error("the secret of another member is shown")
			}
		})
	})
}
