package stepup_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

func enrolling(e stepup.Enrollment) func(*stepup.Config) {
	return func(c *stepup.Config) { c.Enroll = &e }
}

// numbersSent are the mfa_phone_numbers that Stytch got, in any call: "" for a
// message to the number on file.
func (a *app) numbersSent() (numbers []string) {
	a.t.Helper()
	for _, call := range a.emu.Calls() {
		body := map[string]any{}
		if len(call.Body) > 0 {
			if err := json.Unmarshal(call.Body, &body); err != nil {
				a.t.Fatal(err)
			}
		}
		number, named := body["mfa_phone_number"]
		switch {
		case strings.HasSuffix(call.Path, "otps/sms/send"):
			text, _ := number.(string)
			numbers = append(numbers, text)
		case named:
			a.t.Errorf("%s got a phone number", call.Path)
		}
	}
	return numbers
}

func (a *app) wantNumbersSent(want ...string) {
	a.t.Helper()
	if got := a.numbersSent(); !slices.Equal(got, want) {
		a.t.Fatalf("messages were asked for to %q, want %q", got, want)
	}
}

// typePhone fills in the phone form.
func (b *browser) typePhone(page reply, number string) reply {
	b.app.t.Helper()
	form := page.fields()
	form.Set("phone", number)
	return b.post("/stepup/phone", form)
}

func TestAMemberAddsAPhoneNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{}))
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))

		page := b.get("/payouts").wantPage(200, contract.StatePhone, contract.CodeEnrollmentRequired)
		a.wantNumbersSent()
		code := b.follow(b.typePhone(page, " +1 (415) 555-0123 ").wantRedirect("/stepup/?next=%2Fpayouts&policy=money"))
		code.wantPage(200, contract.StateCode, contract.CodeChallengePending).wantBody("ending 23")
		a.wantNumbersSent("+14155550123")
		if a.emu.Member(member.ID).PhoneVerified {
			t.Fatal("the number counts as proved before a passcode came back")
		}
		b.get("/payouts").wantPage(200, contract.StatePhone, contract.CodeEnrollmentRequired)

		b.enter(code, wrong(a.emu.LastCode(member))).wantPage(422, contract.StateCode, contract.CodeIncorrect)
		if slices.Contains(a.kinds(), stepup.EventEnrolled) {
			t.Error("an event reports an enrollment that did not happen")
		}
		b.enter(code, a.emu.LastCode(member)).wantRedirect("/payouts")
		b.get("/payouts").wantStatus(200).wantBody("payouts of " + member.ID)
		if now := a.emu.Member(member.ID); now.PhoneNumber != "+14155550123" || !now.PhoneVerified {
			t.Errorf("the member has %q, verified %v", now.PhoneNumber, now.PhoneVerified)
		}
		if kinds := a.kinds(); !slices.Contains(kinds, stepup.EventEnrolled) || !slices.Contains(kinds, stepup.EventVerified) {
			t.Errorf("the events are %v", kinds)
		}
		// From now on it is a number like any other.
		time.Sleep(time.Hour)
		b = a.browser(a.emu.SignIn(member))
		b.enter(b.challenge().wantPage(200, contract.StateCode, contract.CodeChallengePending), a.emu.LastCode(member)).wantRedirect("/payouts")
		a.wantNumbersSent("+14155550123", "")
		if n := strings.Count(strings.Join(a.pages, ""), "415555"); n != 0 {
			t.Errorf("the number is in %d pages", n)
		}
	})
}

func TestProgramsAddAPhoneNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{}))
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		b.fetch("POST", "/payouts", `{}`).wantCode(401, contract.CodeStepUpRequired)
		d := b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantCode(403, contract.CodeEnrollmentRequired)
		links, _ := d["links"].(map[string]any)
		if links["phone"] != "/stepup/phone" {
			t.Fatalf("the links are %v", links)
		}
		b.fetch("POST", "/stepup/phone", `{"policy":"money","phone":"hello"}`).wantCode(422, contract.CodePhoneInvalid)
		d = b.fetch("POST", "/stepup/phone", `{"policy":"money","phone":"+1 415 555 0123"}`).wantCode(200, contract.CodeChallengePending)
		if c, _ := d["challenge"].(map[string]any); c["phone_ending"] != "23" || c["expires_in"] != 120.0 {
			t.Errorf("the challenge is %v", c)
		}
		b.fetch("POST", "/stepup/", `{"policy":"money","code":"`+a.emu.LastCode(member)+`"}`).wantCode(200, contract.CodeVerified)
		b.fetch("POST", "/payouts", `{}`).wantStatus(200)
		if !slices.Contains(a.kinds(), stepup.EventEnrolled) || !a.emu.Member(member.ID).PhoneVerified {
			t.Errorf("the number is not enrolled: %v", a.kinds())
		}
		a.wantNumbersSent("+14155550123")
	})
}

func TestAFormSurvivesAnEnrollment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, enrolling(stepup.Enrollment{}))
		member := s.emu.AddMember(stytchtest.WithoutPhone())
		b := s.browser(s.emu.SignIn(member))
		page := b.submit("/pay", "to=acme").wantPage(403, contract.StatePhone, contract.CodeEnrollmentRequired)
		page.wantBody("Your form is kept.")
		page = b.typePhone(page, "0").wantPage(422, contract.StatePhone, contract.CodePhoneInvalid)
		page = b.typePhone(page, "+14155550123").wantPage(200, contract.StateCode, contract.CodeChallengePending)
		page = b.enter(page, s.emu.LastCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified)
		b.press(page).wantStatus(200)
		s.wantOrders("/pay to=acme")
	})
}

// A thief with a stolen session could enroll a phone of their own, and step up
// with it: by default nobody can.
func TestByDefaultNobodyAddsAPhoneNumber(t *testing.T) {
	for _, tt := range []struct {
		name   string
		option stytchtest.MemberOption
	}{
		{"no number", stytchtest.WithoutPhone()},
		{"a number that was never proved", stytchtest.WithUnverifiedPhone("+14155550199")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				member := a.emu.AddMember(tt.option)
				b := a.browser(a.emu.SignIn(member))
				page := b.get("/payouts").wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
				b.typePhone(page, "+14155550123").wantStatus(404)
				b.fetch("POST", "/stepup/phone", `{"policy":"money","phone":"+14155550123"}`).wantStatus(404)
				for _, smuggled := range []url.Values{{"phone": {"+14155550123"}}, {"mfa_phone_number": {"+14155550123"}}} {
					form := page.fields()
					for name := range smuggled {
						form.Set(name, smuggled.Get(name))
					}
					b.post("/stepup/send?"+smuggled.Encode(), form).wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
					b.post("/stepup/", form)
					b.get("/payouts?" + smuggled.Encode())
				}
				a.wantNumbersSent()
				if now := a.emu.Member(member.ID); now.PhoneNumber != member.PhoneNumber {
					t.Errorf("the number became %q", now.PhoneNumber)
				}
			})
		})
	}
}

