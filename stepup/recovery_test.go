package stepup_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// recovering is a configuration whose policy takes recovery codes beside apps.
func recovering(c *stepup.Config) { accepting(stepup.TOTP, stepup.RecoveryCode)(c) }

// recover opens the page that asks for a recovery code.
func (b *browser) recover() reply {
	b.app.t.Helper()
	return b.follow(b.use(b.challenge(), stepup.RecoveryCode)).wantPage(200, contract.StateCode, contract.CodeStepUpRequired)
}

func TestEveryRecoveryCodeWorksOnceUntilNoneIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, recovering)
		member := a.emu.AddMember(stytchtest.WithTOTP())
		codes := a.emu.RecoveryCodes(member)
		for i, code := range codes {
			left := len(codes) - 1 - i
			b := a.browser(a.emu.SignIn(member))
			page := b.enter(b.recover(), code).wantPage(200, contract.StateContinue, contract.CodeVerified)
			says := fmt.Sprintf("You have %d recovery codes left.", left)
			switch left {
			case 1:
				says = "You have 1 recovery code left."
			case 0:
				says = "You have no recovery codes left."
			}
			page.wantBody("You used a recovery code", says, `href="/payouts"`)
			if warns := strings.Contains(page.body, "Get new ones soon."); warns != (left <= 2) {
				t.Errorf("with %d left, the page warns: %v", left, warns)
			}
			b.get("/payouts").wantStatus(200)
		}
		b := a.browser(a.emu.SignIn(member))
		b.enter(b.recover(), codes[0]).wantPage(422, contract.StateCode, contract.CodeIncorrect)
		b.get("/payouts").wantStatus(http.StatusSeeOther)
		for _, kind := range []stepup.EventKind{stepup.EventVerified, stepup.EventRecovered} {
			events := a.eventsOf(kind, "")
			if len(events) != len(codes) {
				t.Fatalf("%d events %s, want %d", len(events), kind, len(codes))
			}
			for _, e := range events {
				if e.Method != stepup.RecoveryCode || e.Policy != "money" || e.MemberID != member.ID {
					t.Errorf("got %+v", e)
				}
			}
		}
		if n := strings.Count(a.log.String(), `"level":"WARN","msg":"stepup: recovered"`); n != len(codes) {
			t.Errorf("%d warnings were logged, want %d", n, len(codes))
		}
		a.wantNoneOf(codes...)
	})
}

func TestAProgramHearsHowManyRecoveryCodesAreLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, recovering)
		member := a.emu.AddMember(stytchtest.WithTOTP())
		codes := a.emu.RecoveryCodes(member)
		for i, code := range codes {
			d := a.bearer(a.emu.SignIn(member).JWT).call("POST", "/stepup/", fmt.Sprintf(`{"policy":"money","method":"recovery_codes/recovery_code","code":%q}`, code)).
				wantCode(200, contract.CodeVerified)
			if d["recovery_codes_remaining"] != float64(len(codes)-1-i) || d["method"] != string(stepup.RecoveryCode) || d["recovery_codes"] != nil {
				t.Errorf("after %d codes: %v", i+1, d)
			}
		}
		// Of other factors nothing is said of them.
		other := a.emu.AddMember(stytchtest.WithTOTP())
		d := a.bearer(a.emu.SignIn(other).JWT).call("POST", "/stepup/", fmt.Sprintf(`{"policy":"money","code":%q}`, a.emu.TOTPCode(other))).wantCode(200, contract.CodeVerified)
		if _, said := d["recovery_codes_remaining"]; said {
			t.Errorf("got %v", d)
		}
	})
}

func TestRecoveryCodesAsTheyAreTyped(t *testing.T) {
	for _, tt := range []struct {
		name string
		typ  func(code string) string
		code contract.Code // "" = right
	}{
		{"as it is", func(code string) string { return code }, ""},
		{"with space around", func(code string) string { return " \t" + code + "\r\n" }, ""},
		{"with a space in it", func(code string) string { return strings.Replace(code, "-", " ", 1) }, contract.CodeMalformed},
		{"nothing", func(string) string { return "" }, contract.CodeMalformed},
		{"space", func(string) string { return "    " }, contract.CodeMalformed},
		{"too short", func(code string) string { return code[:3] }, contract.CodeMalformed},
		{"too long", func(code string) string { return strings.Repeat("a", 129) }, contract.CodeMalformed},
		{"the longest that is tried", func(code string) string { return strings.Repeat("a", 128) }, contract.CodeIncorrect},
		{"in letters that no code has", func(code string) string { return "é" + code }, contract.CodeMalformed},
		{"with a NUL", func(code string) string { return code + "\x00" }, contract.CodeMalformed},
		{"a passcode of an app", func(string) string { return "123456" }, contract.CodeIncorrect},
		{"one of somebody else", func(string) string { return "aaaa-bbbb-cccc" }, contract.CodeIncorrect},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, recovering)
				member := a.emu.AddMember(stytchtest.WithTOTP())
				b := a.browser(a.emu.SignIn(member))
				page := b.enter(b.recover(), tt.typ(a.emu.RecoveryCodes(member)[0]))
				judged := 1
				switch tt.code {
				case "":
					page.wantPage(200, contract.StateContinue, contract.CodeVerified)
				case contract.CodeMalformed:
					judged = 0
					page.wantPage(422, contract.StateCode, tt.code).wantBody("Enter a recovery code just as you wrote it down.")
				default:
					page.wantPage(422, contract.StateCode, tt.code)
					if got := page.fields().Get("code"); got != "" {
						t.Errorf("what was judged is still in the field: %q", got)
					}
				}
				if n := a.calls("recovery_codes/recover"); n != judged {
					t.Errorf("Stytch saw %d codes, want %d", n, judged)
				}
			})
		})
	}
}

