package browser_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// TestStates opens and inspects every state of the verify pages that the example
// does not reach.
func TestStates(t *testing.T) {
	t.Parallel()
	browser := startChromium(t)
	t.Run("all", func(t *testing.T) {
		for _, state := range []struct {
			name   string
			member []stytchtest.MemberOption
			config func(*stepup.Config)
			walk   func(b *tab, s *site)
		}{
			{name: "ask", config: askFirst, walk: ask},
			{name: "ask in Spanish", config: inLanguage("es"), walk: askSpanish},
			{name: "code in Spanish", config: inLanguage("es"), walk: code("Revise su teléfono")},
			{name: "code in Portuguese", config: inLanguage("pt-BR"), walk: code("Confira seu celular")},
			{name: "continue", config: showFields, walk: proceed},
			{name: "form lost", walk: formLost},
			{name: "locked by wrong codes", config: oneTry, walk: lockedByCodes},
			{name: "locked at Stytch", walk: lockedAtStytch},
			{name: "country not served", walk: undeliverable("invalid_phone_number_country_code", "We cannot send texts to this country.")},
			{name: "number unsubscribed", config: withLinks, walk: undeliverable("unsubscribed_phone_number", "Text START")},
			{name: "no phone", member: withoutPhone, walk: noPhone("no-phone", "Ask your administrator.")},
			{name: "no phone but settings", member: withoutPhone, config: withLinks, walk: noPhone("no-phone-settings", "Add one in your settings.")},
			{name: "phone", member: withoutPhone, config: enrolls, walk: enroll},
			{name: "unavailable", walk: unavailable},
			{name: "unavailable with a code", walk: unavailableWithCode},
			{name: "signed out", walk: signedOut},
			{name: "other member", walk: otherMember},
			{name: "two sessions", walk: twoSessions},
			{name: "impersonated", walk: impersonated},
			{name: "cross-origin", walk: crossOrigin},
			{name: "bad request", walk: badRequest},
			{name: "failed", config: withLinks, walk: failed},

			{name: "two forms, one code", walk: twoFormsOneCode},
			{name: "message with others", member: withApp, config: anyFactor, walk: messageWithOthers},
			{name: "no message but others", member: withApp, config: anyFactor, walk: undeliverableWithOthers},
			{name: "authenticator", member: withApp, config: anyFactor, walk: authenticator},
			{name: "recovery code", member: withApp, config: anyFactor, walk: recovery},
			{name: "recovery code with a form", member: withApp, config: anyFactor, walk: recoveryWithForm},
			{name: "last recovery codes", member: withApp, config: anyFactor, walk: lastRecoveryCodes},
			{name: "phone or authenticator", member: withoutPhone, config: enrollsAny, walk: phoneOrApp},
			{name: "authenticator only", member: withoutPhone, config: enrollsApp, walk: setUpApp},
			{name: "no authenticator", member: withoutPhone, config: appOnly, walk: noPhone("no-authenticator", "An authenticator app is missing")},
			{name: "no authenticator but settings", member: withoutPhone, config: both(appOnly, withLinks), walk: noPhone("no-authenticator-settings", "Add one in your settings.")},
			{name: "sign in again", config: freshSignIn, walk: reauthenticate},
			{name: "login", walk: login},
			{name: "login with its code sent", walk: loginSent},
			{name: "login with an authenticator", member: withApp, walk: loginByApp},
			{name: "login without a factor", member: withoutPhone, config: enrollsAny, walk: loginEnrolls},
			{name: "login in Spanish", member: withoutPhone, config: both(enrollsAny, inLanguage("es")), walk: loginInSpanish},
			{name: "bound", config: bound, walk: boundAction},
			{name: "bound with an authenticator", member: withApp, config: both(anyFactor, bound), walk: boundByApp},
		} {
			t.Run(state.name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, state.member, state.config)
				state.walk(browser.newTab(t), s)
			})
		}
	})
}

