package main_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// TestSignIn walks through the ways to sign in, as TestJourneys does through the
// app.
func TestSignIn(t *testing.T) {
	for _, journey := range []struct {
		name string
		walk func(t *testing.T)
	}{
		{"a password is enough where no second factor is asked for", passwordAlone},
		{"every wrong password is answered the same", wrongPasswords},
		{"the code that the sign-in sent completes it", secondFactorBySMS},
		{"an authenticator app completes a sign-in", secondFactorByTOTP},
		{"a member who must have a second factor sets up an authenticator app", setsUpAuthenticator},
		{"a member who must have a second factor adds a phone", addsPhone},
		{"a link in a mail signs the member in", magicLink},
		{"a link works in the browser that asked for it, once", foreignLink},
		{"a link leads to this server, whatever the request calls it", foreignHost},
		{"an unknown address gets the same answer and no mail", unknownAddress},
		{"a link before a second factor leaves the choice of organization", pendingChoice},
		{"switching the organization asks for what is missing there", switchOrganization},
		{"another site signs nobody in", otherSite},
		{"the session cookies are out of reach of scripts", cookieAttributes},
	} {
		t.Run(journey.name, func(t *testing.T) {
			t.Parallel()
			journey.walk(t)
		})
	}
}

func typed(email, password string) map[string]string {
	return map[string]string{"email": email, "password": password}
}

// form opens the sign-in page and returns it, as b shows it.
func (b *browser) form(app *process) *page {
	b.t.Helper()
	return b.open(app.home).expect(200, "/sign-in", "Email address", "Password")
}

func passwordAlone(t *testing.T) {
	app := start(t, nil)
	b := newBrowser(t)
	form := b.form(app)
	for _, empty := range []map[string]string{typed("", ""), typed("ada@northwind.example", ""), typed("ada", demoPassword)} {
		form.press("Sign in", empty).expect(422, "/sign-in", "Enter your email address and your password.")
	}
	home := form.press("Sign in", typed(" Ada@Northwind.example ", demoPassword)).expect(200, "/", "Hello, Ada Moreno", "password, knowledge")
	if n := len(app.codes()); n != 0 {
		t.Errorf("%d text messages, want none", n)
	}
	// Going there again offers to sign in again, as whoever it is.
	b.open(app.home+"sign-in").expect(200, "/sign-in", "Sign in again", "ada@northwind.example")
	home.press("Sign out", nil).expect(200, "/sign-in", "Choose who you are")
	b.open(app.home+"account").expect(200, "/sign-in")
}

func wrongPasswords(t *testing.T) {
	app := start(t, nil)
	form := newBrowser(t).form(app)
	refused := func(email, password string) string {
		page := form.press("Sign in", typed(email, password)).expect(422, "/sign-in", "is not right")
		if strings.Contains(page.body, "wr0ng") {
			t.Error("the page shows the password that was typed")
		}
		return regexp.MustCompile(`<input id="email".*?>`).ReplaceAllString(page.body, "")
	}
	want := refused("ada@northwind.example", "wr0ng")
	for name, email := range map[string]string{
		"no member":                      "nobody@northwind.example",
		"a member of another company":    "esi@harbor.example",
		"a member with a second factor":  "ben@northwind.example",
		"what is hardly an address":      "@",
		"an address with unusual quotes": `"a b"@northwind.example`,
	} {
		if got := refused(email, "wr0ng"); got != want {
			t.Errorf("%s: the page differs from that of a wrong password", name)
		}
	}
	for range 10 { // Stytch locks the member
		refused("ada@northwind.example", "wr0ng")
	}
	if got := refused("ada@northwind.example", demoPassword); got != want {
		t.Error("a locked member: the page differs from that of a wrong password")
	}
	if n := len(app.codes()); n != 0 {
		t.Errorf("%d text messages, want none", n)
	}
}