func TestOnlyAMemberWhoHasJustSignedInAddsAPhoneNumber(t *testing.T) {
	const minute = time.Minute
	for _, tt := range []struct {
		kind, method string
		age          time.Duration
		max          time.Duration // PrimaryMaxAge
		may          bool
	}{
		{"password", "knowledge", minute, 0, true},
		{"magic_link", "email", minute, 0, true},
		{"email_otp", "email", minute, 0, true},
		{"sso", "sso_saml", minute, 0, true},
		{"sso", "sso_oidc", minute, 0, true},
		{"oauth", "oauth_google", minute, 0, true},
		{"oauth", "oauth_microsoft", minute, 0, true},
		// Nobody has just signed in with these.
		{"oauth", "oauth_exchange_google", minute, 0, false},
		{"oauth", "oauth_access_token_exchange", minute, 0, false},
		{"oauth", "", minute, 0, false},
		{"imported", "imported_auth0", minute, 0, false},
		{"trusted_auth_token", "trusted_token_exchange", minute, 0, false},
		{"signature", "crypto_wallet", minute, 0, false},
		{"passwords", "knowledge", minute, 0, false},
		// How long ago, to the second.
		{"password", "knowledge", 0, 0, true},
		{"password", "knowledge", 5*minute - time.Second, 0, true},
		{"password", "knowledge", 5 * minute, 0, false},
		{"magic_link", "email", time.Hour, 0, false},
		{"magic_link", "email", 20 * minute, 30 * minute, true},
		{"magic_link", "email", 30 * minute, 30 * minute, false},
		{"magic_link", "email", 61 * time.Second, minute, false},
		// From the future: Stytch's clock may be a little ahead, and no more.
		{"magic_link", "email", -4 * time.Second, 0, true},
		{"magic_link", "email", -6 * time.Second, 0, false},
	} {
		t.Run(tt.kind+" by "+tt.method+" "+tt.age.String()+" ago, allowed "+tt.max.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, enrolling(stepup.Enrollment{PrimaryMaxAge: tt.max}))
				member := a.emu.AddMember(stytchtest.WithoutPhone())
				session := a.emu.SignIn(member, stytchtest.WithFactor(tt.kind, tt.method, tt.age))
				b := a.browser(session)
				page := b.get("/payouts")
				// The form is one thing, what comes back from it another.
				typed := b.fetch("POST", "/stepup/phone", `{"policy":"money","phone":"+14155550123"}`)
				if tt.may {
					page.wantPage(200, contract.StatePhone, contract.CodeEnrollmentRequired)
					typed.wantCode(200, contract.CodeChallengePending)
					a.wantNumbersSent("+14155550123")
					return
				}
				page.wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
				typed.wantCode(403, contract.CodeFactorNotEnrolled)
				a.bearer(session.JWT).call("POST", "/stepup/phone", `{"policy":"money","phone":"+14155550123"}`).wantCode(403, contract.CodeFactorNotEnrolled)
				a.wantNumbersSent()
			})
		})
	}
}

func TestThePhoneFormExpiresWithTheSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{}))
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		page := b.get("/payouts").wantPage(200, contract.StatePhone, contract.CodeEnrollmentRequired)
		time.Sleep(5 * time.Minute)
		b.typePhone(page, "+14155550123").wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
		a.wantNumbersSent()
	})
}