func askFirst(c *stepup.Config) { c.AskFirst = true }

func inLanguage(tag string) func(*stepup.Config) {
	return func(c *stepup.Config) { c.Language = func(*http.Request) string { return tag } }
}

func showFields(c *stepup.Config) { c.Forms.Show = []string{"payee", "amount", "memo"} }

func oneTry(c *stepup.Config) { c.Limits.CodesPerSession = 1 }

func withLinks(c *stepup.Config) { c.Links.Settings, c.Links.Support = "/settings", "/support" }

func enrolls(c *stepup.Config) { c.Enroll = &stepup.Enrollment{} }

var withoutPhone = []stytchtest.MemberOption{stytchtest.WithoutPhone()}

// signedIn opens the site as its member.
func (s *site) signedIn(b *tab) *tab {
	b.t.Helper()
	return b.open(s.home+"/sign-in").expect(200, "/", "Payouts")
}

func ask(b *tab, s *site) {
	s.signedIn(b).press("Payouts").expect(200, "/stepup/", "Confirm it is you", "Send code to the number ending 42").inspect("ask")
	if n := len(s.emu.Messages("")); n != 0 {
		b.t.Fatalf("%d messages before anybody asked for one", n)
	}
	b.press("Send code").expect(200, "/stepup/", "Check your phone")
	b.enter(s.emu.LastCode(s.member)).submit().expect(200, "/payouts", "The payouts")
}

func askSpanish(b *tab, s *site) {
	s.signedIn(b).press("Transfer")
	b.expect(401, "/transfers", "Enviar código").inspect("ask-es")
	b.tabTo("Ya tengo un código")
	b.toggle()
	b.waitFor(`document.querySelector("details").open`, patience)
	b.inspect("ask-open-es")
}

func code(words string) func(*tab, *site) {
	return func(b *tab, s *site) {
		s.signedIn(b).press("Payouts").expect(200, "/stepup/", words)
		name := "code-" + evaluate[string](b, `document.documentElement.lang`)
		b.inspect(name)
		b.enter(other(s.emu.LastCode(s.member))).submit().expect(422, "/stepup/").inspect(name + "-wrong")
	}
}

func proceed(b *tab, s *site) {
	s.signedIn(b).press("Transfer").expect(401, "/transfers", "For your safety these fields were not kept: card_number").inspect("ask-form-withheld")
	b.press("Send code").expect(200, "/stepup/send")
	b.enter(s.emu.LastCode(s.member)).submit().expect(200, "/stepup/", "Acme Industrial Holdings", "csrf").inspect("continue-fields")
	b.press("Continue").expect(200, "/transfers", "Sent")
}

func formLost(b *tab, s *site) {
	s.signedIn(b).press("Upload").expect(401, "/transfers", "Your form was not saved.").inspect("ask-form-lost")
}

func lockedByCodes(b *tab, s *site) {
	s.signedIn(b).press("Payouts").expect(200, "/stepup/")
	wrong := other(s.emu.LastCode(s.member))
	b.enter(wrong).submit()
	if b.status == http.StatusUnprocessableEntity {
		b.tabTo("6-digit code").enter(wrong).submit()
	}
	b.expect(429, "/stepup/", "Too many attempts", "You do not have to wait if you sign in again.").inspect("locked")
}

func lockedAtStytch(b *tab, s *site) {
	s.emu.LockMember(s.member)
	s.signedIn(b).press("Payouts").expect(429, "/payouts", "Until then you may not be able to sign in either.").inspect("locked-member")
}

func undeliverable(kind, words string) func(*tab, *site) {
	return func(b *tab, s *site) {
		s.emu.Fail(stytchtest.Fault{Path: "otps/sms/send", ErrorType: kind})
		s.signedIn(b).press("Payouts").expect(403, "/payouts", words).inspect("undeliverable-" + kind)
	}
}