func secondFactorBySMS(t *testing.T) {
	app := start(t, nil)
	b := newBrowser(t)
	verify := b.open(app.home+"payouts").press("Ben Okafor", nil).
		expect(200, "/stepup/login/", "One more step to finish signing in", "ending 67")
	code := app.onlyCode() // of the sign-in itself
	b.open(app.home+"account").expect(200, "/sign-in", "Choose who you are")
	again := verify.press("Confirm", map[string]string{"code": other(code)}).expect(422, "/stepup/login/", "That code is not right. 4")
	again.press("Confirm", map[string]string{"code": code}).expect(200, "/payouts", "Halden Freight").
		follow("Home").expect(200, "/", "Hello, Ben Okafor", "password, knowledge", "otp, sms", "the payouts are open to you")
	app.onlyCode()
	verify.press("Confirm", map[string]string{"code": code}).expect(200, "/payouts") // done: the way back leads on
}

func secondFactorByTOTP(t *testing.T) {
	app := start(t, nil)
	verify := newBrowser(t).open(app.home).press("Dev Patel", nil).expect(200, "/stepup/login/", "One more step to finish signing in", "authenticator app")
	code := app.authenticator("Dev Patel")
	home := verify.press("Confirm", map[string]string{"code": code}).expect(200, "/", "Hello, Dev Patel", "totp, authenticator_app")
	home.follow("Payouts").expect(200, "/payouts")

	// The app's code was used to sign in, and a transfer wants one of its own.
	ask := home.follow("Transfers").press("Send", map[string]string{"payee": "Acme", "amount": "5,000"}).
		expect(401, "/transfers", "You are approving: Transfer $5,000.00 to Acme", "authenticator app")
	used := ask.press("Confirm", map[string]string{"code": code}).expect(422, "/stepup/", "That code was used already.")
	app.later(totpPeriod)
	used.press("Confirm", map[string]string{"code": app.authenticator("Dev Patel")}).
		expect(200, "/stepup/", "Check what you are about to send").
		press("Continue", nil).expect(200, "/transfers", "Sent $5,000.00 to Acme.")
	if n := len(app.codes()); n != 0 {
		t.Errorf("%d text messages, want none", n)
	}
}

func setsUpAuthenticator(t *testing.T) {
	app := start(t, nil)
	b := newBrowser(t)
	add := b.open(app.home).press("Esi Owusu", nil).expect(200, "/stepup/login/", "Add your phone number", "To finish signing in")
	setUp := add.press("Set up an authenticator app instead", nil).expect(200, "/stepup/login/authenticator", "Scan this QR code")
	saved := setUp.press("Confirm", map[string]string{"code": app.authenticator("Esi Owusu")}).
		expect(200, "/stepup/login/", "Save your recovery codes", app.recoveryCodes("Esi Owusu")[0])
	home := saved.follow("Continue").expect(200, "/", "Hello, Esi Owusu", "Harbor Mutual", "totp, authenticator_app")
	home.press("Sign out", nil).press("Esi Owusu", nil).expect(200, "/stepup/login/", "Enter the code from your authenticator app")
}

func addsPhone(t *testing.T) {
	app := start(t, nil)
	b := newBrowser(t)
	add := b.open(app.home).press("Esi Owusu", nil).expect(200, "/stepup/login/", "Add your phone number")
	verify := add.press("Send code", map[string]string{"phone": "+1 202 555 0199"}).expect(200, "/stepup/login/", "ending 99")
	home := verify.press("Confirm", map[string]string{"code": app.onlyCode()}).expect(200, "/", "Hello, Esi Owusu", "•••• 99")
	home.press("Sign out", nil).press("Esi Owusu", nil).expect(200, "/stepup/login/", "ending 99")
	app.lastCode(2)
}