func TestOthersAddNoPhoneNumber(t *testing.T) {
	const phone = `{"policy":"money","phone":"+14155550123"}`
	t.Run("staff who act for a member", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, enrolling(stepup.Enrollment{}))
			b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone()), stytchtest.WithImpersonation()))
			b.get("/payouts").wantPage(403, contract.StateImpersonated, contract.CodeImpersonation)
			b.fetch("POST", "/stepup/phone", phone).wantCode(403, contract.CodeImpersonation)
			a.wantNumbersSent()
		})
	})
	t.Run("members of an organization that allows only authenticator apps", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, enrolling(stepup.Enrollment{}))
			organization := a.emu.AddOrganization(stytchtest.Organization{MFAMethods: []string{"totp"}})
			b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone(), stytchtest.InOrganization(organization))))
			b.get("/payouts").wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
			b.fetch("POST", "/stepup/phone", phone).wantCode(403, contract.CodeFactorNotEnrolled)
			a.wantNumbersSent()
		})
	})
	t.Run("members who have proved a number", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, enrolling(stepup.Enrollment{}))
			member := a.emu.AddMember()
			b := a.browser(a.emu.SignIn(member))
			page := b.challenge().wantPage(200, contract.StateCode, contract.CodeChallengePending)
			b.follow(b.typePhone(page, "+14155550123")).wantPage(200, contract.StateCode, contract.CodeChallengePending)
			b.fetch("POST", "/stepup/phone", phone).wantCode(401, contract.CodeStepUpRequired)
			a.wantNumbersSent("")
			if now := a.emu.Member(member.ID); now.PhoneNumber != member.PhoneNumber || !now.PhoneVerified {
				t.Errorf("the number became %q", now.PhoneNumber)
			}
		})
	})
	t.Run("a locked member", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, enrolling(stepup.Enrollment{}))
			member := a.emu.AddMember(stytchtest.WithoutPhone())
			b := a.browser(a.emu.SignIn(member))
			a.emu.LockMember(member)
			b.fetch("POST", "/stepup/phone", phone).wantCode(429, contract.CodeLocked)
			a.wantNumbersSent()
		})
	})
	t.Run("another site", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, enrolling(stepup.Enrollment{}))
			b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone())))
			form := b.get("/payouts").wantStatus(200).fields()
			form.Set("phone", "+14155550123")
			b.post("/stepup/phone", form, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example").wantPage(403, contract.StateCrossOrigin, contract.CodeCrossOrigin)
			a.wantNumbersSent()
		})
	})
	t.Run("another member, with the page of the first", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, enrolling(stepup.Enrollment{}))
			page := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone()))).get("/payouts")
			other := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone())))
			other.typePhone(page, "+14155550123").wantPage(409, contract.StateOtherMember, contract.CodeMemberMismatch)
			a.wantNumbersSent()
		})
	})
}

func TestPhoneNumbersAsTheyAreTyped(t *testing.T) {
	for _, tt := range []struct {
		name, typed, number string // "" = refused
	}{
		{"as it is", "+14155550123", "+14155550123"},
		{"with spaces", "+1 415 555 0123", "+14155550123"},
		{"with spaces around", "\t +14155550123\n", "+14155550123"},
		{"with dashes", "+1-415-555-0123", "+14155550123"},
		{"with long dashes", "+1–415–555–0123", "+14155550123"},
		{"with brackets", "+1 (415) 555 0123", "+14155550123"},
		{"with dots", "+1.415.555.0123", "+14155550123"},
		{"with a slash", "+49 30/1234567", "+49301234567"},
		{"with no-break spaces", "+33\u00a01\u202f23\u00a045\u00a067\u00a089", "+33123456789"},
		{"with the international prefix", "0044 20 7946 0958", "+442079460958"},
		{"in full-width digits", "＋８１ ９０ １２３４ ５６７８", "+819012345678"},
		{"in Arabic-Indic digits", "+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧", "+966501234567"},
		{"as copied from contacts, with marks of direction", "\u202a+1 415 555 0123\u202c", "+14155550123"},
		{"the shortest", "+6834002", "+6834002"},
		{"the longest", "+" + strings.Repeat("9", 15), "+" + strings.Repeat("9", 15)},

		{"nothing", "", ""},
		{"a plus", "+", ""},
		{"zeros", "00", ""},
		{"no country code", "415 555 0123", ""},
		{"a national prefix", "030 1234567", ""},
		{"a country code that begins with zero", "+0 415 555 0123", ""},
		{"an international prefix and a zero", "000 415 555 0123", ""},
		{"letters", "+1 415 555 HELP", ""},
		{"an extension", "+1 415 555 0123 x5", ""},
		{"an extension after a hash sign", "+1 415 555 0123#5", ""},
		{"a second plus", "+1 415 +555 0123", ""},
		{"a plus at the end", "14155550123+", ""},
		{"two plus signs", "++14155550123", ""},
		{"two numbers", "+14155550123, +14155550124", ""},
		{"too short", "+123456", ""},
		{"too long", "+" + strings.Repeat("9", 16), ""},
		{"a star", "+1*4155550123", ""},
		{"a NUL", "+1415555\x000123", ""},
		{"no text", "\xff\xfe+14155550123", ""},
		{"markup", `"><script>`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, enrolling(stepup.Enrollment{}))
				member := a.emu.AddMember(stytchtest.WithoutPhone())
				b := a.browser(a.emu.SignIn(member))
				answer := b.typePhone(b.get("/payouts"), tt.typed)
				if tt.number != "" {
					answer.wantStatus(303)
					a.wantNumbersSent(tt.number)
					return
				}
				answer.wantPage(422, contract.StatePhone, contract.CodePhoneInvalid)
				answer.wantBody("Enter a mobile number that starts with + and the country code, like +1 415 555 0123.")
				a.wantNumbersSent()
				// What was typed is there again, to be corrected.
				if got := answer.fields().Get("phone"); tt.name == "letters" && got != tt.typed {
					t.Errorf("the field holds %q", got)
				}
				if strings.Contains(answer.body, "<script>") {
					t.Error("what was typed became markup")
				}
			})
		})
	}
}