func TestARecoveryCodeIsNoPasscodeOfAnApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, recovering)
		member := a.emu.AddMember(stytchtest.WithTOTP())
		b := a.browser(a.emu.SignIn(member))
		b.enter(b.challenge(), a.emu.RecoveryCodes(member)[0]).wantPage(422, contract.StateCode, contract.CodeMalformed)
		if n := len(a.emu.RecoveryCodes(member)); n != 10 {
			t.Errorf("%d codes are left, want 10", n)
		}
	})
}

// A session that holds the proof of a recovery code satisfies a policy that names
// it, and no other.
func TestARecoveryCodeCountsWhereAPolicyNamesIt(t *testing.T) {
	for _, tt := range []struct {
		methods []stepup.Method
		counts  bool
	}{
		{nil, false},
		{[]stepup.Method{stepup.SMS, stepup.TOTP}, false},
		{[]stepup.Method{stepup.TOTP, stepup.RecoveryCode}, true},
	} {
		t.Run(fmt.Sprint(tt.methods), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, accepting(tt.methods...))
				member := a.emu.AddMember(stytchtest.WithTOTP())
				b := a.browser(a.emu.SignIn(member, stytchtest.WithFactor("recovery_codes", "recovery_code", time.Minute)))
				want := http.StatusSeeOther
				if tt.counts {
					want = http.StatusOK
				}
				b.get("/payouts").wantStatus(want)
				if tt.counts {
					return
				}
				// Nor does the member get there by one.
				form := b.challenge().fields()
				form.Set("method", string(stepup.RecoveryCode))
				form.Set("code", a.emu.RecoveryCodes(member)[0])
				b.post("/stepup/", form)
				form.Set("use", string(stepup.RecoveryCode))
				page := b.follow(b.post("/stepup/use", form))
				if strings.Contains(page.text(), "recovery code") || len(a.emu.RecoveryCodes(member)) != 10 {
					t.Errorf("a recovery code was asked for, or used: %s", page.text())
				}
			})
		})
	}
}

// The code is used up, and the member must not need another.
func TestALostReplyToARecoveryCodeIsRecovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, recovering)
		member := a.emu.AddMember(stytchtest.WithTOTP())
		b := a.browser(a.emu.SignIn(member))
		page := b.recover()
		a.emu.Fail(stytchtest.Fault{Path: "recovery_codes/recover", AfterEffect: true, HangUp: true})
		b.enter(page, a.emu.RecoveryCodes(member)[0]).wantRedirect("/payouts") // how many are left is not known
		b.get("/payouts").wantStatus(200)
		if n := a.count(stepup.EventRecovered); n != 1 {
			t.Errorf("%d recoveries were reported, want 1", n)
		}
	})
}

func TestAnOutageCostsNoRecoveryCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, recovering)
		member := a.emu.AddMember(stytchtest.WithTOTP())
		b := a.browser(a.emu.SignIn(member))
		page := b.recover()
		a.emu.Fail(stytchtest.Fault{Path: "recovery_codes/recover", Unreachable: true})
		code := a.emu.RecoveryCodes(member)[0]
		down := b.enter(page, code).wantPage(503, contract.StateUnavailable, contract.CodeProviderUnavailable)
		b.post("/stepup/", down.fields()).wantPage(200, contract.StateContinue, contract.CodeVerified).wantBody("9 recovery codes left")
	})
}

func TestADoubleClickUsesOneRecoveryCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, recovering)
		member := a.emu.AddMember(stytchtest.WithTOTP())
		session := a.emu.SignIn(member)
		page, code := a.browser(session).recover(), a.emu.RecoveryCodes(member)[0]
		a.emu.Fail(stytchtest.Fault{Path: "recovery_codes/recover", Delay: time.Second})
		done := make(chan reply)
		for range 3 {
			go func() { done <- a.browser(session).enter(page, code) }()
		}
		for range 3 {
			(<-done).wantPage(200, contract.StateContinue, contract.CodeVerified).wantBody("9 recovery codes left")
		}
		if n := a.calls("recovery_codes/recover"); n != 1 || a.count(stepup.EventRecovered) != 1 {
			t.Errorf("Stytch saw the code %d times, and the events are %v", n, a.kinds())
		}
	})
}

// How many are left is said once, even if the policy asks for more.
func TestHowManyAreLeftIsSaidBeforeThePolicyIsSatisfied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, recovering, func(c *stepup.Config) {
			c.Policies[0].AllOf = []stepup.Requirement{{{Method: stepup.SMS, MaxAge: time.Minute}}}
		})
		member := a.emu.AddMember(stytchtest.WithTOTP())
		b := a.browser(a.emu.SignIn(member))
		b.enter(b.recover(), a.emu.RecoveryCodes(member)[0]).wantPage(200, contract.StateContinue, contract.CodeStepUpRequired).wantBody("9 recovery codes left", `href="/payouts"`)
		b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
	})
}