func magicLink(t *testing.T) {
	app := start(t, nil)
	b := newBrowser(t)
	form := b.open(app.home+"account").expect(200, "/sign-in")
	form.press("Email me a link", typed("nonsense", "")).expect(422, "/sign-in/link", "Enter your email address.")
	form.press("Email me a link", typed("ben@northwind.example", "")).expect(200, "/sign-in/sent", "Check your email", "15 minutes")
	verify := b.open(app.phone).expect(200, "/phone", "To Ben Okafor, ben@northwind.example").
		follow("Sign in to Northwind Trading").expect(200, "/stepup/login/", "ending 67")
	verify.press("Confirm", map[string]string{"code": app.onlyCode()}).expect(200, "/account").
		follow("Home").expect(200, "/", "Hello, Ben Okafor", "magic_link, email", "otp, sms")

	// Ada needs no second factor, and belongs to two organizations.
	b = newBrowser(t)
	b.open(app.home+"account").press("Email me a link", typed("ada@northwind.example", "")).expect(200, "/sign-in/sent")
	choice := b.open(app.phone).follow("Sign in to Northwind Trading").
		expect(200, "/organizations", "Choose your organization", "Northwind Trading You are here", "Harbor Mutual", "Asks for a second factor.")
	choice.press("Northwind Trading", nil).expect(200, "/account").
		follow("Home").expect(200, "/", "Hello, Ada Moreno", "Northwind Trading", "magic_link, email")
	verify = choice.press("Harbor Mutual", nil).expect(200, "/stepup/login/", "ending 42")
	verify.press("Confirm", map[string]string{"code": app.lastCode(2)}).expect(200, "/account").
		follow("Home").expect(200, "/", "Hello, Ada Moreno", "Harbor Mutual", "magic_link, email", "otp, sms")
}

func foreignLink(t *testing.T) {
	app := start(t, nil)
	b := newBrowser(t)
	form := b.form(app)
	form.press("Email me a link", typed("ben@northwind.example", "")).expect(200, "/sign-in/sent")
	link := app.mails()[0].URL
	if !strings.HasPrefix(link, app.home+"sign-in/link?") {
		t.Fatalf("the link leads to another place: %.40s", link)
	}
	// A scanner of mails, or a member whom somebody else sent a link: not used up.
	newBrowser(t).open(link).expect(422, "/sign-in/link", "Open the link in the browser where you asked for it")
	stranger := newBrowser(t)
	stranger.form(app).press("Email me a link", typed("chiara@northwind.example", "")).expect(200, "/sign-in/sent")
	stranger.open(link).expect(422, "/sign-in/link", "This link does not work.")
	if n := len(app.codes()); n != 0 {
		t.Fatalf("%d text messages, want none", n)
	}
	b.open(link).expect(200, "/stepup/login/", "ending 67")
	b.open(link).expect(422, "/sign-in/link", "Open the link in the browser where you asked for it")

	form.press("Email me a link", typed("ben@northwind.example", "")).expect(200, "/sign-in/sent")
	b.open(link).expect(422, "/sign-in/link", "This link does not work.") // an old one
	b.open(app.home+"sign-in/link").expect(422, "/sign-in/link", "This link does not work.")
	b.open(app.mails()[2].URL).expect(200, "/stepup/login/")
}

// foreignHost asks for a link to somebody else's address, so that its token would
// come to the attacker's server.
func foreignHost(t *testing.T) {
	app := start(t, nil)
	fields := url.Values{"email": {"ben@northwind.example"}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, app.home+"sign-in/link", strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example"
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Forwarded-Host", "evil.example")
	resp, err := newBrowser(t).client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if mails := app.mails(); len(mails) != 1 || !strings.HasPrefix(mails[0].URL, app.home) {
		t.Errorf("answered %d, with %d mails; want one whose link leads to this server", resp.StatusCode, len(mails))
	}
}

func unknownAddress(t *testing.T) {
	app := start(t, nil)
	form := newBrowser(t).form(app)
	known := form.press("Email me a link", typed("ada@northwind.example", "")).expect(200, "/sign-in/sent")
	unknown := form.press("Email me a link", typed("nobody@northwind.example", "")).expect(200, "/sign-in/sent")
	if known.body != unknown.body {
		t.Error("the page differs from that of a member")
	}
	if n := len(app.mails()); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
}

func pendingChoice(t *testing.T) {
	for name, there := range map[string]func(app *process, choice *page){
		"the organization of the link, with the code that is on its way": func(app *process, choice *page) {
			verify := choice.press("Harbor Mutual", nil).expect(200, "/stepup/login/", "ending 42")
			verify.press("Confirm", map[string]string{"code": app.onlyCode()}).
				expect(200, "/", "Hello, Ada Moreno", "Harbor Mutual", "otp, sms")
		},
		"the other one, which asks for no second factor": func(app *process, choice *page) {
			choice.press("Northwind Trading", nil).expect(200, "/", "Hello, Ada Moreno", "Northwind Trading", "magic_link, email")
		},
		"one that the member does not belong to": func(_ *process, choice *page) {
			choice.body = strings.ReplaceAll(choice.body, `value="organization-`, `value="organization-x`)
			choice.press("Northwind Trading", nil).expect(422, "/sign-in/organization", "Sign in again.")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := start(t, nil)
			b := newBrowser(t)
			form := b.open(app.home+"sign-in?organization=harbor").expect(200, "/sign-in", "Organization: harbor")
			form.press("Email me a link", typed("ada@northwind.example", "")).expect(200, "/sign-in/sent")
			choice := b.open(app.phone).follow("Sign in to Harbor Mutual").
				expect(200, "/sign-in/organization", "Northwind Trading", "Harbor Mutual Your link was for this one")
			app.onlyCode()
			b.open(app.home+"account").expect(200, "/sign-in") // no session yet
			there(app, choice)
		})
	}
}