func TestOnlyCountriesThatTheAppChoseAreTexted(t *testing.T) {
	for _, tt := range []struct {
		typed string
		may   bool
	}{
		{"+1 415 555 0123", true}, {"+44 20 7946 0958", true}, {"0044 20 7946 0958", true}, {"+599 9 123 4567", true},
		{"+599 7 123 4567", false}, {"+45 12 34 56 78", false}, {"+4 1234567", false}, {"+881 612 345 678", false},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, enrolling(stepup.Enrollment{CallingCodes: []string{"1", "44", "5999"}}))
			b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone())))
			answer := b.typePhone(b.get("/payouts"), tt.typed)
			if tt.may {
				answer.wantStatus(303)
			} else {
				answer.wantPage(422, contract.StatePhone, contract.CodePhoneInvalid)
			}
			if sent := len(a.numbersSent()) == 1; sent != tt.may {
				t.Errorf("%s: sent %v, want %v", tt.typed, sent, tt.may)
			}
		})
	}
}

func TestANumberThatWasNeverProvedDoesNotKeepTheMemberOut(t *testing.T) {
	const typo, right = "+14155550199", "+14155550123"
	t.Run("another one takes its place", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, enrolling(stepup.Enrollment{}))
			member := a.emu.AddMember(stytchtest.WithUnverifiedPhone(typo))
			b := a.browser(a.emu.SignIn(member))
			page := b.get("/payouts").wantPage(200, contract.StatePhone, contract.CodeEnrollmentRequired)
			if strings.Contains(page.body, typo[len(typo)-4:]) {
				t.Error("the page shows a number that may be anybody's")
			}
			code := b.follow(b.typePhone(page, right))
			if n := a.calls("mfa_phone_numbers/" + member.ID); n != 1 {
				t.Errorf("%d numbers were deleted, want 1", n)
			}
			a.wantNumbersSent(right)
			b.enter(code, a.emu.LastCode(member)).wantRedirect("/payouts")
			if now := a.emu.Member(member.ID); now.PhoneNumber != right || !now.PhoneVerified {
				t.Errorf("the member has %q, verified %v", now.PhoneNumber, now.PhoneVerified)
			}
		})
	})
	t.Run("the same one is just texted", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, enrolling(stepup.Enrollment{}))
			member := a.emu.AddMember(stytchtest.WithUnverifiedPhone(typo))
			b := a.browser(a.emu.SignIn(member))
			code := b.follow(b.typePhone(b.get("/payouts"), typo)).wantBody("ending 99")
			a.wantNumbersSent("")
			if n := a.calls("mfa_phone_numbers/" + member.ID); n != 0 {
				t.Errorf("%d numbers were deleted, want none", n)
			}
			b.enter(code, a.emu.LastCode(member)).wantRedirect("/payouts")
			if !a.emu.Member(member.ID).PhoneVerified || !slices.Contains(a.kinds(), stepup.EventEnrolled) {
				t.Error("the number is not enrolled")
			}
		})
	})
	t.Run("a typo is corrected halfway", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, enrolling(stepup.Enrollment{}))
			member := a.emu.AddMember(stytchtest.WithoutPhone())
			b := a.browser(a.emu.SignIn(member))
			waiting := b.follow(b.typePhone(b.get("/payouts"), typo))
			time.Sleep(31 * time.Second)
			page := b.post("/stepup/send", waiting.fields()).wantPage(403, contract.StatePhone, contract.CodeEnrollmentRequired)
			old := a.emu.LastCode(member)
			code := b.follow(b.typePhone(page, right))
			a.wantNumbersSent(typo, right)
			if old == a.emu.LastCode(member) {
				t.Fatal("the emulator made the same passcode twice")
			}
			// The owner of the wrong number can do nothing with the passcode.
			b.enter(code, old).wantPage(422, contract.StateCode, contract.CodeIncorrect)
			b.enter(code, a.emu.LastCode(member)).wantRedirect("/payouts")
			if now := a.emu.Member(member.ID); now.PhoneNumber != right || !now.PhoneVerified {
				t.Errorf("the member has %q, verified %v", now.PhoneNumber, now.PhoneVerified)
			}
		})
	})
	t.Run("the old one cannot be deleted", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, enrolling(stepup.Enrollment{}))
			member := a.emu.AddMember(stytchtest.WithUnverifiedPhone(typo))
			b := a.browser(a.emu.SignIn(member))
			page := b.get("/payouts")
			a.emu.Fail(stytchtest.Fault{Status: 500, Times: 3, Path: "organizations/" + member.OrganizationID + "/members/mfa_phone_numbers/" + member.ID})
			failed := b.typePhone(page, right).wantPage(503, contract.StateUnavailable, contract.CodeProviderUnavailable)
			a.wantNumbersSent()
			// Trying again must not send the number as if it were a passcode.
			if failed.fields().Has("code") || strings.Contains(failed.body, right[1:]) {
				t.Errorf("the page holds the number:\n%s", failed.body)
			}
		})
	})
}

