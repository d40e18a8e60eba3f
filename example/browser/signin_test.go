package browser_test

import "time"

// The journeys through the sign-in of the example. TestJourneys walks them.

func signInBySMS(b *tab, app *ledgerline) {
	b.open(app.home+"payouts").expect(200, "/sign-in")
	b.tabTo("Email address").enter("ben@northwind.example")
	b.tabTo("Password").enter("wrong").submit().expect(422, "/sign-in", "The email address or the password is not right.").inspect("app-sign-in-wrong")
	b.tabTo("Password").enter(demoPassword).submit().expect(200, "/stepup/login/", "Check your phone", "ending 67")
	b.enter(app.code(1)).submit().expect(200, "/payouts", "Halden Freight")
	app.code(1)
}

func signInByApp(b *tab, app *ledgerline) {
	b.open(app.home).press("Dev Patel").expect(200, "/stepup/login/", "Enter the code from your authenticator app")
	phone := b.sibling().open(app.home + "phone")
	phone.tabTo("Recovery codes")
	phone.toggle()
	phone.waitFor(`document.querySelector("details").open`, patience)
	phone.inspect("app-phone-authenticator")
	b.enter(app.authenticator("Dev Patel")).submit().expect(200, "/", "Hello, Dev Patel")
	b.press("Statements").expect(200, "/statements").inspect("app-statements")
	b.press("Approvers").expect(200, "/approvers").inspect("app-approvers")

	b.press("Sign out").expect(200, "/sign-in").press("Dev Patel").expect(200, "/stepup/login/").
		press("Use a recovery code instead").expect(200, "/stepup/login/", "Enter a recovery code")
	b.tabTo("Recovery code").enter(app.recoveryCode("Dev Patel")).submit().expect(200, "/stepup/login/", "You have 9 recovery codes left.")
	b.press("Continue").expect(200, "/", "Hello, Dev Patel", "recovery_codes")
	// The phone has kept its place and shows one code less.
	phone.waitFor(`document.querySelector("details").open && document.querySelectorAll("details li").length === 9`, patience)
}

func signInAddsApp(b *tab, app *ledgerline) {
	b.open(app.home).press("Esi Owusu").expect(200, "/stepup/login/", "To finish signing in, add your phone number.").
		press("Set up an authenticator app instead").expect(200, "/stepup/login/authenticator", "Scan this QR code")
	b.tabTo("6-digit code").enter(app.authenticator("Esi Owusu")).submit().expect(200, "/stepup/login/", "Save your recovery codes")
	b.press("Continue").expect(200, "/", "Hello, Esi Owusu")
}

func signInByMail(b *tab, app *ledgerline) {
	b.open(app.home+"account").expect(200, "/sign-in")
	b.tabTo("Email address").enter("ada@northwind.example")
	b.press("Email me a link").expect(200, "/sign-in/sent", "Check your email").inspect("app-sent")
	b.open(app.home+"phone").expect(200, "/phone", "To Ada Moreno, ada@northwind.example").inspect("app-phone-mail")
	b.press("Sign in to Northwind Trading").expect(200, "/organizations", "Choose your organization").inspect("app-organizations")
	b.press("Harbor Mutual").expect(200, "/stepup/login/", "ending 42")
	b.enter(app.code(1)).submit().expect(200, "/account", "$482,913.06")
	b.press("Sign out").expect(200, "/sign-in").press("Ada Moreno").expect(200, "/").press("Switch organization").expect(200, "/organizations")
	b.press("Harbor Mutual").expect(403, "/organizations", "Harbor Mutual does not accept the way you signed in.").inspect("app-sign-in-other")
	b.tabTo("Password").enter(demoPassword).submit().expect(200, "/stepup/login/", "ending 42")
}

func signInTooOld(b *tab, app *ledgerline) {
	b.open(app.home).press("Ada Moreno").expect(200, "/")
	app.later(11 * time.Minute)
	b.press("Approvers").expect(200, "/sign-in", "Sign in again", "ada@northwind.example").inspect("app-sign-in-again")
	b.tabTo("Password").enter(demoPassword).submit().expect(200, "/stepup/", "Open the approvers", "ending 42")
	b.enter(app.code(1)).submit().expect(200, "/approvers")
}

func signInWithoutScripts(b *tab, app *ledgerline) {
	b.withoutScripts().open(app.home).press("Esi Owusu").expect(200, "/stepup/login/", "Add your phone number").
		press("Set up an authenticator app instead").expect(200, "/stepup/login/authenticator", "Scan this QR code").
		inspect("login-authenticator-setup-no-scripts")
	b.tabTo("6-digit code").enter(app.authenticator("Esi Owusu")).press("Confirm").expect(200, "/stepup/login/", "Save your recovery codes").
		press("Continue").expect(200, "/", "Hello, Esi Owusu").
		press("Sign out").expect(200, "/sign-in").press("Esi Owusu").expect(200, "/stepup/login/")
	app.later(30 * time.Second)
	b.enter(app.authenticator("Esi Owusu")).press("Confirm").expect(200, "/", "Hello, Esi Owusu")
}
