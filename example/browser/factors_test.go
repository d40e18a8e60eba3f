package browser_test

import (
	"strings"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// The states of the verify pages that other factors than a text message lead to,
// logins, and approvals of one action.

var withApp = []stytchtest.MemberOption{stytchtest.WithTOTP()}

func anyFactor(c *stepup.Config) {
	c.Policies[0].Methods = []stepup.Method{stepup.SMS, stepup.TOTP, stepup.RecoveryCode}
}

func appOnly(c *stepup.Config) { c.Policies[0].Methods = []stepup.Method{stepup.TOTP} }

func enrollsAny(c *stepup.Config) {
	anyFactor(c)
	c.Enroll = &stepup.Enrollment{Methods: []stepup.Method{stepup.SMS, stepup.TOTP}}
}

func enrollsApp(c *stepup.Config) {
	appOnly(c)
	c.Enroll = &stepup.Enrollment{Methods: []stepup.Method{stepup.TOTP}, Issuer: "Ledgerline"}
}

func freshSignIn(c *stepup.Config) { c.Policies = []stepup.Policy{stepup.StrictMFA()} }

func bound(c *stepup.Config) { c.Policies[0].Bound = true }

func both(first, second func(*stepup.Config)) func(*stepup.Config) {
	return func(c *stepup.Config) {
		first(c)
		second(c)
	}
}

func twoFormsOneCode(b *tab, s *site) {
	s.signedIn(b)
	second := s.tabOf(b)
	second.press("Transfer").expect(401, "/transfers", "Your form is kept")
	b.press("Transfer").expect(401, "/transfers").press("Send code to").expect(200, "/stepup/send")
	b.enter(s.emu.LastCode(s.member)).submit().expect(200, "/stepup/", "Check what you are about to send")

	second.comeBack()
	second.says("Verified in another tab.").inspect("ask-elsewhere")
	second.press("Continue").expect(200, "/stepup/", "Check what you are about to send")
	b.press("Continue").expect(200, "/transfers", "Sent")
	second.press("Continue").expect(200, "/transfers", "Sent")
	if n := len(s.emu.Messages("")); n != 1 {
		b.t.Errorf("%d messages, want 1", n)
	}
}

// tabOf opens the site's first page in a second tab.
func (s *site) tabOf(b *tab) *tab {
	b.t.Helper()
	return b.sibling().open(s.home).expect(200, "/")
}

func messageWithOthers(b *tab, s *site) {
	s.signedIn(b).open(s.home+"/stepup/?policy=money&next=/payouts&method=otp/sms").
		expect(200, "/stepup/", "Confirm it is you", "Use your authenticator app instead", "Use a recovery code instead").inspect("ask-others")
	b.press("Send code to").expect(200, "/stepup/", "Check your phone", "Use your authenticator app instead").inspect("code-others")
	b.enter(other(s.emu.LastCode(s.member))).submit().expect(422, "/stepup/", "That code is not right. 4").inspect("code-others-wrong")
	b.press("Use your authenticator app instead").expect(200, "/stepup/", "Enter the code from your authenticator app")
	b.enter(s.emu.TOTPCode(s.member)).submit().expect(200, "/payouts", "The payouts")
}

func undeliverableWithOthers(b *tab, s *site) {
	s.emu.Fail(stytchtest.Fault{Path: "otps/sms/send", ErrorType: "unsubscribed_phone_number"})
	s.signedIn(b).press("Payouts").expect(200, "/stepup/", "authenticator app").
		press("Text a code to").expect(403, "/stepup/send", "Text START", "Use your authenticator app instead").inspect("undeliverable-others")
	b.press("Use your authenticator app instead").expect(200, "/stepup/")
	b.enter(s.emu.TOTPCode(s.member)).submit().expect(200, "/payouts", "The payouts")
}

func authenticator(b *tab, s *site) {
	s.signedIn(b).press("Payouts").expect(200, "/stepup/", "Enter the code from your authenticator app", "Text a code to").inspect("totp")
	code := s.emu.TOTPCode(s.member)
	b.enter(other(code)).submit().expect(422, "/stepup/", "That code is not right. 4").inspect("totp-wrong")
	b.tabTo("6-digit code").enter("12345").submit().expect(422, "/stepup/", "Enter the 6").inspect("totp-malformed")
	b.tabTo("6-digit code").enter(code).submit().expect(200, "/payouts", "The payouts")

	s.signedIn(b).press("Payouts").expect(200, "/stepup/", "authenticator app")
	b.enter(code).submit().expect(422, "/stepup/", "That code was used already. Wait for the next one.").inspect("totp-used")
	s.emu.Advance(30 * time.Second)
	b.tabTo("6-digit code").enter(s.emu.TOTPCode(s.member)).submit().expect(200, "/payouts", "The payouts")
	if n := len(s.emu.Messages("")); n != 0 {
		b.t.Errorf("%d messages, want none", n)
	}
}

func recovery(b *tab, s *site) {
	s.signedIn(b).press("Payouts").expect(200, "/stepup/").
		press("Use a recovery code instead").expect(200, "/stepup/", "Enter a recovery code").inspect("recovery")
	b.tabTo("Recovery code").enter("a").submit().expect(422, "/stepup/", "Enter a recovery code just as you wrote it down.").inspect("recovery-malformed")
	code := s.emu.RecoveryCodes(s.member)[0]
	b.tabTo("Recovery code").enter(code).submit().expect(200, "/stepup/", "You have 9 recovery codes left.").inspect("continue-remaining")
	b.press("Continue").expect(200, "/payouts", "The payouts")

	// Stytch calls one that was used a wrong one.
	s.signedIn(b).press("Payouts").press("Use a recovery code instead").expect(200, "/stepup/", "Enter a recovery code")
	b.tabTo("Recovery code").enter(code).submit().expect(422, "/stepup/", "That code is not right. 4").inspect("recovery-used")
}

func recoveryWithForm(b *tab, s *site) {
	s.signedIn(b).press("Transfer").expect(401, "/transfers", "authenticator app", "Your form is kept").inspect("totp-with-form")
	b.press("Use a recovery code instead").expect(200, "/stepup/use", "Enter a recovery code", "Your form is kept").inspect("recovery-with-form")
	b.tabTo("Recovery code").enter(s.emu.RecoveryCodes(s.member)[0]).submit().
		expect(200, "/stepup/", "You have 9 recovery codes left.", "Check what you are about to send").inspect("continue-remaining-with-form")
	b.press("Continue").expect(200, "/transfers", "Sent")
}

func lastRecoveryCodes(b *tab, s *site) {
	codes := s.emu.RecoveryCodes(s.member)
	for _, code := range codes[2:] {
		if _, err := s.client.Recover(b.t.Context(), stytch.RecoverRequest{
			OrganizationID: s.member.OrganizationID, MemberID: s.member.ID, RecoveryCode: code,
			SessionJWT: s.emu.SignIn(s.member).JWT, SessionDurationMinutes: 5,
		}); err != nil {
			b.t.Fatal(err)
		}
	}
	for i, left := range []string{"You have 1 recovery code left.", "You have no recovery codes left."} {
		s.signedIn(b).press("Payouts").press("Use a recovery code instead")
		b.tabTo("Recovery code").enter(codes[i]).submit().expect(200, "/stepup/", left, "Get new ones soon.")
	}
	b.inspect("continue-no-codes-left")
}

func phoneOrApp(b *tab, s *site) {
	s.signedIn(b).press("Payouts").expect(200, "/payouts", "Add your phone number", "Set up an authenticator app instead").inspect("phone-or-app")
	b.tabTo("Mobile phone number").enter("12").submit().expect(422, "/stepup/phone", "Enter a mobile number", "Set up an authenticator app instead").inspect("phone-or-app-invalid")
	b.press("Set up an authenticator app instead").expect(200, "/stepup/authenticator", "Scan this QR code", "Use a phone number instead").inspect("authenticator-setup-or-phone")
	b.press("Use a phone number instead").expect(200, "/stepup/", "Add your phone number")
}

func setUpApp(b *tab, s *site) {
	s.signedIn(b).press("Payouts").expect(200, "/payouts", "Set up an authenticator app", "whenever you approve something important").inspect("authenticator")
	b.press("Set up the app").expect(200, "/stepup/authenticator", "Scan this QR code").inspect("authenticator-setup")
	secret := b.secret()
	code := s.emu.TOTPCode(s.member)
	b.tabTo("6-digit code").enter(other(code)).submit().expect(422, "/stepup/", "That code is not right. 4", "Scan this QR code").inspect("authenticator-setup-wrong")
	b.tabTo("6-digit code").enter("1").submit().expect(422, "/stepup/", "Enter the 6").inspect("authenticator-setup-malformed")
	if b.secret() != secret {
		b.t.Error("the secret has changed, and the app was set up with the first")
	}
	b.tabTo("6-digit code").enter(code).submit().
		expect(200, "/stepup/", append(s.emu.RecoveryCodes(s.member), "Save your recovery codes")...).inspect("continue-recovery-codes")
	b.press("Continue").expect(200, "/payouts", "The payouts")
}

// secret returns the secret of the authenticator app as the page shows it.
func (b *tab) secret() string {
	b.t.Helper()
	return evaluate[string](b, `document.querySelector(".secret").textContent`)
}

func reauthenticate(b *tab, s *site) {
	s.signIn = []stytchtest.SignInOption{stytchtest.WithFactor("magic_link", "email", 11*time.Minute)}
	s.signedIn(b).press("Transfer").expect(401, "/transfers", "Sign in again to continue", "Your form was not sent.").inspect("reauthenticate")
	s.signIn = nil
	b.press("Sign in again").expect(200, "/")
	b.press("Payouts").expect(200, "/stepup/", "Check your phone")
}

// loggingIn opens the site as a member whose login lacks its second factor.
func (s *site) loggingIn(b *tab) *tab {
	b.t.Helper()
	return b.open(s.home + "/login")
}

func login(b *tab, s *site) {
	s.loggingIn(b).expect(200, "/stepup/login/", "Finish signing in", "Send code to").inspect("login-ask")
	b.press("Send code to").expect(200, "/stepup/login/", "Check your phone", "One more step to finish signing in.")
	b.enter(s.emu.LastCode(s.member)).submit().expect(200, "/", "Payouts")
	b.press("Payouts").expect(200, "/payouts", "The payouts")
}

func loginSent(b *tab, s *site) {
	s.login = []stytchtest.LoginOption{stytchtest.CodeSent()}
	s.loggingIn(b).expect(200, "/stepup/login/", "Check your phone", "One more step to finish signing in.", "ending 42").inspect("login-code")
	code := s.emu.LastCode(s.member)
	b.enter(other(code)).submit().expect(422, "/stepup/login/", "That code is not right. 4").inspect("login-code-wrong")
	s.emu.Advance(11 * time.Minute)
	b.tabTo("6-digit code").enter(code).submit().expect(401, "/stepup/login/", "This sign-in has ended").inspect("login-expired")
	b.press("Sign in").expect(200, "/")
}

func loginByApp(b *tab, s *site) {
	s.loggingIn(b).expect(200, "/stepup/login/", "Enter the code from your authenticator app", "Use a recovery code instead").inspect("login-totp")
	b.press("Use a recovery code instead").expect(200, "/stepup/login/", "Enter a recovery code").inspect("login-recovery")
	b.tabTo("Recovery code").enter(s.emu.RecoveryCodes(s.member)[0]).submit().
		expect(200, "/stepup/login/", "You have 9 recovery codes left.").inspect("login-continue-remaining")
	b.press("Continue").expect(200, "/", "Payouts")
}

func loginEnrolls(b *tab, s *site) {
	s.loggingIn(b).expect(200, "/stepup/login/", "To finish signing in, add your phone number.").inspect("login-phone")
	b.press("Set up an authenticator app instead").expect(200, "/stepup/login/authenticator", "Scan this QR code").inspect("login-authenticator-setup")
	b.tabTo("6-digit code").enter(s.emu.TOTPCode(s.member)).submit().
		expect(200, "/stepup/login/", "Save your recovery codes").inspect("login-continue-recovery-codes")
	b.press("Continue").expect(200, "/", "Payouts")
}

func loginInSpanish(b *tab, s *site) {
	s.loggingIn(b).expect(200, "/stepup/login/").inspect("login-phone-es")
	b.press("Configurar una aplicación").expect(200, "/stepup/login/authenticator").inspect("login-authenticator-setup-es")
	b.tabTo("Código de 6").enter(s.emu.TOTPCode(s.member)).submit().expect(200, "/stepup/login/").inspect("login-continue-recovery-codes-es")
}

func boundAction(b *tab, s *site) {
	s.signedIn(b).press("Transfer").expect(401, "/transfers", "You are approving: Transfer $5,000 to Acme").inspect("bound-ask")
	b.press("Send code to").expect(200, "/stepup/send", "You are approving: Transfer $5,000 to Acme").inspect("bound-code")
	b.enter(s.emu.LastCode(s.member)).submit().expect(200, "/stepup/", "Check what you are about to send", "Transfer $5,000 to Acme").inspect("bound-continue")
	b.press("Continue").expect(200, "/transfers", "Sent")
	s.tabOf(b).press("Transfer").expect(401, "/transfers", "You are approving") // it was good for one
}

func boundByApp(b *tab, s *site) {
	s.signedIn(b).press("Payouts").expect(200, "/stepup/", "You are approving: Transfer $5,000 to Acme", "authenticator app").inspect("bound-totp")
	code := s.emu.TOTPCode(s.member)
	b.enter(code).submit().expect(200, "/payouts", "The payouts")
	b.open(s.home+"/payouts").expect(200, "/stepup/", "You are approving")
	b.enter(code).submit().expect(422, "/stepup/", "That code was used already.", "You are approving").inspect("bound-totp-used")
	if !strings.Contains(b.where(), "bound=") && evaluate[string](b, `document.querySelector("[name=bound]").value`) == "" {
		b.t.Error("the page has lost what is approved")
	}
}