// The answer to a number that another member has must not reveal that.
func TestATakenNumberIsAnsweredNeutrally(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{}))
		taken := a.emu.AddMember().PhoneNumber
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		page := b.get("/payouts")
		refused := b.typePhone(page, taken).wantPage(422, contract.StatePhone, contract.CodePhoneUnavailable)
		refused.wantBody("This number cannot be used.")
		for _, tells := range []string{"member", "another", "already", "taken", "duplicate"} {
			if strings.Contains(strings.ToLower(refused.text()), tells) {
				t.Errorf("the page says %q", tells)
			}
		}
		// Asking about many numbers is as slow as being texted.
		b.fetch("POST", "/stepup/phone", `{"policy":"money","phone":"+14155550123"}`).wantCode(429, contract.CodeResendCooldown)
		time.Sleep(31 * time.Second)
		b.fetch("POST", "/stepup/phone", `{"policy":"money","phone":"`+taken+`"}`).wantCode(422, contract.CodePhoneUnavailable)
		if len(a.emu.Messages("")) != 0 {
			t.Error("a message was sent")
		}
		time.Sleep(2 * time.Minute)
		b.typePhone(page, "+14155550123").wantStatus(303)
	})
}

func TestTheCooldownHoldsForThePhoneForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{PrimaryMaxAge: time.Hour}))
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		page := b.get("/payouts")
		b.typePhone(page, "+14155550123").wantStatus(303)
		early := b.typePhone(page, "+14155550123").wantStatus(429)
		if early.header.Get("Retry-After") != "30" {
			t.Errorf("got Retry-After %q, want 30", early.header.Get("Retry-After"))
		}
		if got := early.fields().Get("code"); got != "" {
			t.Errorf("the field for the passcode holds %q", got)
		}
		for range 40 {
			time.Sleep(time.Minute)
			b.fetch("POST", "/stepup/phone", `{"policy":"money","phone":"+14155550123"}`)
		}
		if n := len(a.emu.Messages("")); n != 3 {
			t.Errorf("%d messages were sent in an hour, want 3", n)
		}
	})
}