func switchOrganization(t *testing.T) {
	app := start(t, nil)
	b := newBrowser(t)
	home := b.open(app.home).press("Ada Moreno", nil).expect(200, "/")
	choice := home.follow("Switch organization").expect(200, "/organizations", "Northwind Trading You are here", "Harbor Mutual Asks you to sign in to it.")
	choice.press("Northwind Trading", nil).expect(200, "/", "Northwind Trading")

	// A password counts only in its own organization.
	form := choice.press("Harbor Mutual", nil).expect(403, "/organizations", "Harbor Mutual does not accept the way you signed in.", "Email me a link")
	form.press("Sign in", map[string]string{"password": "wr0ng"}).expect(422, "/sign-in", "is not right")
	verify := form.press("Sign in", map[string]string{"password": demoPassword}).expect(200, "/stepup/login/", "ending 42")
	b.open(app.home).expect(200, "/", "Northwind Trading") // until the second factor is there
	verify.press("Confirm", map[string]string{"code": app.onlyCode()}).expect(200, "/", "Harbor Mutual", "otp, sms")

	choice.body = strings.ReplaceAll(choice.body, `value="organization-`, `value="organization-x`)
	choice.press("Northwind Trading", nil).expect(422, "/organizations", "You cannot switch to this organization.")
}

// otherSite is a page of another site that posts a sign-in, to have the member work
// in an account of the attacker.
func otherSite(t *testing.T) {
	app := start(t, nil)
	b := newBrowser(t)
	form := b.form(app)
	evil := &page{browser: b, url: &url.URL{Scheme: "https", Host: "evil.example", Path: "/"}}
	for _, path := range []string{"sign-in", "sign-in/link", "sign-in/organization", "organizations", "sign-out"} {
		fields := url.Values{"email": {"ada@northwind.example"}, "password": {demoPassword}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, app.home+path, strings.NewReader(fields.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = b.header(http.MethodPost, evil)
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		resp, err := b.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden || len(resp.Cookies()) != 0 {
			t.Errorf("%s: answered %d with %d cookies, want 403 with none", path, resp.StatusCode, len(resp.Cookies()))
		}
	}
	if n := len(app.mails()); n != 0 {
		t.Errorf("%d mails, want none", n)
	}
	form.press("Ada Moreno", nil).expect(200, "/")
}

func cookieAttributes(t *testing.T) {
	emulator := stytchtest.NewServer()
	defer emulator.Close()
	emulator.AddMember(stytchtest.WithEmail("dora@acme.example"), stytchtest.WithPassword("correct horse"))
	app := start(t, projectOf(emulator))
	fields := url.Values{"email": {"dora@acme.example"}, "password": {"correct horse"}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, app.home+"sign-in", strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := newBrowser(t).client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	names := map[string]bool{}
	for _, c := range resp.Cookies() {
		names[c.Name] = true
		if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Expires.IsZero() {
			t.Errorf("%s has other attributes than stepup.ServerCookies", c.Name)
		}
	}
	if !names["stytch_session"] || !names["stytch_session_jwt"] || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("status %d sets %v with Cache-Control %q", resp.StatusCode, names, resp.Header.Get("Cache-Control"))
	}
}