func noPhone(name, words string) func(*tab, *site) {
	return func(b *tab, s *site) {
		s.signedIn(b).press("Payouts").expect(403, "/payouts", words).inspect(name)
		b.press("Cancel").expect(200, "/")
	}
}

func enroll(b *tab, s *site) {
	s.signedIn(b).press("Payouts").expect(200, "/payouts", "Add your phone number").inspect("phone")
	b.tabTo("Mobile phone number").enter("0170 12").submit().expect(422, "/stepup/phone", "Enter a mobile number that starts with + and the country code").inspect("phone-invalid")
	b.tabTo("Mobile phone number").enter("+1 202 555 0188").submit().expect(200, "/stepup/", "ending 88")
	b.enter(s.emu.LastCode(s.member)).submit().expect(200, "/payouts", "The payouts")
}

func unavailable(b *tab, s *site) {
	s.signedIn(b)
	s.emu.Fail(stytchtest.Fault{Path: "sessions/authenticate", Status: 503, Times: 10})
	b.press("Payouts").expect(503, "/payouts", "Nothing was changed.").inspect("unavailable")
	s.emu.ClearFaults()
	b.press("Try again").expect(200, "/stepup/")
}

func unavailableWithCode(b *tab, s *site) {
	s.signedIn(b).press("Payouts").expect(200, "/stepup/")
	s.emu.Fail(stytchtest.Fault{Path: "otps/sms/authenticate", Status: 500, Times: 10})
	b.enter(s.emu.LastCode(s.member)).submit().expect(503, "/stepup/", "Nothing was changed.").inspect("unavailable-with-code")
	s.emu.ClearFaults()
	b.press("Try again").expect(200, "/payouts", "The payouts")
}

func signedOut(b *tab, s *site) {
	s.signedIn(b).press("Payouts").expect(200, "/stepup/")
	s.emu.Revoke(s.session.ID)
	b.enter(s.emu.LastCode(s.member)).submit().expect(401, "/stepup/", "You were signed out").inspect("signed-out")
	b.press("Sign in").expect(200, "/")
}

func otherMember(b *tab, s *site) {
	s.signedIn(b).press("Payouts").expect(200, "/stepup/")
	code := s.emu.LastCode(s.member)
	s.member = s.emu.AddMember(stytchtest.WithPhone("+12025550177"))
	s.signedIn(b.sibling())
	b.enter(code).submit().expect(409, "/stepup/", "You are signed in as a different person").inspect("other-member")
	b.press("Start again").expect(200, "/stepup/", "Send code to the number ending 77")
}

func twoSessions(b *tab, s *site) {
	s.twice = true
	s.signedIn(b).press("Payouts").expect(400, "/payouts", "You are signed in twice").inspect("conflict")
}

func impersonated(b *tab, s *site) {
	s.signIn = []stytchtest.SignInOption{stytchtest.WithImpersonation()}
	s.signedIn(b).press("Payouts").expect(403, "/payouts", "Not available while acting for someone else").inspect("impersonated")
}

func crossOrigin(b *tab, s *site) {
	s.signedIn(b)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writePage(w, `<form method="post" action="`+s.home+`/stepup/send"><button>Win a prize</button></form>`)
	}))
	b.t.Cleanup(elsewhere.Close)
	b.open(elsewhere.URL).press("Win a prize").expect(403, "/stepup/send", "This page can no longer be used").inspect("cross-origin")
	if n := len(s.emu.Messages("")); n != 0 {
		b.t.Errorf("another site's form caused %d messages", n)
	}
}

func badRequest(b *tab, s *site) {
	s.signedIn(b).open(s.home+"/stepup/?policy=unheard-of").expect(404, "/stepup/", "We could not read this request").inspect("bad-request")
}

func failed(b *tab, s *site) {
	s.signedIn(b).open(s.home+"/broken").expect(500, "/broken", "Something is wrong on our side").inspect("failed")
}