func TestAPhoneFormNeedsAPolicyAndAForm(t *testing.T) {
	for _, tt := range []struct {
		name, method, contentType, body string
		status                          int
	}{
		{"GET", "GET", "", "", 405},
		{"two numbers", "POST", formType, "policy=money&phone=%2B14155550123&phone=%2B14155550124", 400},
		{"no policy", "POST", "application/json", `{"phone":"+14155550123"}`, 404},
		{"a form that names no session", "POST", formType, "policy=money&phone=%2B14155550123", 409},
		{"a number that is a number", "POST", "application/json", `{"policy":"money","phone":14155550123}`, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, enrolling(stepup.Enrollment{}))
				b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone())))
				b.do(tt.method, "/stepup/phone", tt.contentType, tt.body).wantStatus(tt.status)
				a.wantNumbersSent()
			})
		})
	}
	t.Run("a number in the query", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, enrolling(stepup.Enrollment{}))
			b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone())))
			page := b.get("/payouts")
			form := page.fields()
			form.Del("phone")
			b.post("/stepup/phone?phone=%2B14155550123", form).wantPage(422, contract.StatePhone, contract.CodePhoneInvalid)
			b.post("/stepup/send?phone=%2B14155550123", form).wantPage(http.StatusForbidden, contract.StatePhone, contract.CodeEnrollmentRequired)
			a.wantNumbersSent()
		})
	})
}

func TestANumberIsReplacedOnlyWithAMessageToTheNewOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{PrimaryMaxAge: time.Hour}))
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		page := b.get("/payouts")
		code := b.follow(b.typePhone(page, "+14155550123"))
		b.typePhone(page, "+14155550124").wantStatus(429)
		if got := a.emu.Member(member.ID).PhoneNumber; got != "+14155550123" {
			t.Errorf("the number on file is %q: it was deleted for a message that was not sent", got)
		}
		b.enter(code, a.emu.LastCode(member)).wantRedirect("/payouts")
	})
}

func TestANumberThatWasProvedElsewhereIsNotReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{}))
		member := a.emu.AddMember(stytchtest.WithUnverifiedPhone("+14155550123"))
		b := a.browser(a.emu.SignIn(member))
		page := b.get("/payouts").wantPage(200, contract.StatePhone, contract.CodeEnrollmentRequired)
		a.emu.SetPhone(member, "+14155550123", true) // by another instance, a moment later
		b.typePhone(page, "+14155550199").wantStatus(422)
		if now := a.emu.Member(member.ID); now.PhoneNumber != "+14155550123" || !now.PhoneVerified {
			t.Errorf("the member has %q, verified %v", now.PhoneNumber, now.PhoneVerified)
		}
	})
}

func TestANumberThatStytchRefusesCanBeTypedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{}))
		b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone())))
		a.emu.Fail(stytchtest.Fault{Path: "otps/sms/send", Status: 400, ErrorType: "invalid_phone_number"})
		page := b.typePhone(b.get("/payouts"), "+14155550123").wantPage(422, contract.StatePhone, contract.CodePhoneInvalid)
		b.typePhone(page, "+14155550123").wantPage(429, contract.StatePhone, contract.CodeResendCooldown)
		time.Sleep(30 * time.Second)
		b.typePhone(page, "+14155550123").wantStatus(303)
	})
}

func TestTheEnrollmentOfABearerClientIsReportedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{}))
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.bearer(a.emu.SignIn(member).JWT)
		b.call("POST", "/stepup/phone", `{"policy":"money","phone":"+14155550123"}`).wantCode(200, contract.CodeChallengePending)
		b.call("POST", "/stepup/", `{"policy":"money","code":"`+a.emu.LastCode(member)+`"}`).wantCode(200, contract.CodeVerified)
		if !slices.Contains(a.kinds(), stepup.EventEnrolled) {
			t.Errorf("the events are %v", a.kinds())
		}
	})
}

func TestWithoutALimiterNoNumberIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{}), func(c *stepup.Config) { c.Limiter = &faultyLimiter{} })
		member := a.emu.AddMember(stytchtest.WithUnverifiedPhone("+14155550123"))
		b := a.browser(a.emu.SignIn(member))
		b.typePhone(b.get("/payouts"), "+14155550177").wantStatus(503)
		if got := a.emu.Member(member.ID).PhoneNumber; got != "+14155550123" {
			t.Errorf("nothing was sent, and the number on file is %q", got)
		}
	})
}

func TestANumberThatAnotherSessionProvedIsNotReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{}))
		member := a.emu.AddMember(stytchtest.WithUnverifiedPhone("+14155550123"))
		owner, other := a.browser(a.emu.SignIn(member)), a.browser(a.emu.SignIn(member))
		page := owner.get("/payouts").wantPage(200, contract.StatePhone, contract.CodeEnrollmentRequired)
		code := owner.follow(owner.typePhone(page, "+14155550123"))
		time.Sleep(30 * time.Second)
		form := other.get("/payouts").wantPage(200, contract.StatePhone, contract.CodeEnrollmentRequired)
		owner.enter(code, a.emu.LastCode(member)).wantRedirect("/payouts")
		other.typePhone(form, "+14155550177")
		if now := a.emu.Member(member.ID); now.PhoneNumber != "+14155550123" || !now.PhoneVerified {
			t.Errorf("the member has %q, verified %v", now.PhoneNumber, now.PhoneVerified)
		}
	})
}

func TestATypedNumberIsNotInTheFieldForThePasscode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{}))
		b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone()), stytchtest.WithJWTAge(4*time.Minute)))
		page := b.get("/payouts").wantStatus(200)
		time.Sleep(2 * time.Minute) // the JWT expires while the number is typed
		a.emu.Fail(stytchtest.Fault{Path: "sessions/authenticate", Status: 503, Times: 5})
		if r := b.typePhone(page, "+14155550123").wantStatus(503); strings.Contains(r.body, "4155550123") {
			t.Errorf("the number is on the page:\n%s", r.body)
		}
	})
}

func TestAnOldPhoneFormLeadsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{}))
		member := a.emu.AddMember(stytchtest.WithoutPhone())
		b := a.browser(a.emu.SignIn(member))
		page := b.get("/payouts")
		a.emu.SetPhone(member, "+14155550123", true) // by an administrator
		time.Sleep(3 * time.Second)
		b.follow(b.typePhone(page, "+14155550123")).wantPage(200, contract.StateAsk, contract.CodeStepUpRequired)
	})
}

func TestTheIssuerOfAnAppIsChecked(t *testing.T) {
	emu := stytchtest.NewUnstartedServer()
	client, err := stytch.New(stytch.Config{ProjectID: emu.ProjectID, Secret: emu.Secret, BaseURL: emu.URL, HTTPClient: emu.Client()})
	if err != nil {
		t.Fatal(err)
	}
	for issuer, good := range map[string]bool{
		"": true, "Treasury": true, "Größe & Söhne": true, strings.Repeat("x", 128): true,
		strings.Repeat("x", 129): false, "\xff": false,
	} {
		guard, err := stepup.New(stepup.Config{
			Client: client, Key: []byte("0123456789abcdef0123456789abcdef"), Cookies: stepup.ServerCookies(),
			Enroll: &stepup.Enrollment{Issuer: issuer},
		})
		if good {
			guard.Close()
		}
		if (err == nil) != good || !good && !strings.Contains(err.Error(), "Config.Enroll.Issuer") {
			t.Errorf("%q: got %v", issuer, err)
		}
	}
}
