package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestJourneys walks through the example as members do.
func TestJourneys(t *testing.T) {
	t.Parallel()
	browser := startChromium(t)
	binary := buildLedgerline(t)
	t.Run("all", func(t *testing.T) { // returns when all are done, and then the browser ends
		for _, journey := range []struct {
			name string
			walk func(b *tab, app *ledgerline)
		}{
			{"a new code replaces the old one", resend}, // waits half a minute, so it starts first
			{"a guarded page opens with the code, by keyboard only", happyPath},
			{"a code that comes too late opens nothing", expired},
			{"a second tab notices that the first was verified", twoTabs},
			{"the back button leads forward after a success", backButton},
			{"a kept form is sent by its button", keptForm},
			{"two transfers in two tabs need a code each", twoTransfers},
			{"a sign-in with a text message, by keyboard only", signInBySMS},
			{"a sign-in with an authenticator app", signInByApp},
			{"a sign-in that adds an authenticator app", signInAddsApp},
			{"a sign-in by mail, and the choice of organization", signInByMail},
			{"a sign-in that is too old", signInTooOld},
			{"everything about signing in works without scripts", signInWithoutScripts},
			{"everything works without scripts", withoutScripts},
			{"a form is kept without scripts too", keptFormWithoutScripts},
			{"a prefetched page sends no message", prefetch},
		} {
			t.Run(journey.name, func(t *testing.T) {
				t.Parallel()
				app := start(t, binary)
				journey.walk(browser.newTab(t), app)
			})
		}
	})
}

func happyPath(b *tab, app *ledgerline) {
	b.open(app.home).expect(200, "/sign-in", "Choose who you are").inspect("app-sign-in")
	b.press("Ada Moreno").expect(200, "/", "Hello, Ada Moreno").inspect("app-home")
	b.press("Account").expect(200, "/account", "$482,913.06").inspect("app-account")
	b.sibling().open(app.home+"phone").expect(200, "/phone", "No messages yet").inspect("app-phone")

	// The field has the focus, so the code can be typed at once.
	b.press("Payouts").expect(200, "/stepup/", "Check your phone", "Open the payouts", "ending 42").inspect("code")
	code := app.code(1)
	b.enter(other(code)).submit().expect(422, "/stepup/", "That code is not right. 4 attempts left.").inspect("code-wrong")
	if on := evaluate[string](b, `document.activeElement.id`); on != "code" {
		b.t.Errorf("the focus is on %q, want the field", on)
	}
	if b.value("code") != "" {
		b.t.Error("the wrong code is still in the field")
	}
	b.enter("12345").submit().expect(422, "/stepup/", "Enter the 6-digit code from the message.").inspect("code-malformed")
	b.tabTo("6-digit code").enter(" "+code[:3]+"-"+code[3:]).press("Confirm").
		expect(200, "/payouts", "Halden Freight").inspect("app-payouts")
	app.code(1)
}

func withoutScripts(b *tab, app *ledgerline) {
	b.withoutScripts().open(app.home)
	b.press("Ada Moreno").press("Payouts").expect(200, "/stepup/", "Check your phone", "It works for about 2 minutes", "You can ask for a new code in").
		inspect("code-no-scripts")
	code := app.code(1)
	b.enter(other(code)).press("Confirm").expect(422, "/stepup/", "4 attempts left")
	// A resend that comes too early returns the same page, typed code included. On
	// a slow machine it may come late enough to be granted.
	b.tabTo("6-digit code").enter(code).press("Send a new code")
	sent := 1
	for b.status == 200 {
		sent++
		code = app.code(sent)
		b.tabTo("6-digit code").enter(code).press("Send a new code")
	}
	b.expect(429, "/stepup/send", "You can ask for a new code in").inspect("code-cooldown-no-scripts")
	if typed := b.value("code"); typed != code {
		b.t.Errorf("the field holds %q after the resend, want what was typed", typed)
	}
	b.press("Confirm").expect(200, "/payouts", "Halden Freight")
	app.code(sent)
}

func resend(b *tab, app *ledgerline) {
	b.open(app.home).press("Ada Moreno").press("Payouts").expect(200, "/stepup/", "Check your phone")
	first := app.code(1)
	// The button waits for the cooldown of half a minute. The page counts whole
	// seconds, so it may be early by one and gets told so.
	for range 2 {
		b.waitFor(`!document.getElementById("resend").hasAttribute("aria-disabled")`, 45*time.Second)
		if b.press("Send a new code"); b.status != 429 {
			break
		}
	}
	b.expect(200, "/stepup/", "New code sent. The old one no longer works.").inspect("code-resent")
	second := app.code(2)
	b.sibling().open(app.home+"phone").expect(200, "/phone", first, second, "replaced by a newer one").inspect("app-phone-messages")
	b.enter(first).submit().expect(422, "/stepup/", "use the newest message").inspect("code-superseded")
	b.tabTo("6-digit code").enter(second).submit().expect(200, "/payouts")
}

func expired(b *tab, app *ledgerline) {
	b.open(app.home).press("Ada Moreno").press("Payouts").expect(200, "/stepup/")
	code := app.code(1)
	app.later(121 * time.Second)
	// The page counts down by its machine's clock, which is now ahead.
	const later = `(() => { const now = Date.now; Date.now = () => now() + 121e3 })()`
	evaluate[chromedp.Void](b, later)
	b.waitFor(`document.getElementById("expired").textContent !== ""`, patience)
	b.says("The code has expired. Send a new one.").inspect("code-expired-while-open")
	b.tabTo("6-digit code").enter(code).submit().expect(422, "/stepup/", "The code has expired.", "You can ask for a new code in").inspect("code-expired")
	// By the server's clock it is too soon for a new code.
	evaluate[chromedp.Void](b, later)
	b.waitFor(`document.getElementById("resend").className === "primary"`, patience)
	b.open(app.home+"payouts").expect(200, "/stepup/")
	app.code(1)
}

func twoTabs(b *tab, app *ledgerline) {
	b.open(app.home).press("Ada Moreno").press("Payouts").expect(200, "/stepup/", "Check your phone")
	second := b.sibling()
	second.open(app.home+"payouts").expect(200, "/stepup/", "Check your phone")
	status := evaluate[string](second, `document.querySelector("main").dataset.status`)
	b.enter(app.code(1)).submit().expect(200, "/payouts")
	// The other tab sent word, so this one asks the server.
	if got := second.answer(status); got != 200 {
		b.t.Errorf("%s was answered %d, want 200", status, got)
	}
	second.comeBack()
	second.says("Verified in another tab.").inspect("code-elsewhere")
	second.press("Continue").expect(200, "/payouts", "Halden Freight")
	app.code(1)
}

func backButton(b *tab, app *ledgerline) {
	b.open(app.home).press("Ada Moreno").press("Payouts").expect(200, "/stepup/")
	b.enter(app.code(1)).submit().expect(200, "/payouts")
	b.back().expect(200, "/payouts", "Halden Freight")
	app.code(1)
}

// fillTransfer fills in the form at /transfers and sends it.
func fillTransfer(b *tab, app *ledgerline, payee, amount string) {
	b.t.Helper()
	b.open(app.home+"transfers").expect(200, "/transfers")
	b.tabTo("To").enter(payee)
	b.tabTo("Amount").enter(amount)
	b.press("Send")
}

func keptForm(b *tab, app *ledgerline) {
	b.open(app.home).press("Ada Moreno")
	b.open(app.home + "transfers").inspect("app-transfers")
	fillTransfer(b, app, "", "250")
	b.expect(422, "/transfers", "Enter who gets the money").inspect("app-transfers-wrong")
	fillTransfer(b, app, "Acme", "5,000")
	b.expect(401, "/transfers", "Transfer $5,000.00 to Acme", "Your form is kept").inspect("ask-with-form")
	if sent := app.codes(); len(sent) != 0 {
		b.t.Fatalf("%d text messages before anybody asked for one", len(sent))
	}
	b.press("Send code to").expect(200, "/stepup/send", "Check your phone", "Transfer $5,000.00 to Acme").inspect("code-with-form")
	code := app.code(1)
	b.enter(other(code)).submit().expect(422, "/stepup/", "4 attempts left", "Transfer $5,000.00 to Acme")
	b.tabTo("6-digit code").enter(code).submit().
		expect(200, "/stepup/", "Check what you are about to send", "Transfer $5,000.00 to Acme", "5,000").inspect("continue")

	// Nothing was sent by itself.
	beside := b.sibling()
	if text := beside.open(app.home+"transfers").expect(200, "/transfers").text(); strings.Contains(text, "Acme") {
		b.t.Fatal("the transfer was made without the member pressing anything")
	}
	b.press("Continue").expect(200, "/transfers", "Sent $5,000.00 to Acme.").inspect("app-transfers-sent")
}

// twoTransfers approves each transfer with a code of its own: one that was entered
// for the first opens nothing in the second tab.
func twoTransfers(b *tab, app *ledgerline) {
	b.open(app.home).press("Dev Patel").expect(200, "/stepup/login/")
	b.enter(app.authenticator("Dev Patel")).submit().expect(200, "/", "Hello, Dev Patel")
	second := b.sibling()
	fillTransfer(second, app, "Bolt", "2,000")
	second.expect(401, "/transfers", "You are approving: Transfer $2,000.00 to Bolt")
	fillTransfer(b, app, "Acme", "5,000")
	app.later(30 * time.Second)
	code := app.authenticator("Dev Patel")
	b.expect(401, "/transfers", "You are approving: Transfer $5,000.00 to Acme").
		enter(code).submit().expect(200, "/stepup/", "Transfer $5,000.00 to Acme", "Check what you are about to send")

	second.tabTo("6-digit code").enter(code).submit().expect(422, "/stepup/", "That code was used already.", "Transfer $2,000.00 to Bolt")
	b.press("Continue").expect(200, "/transfers", "Sent $5,000.00 to Acme.")
	app.later(30 * time.Second)
	second.tabTo("6-digit code").enter(app.authenticator("Dev Patel")).submit().expect(200, "/stepup/", "Transfer $2,000.00 to Bolt")
	second.press("Continue").expect(200, "/transfers", "Sent $2,000.00 to Bolt.", "Acme")
}

func keptFormWithoutScripts(b *tab, app *ledgerline) {
	b.withoutScripts().open(app.home)
	b.press("Ada Moreno")
	fillTransfer(b, app, "Acme", "5,000")
	b.expect(401, "/transfers", "Your form is kept").press("Send code to").expect(200, "/stepup/send", "Check your phone")
	b.enter(app.code(1)).submit().expect(200, "/stepup/", "Check what you are about to send")
	b.press("Continue").expect(200, "/transfers", "Sent $5,000.00 to Acme.")
}

func prefetch(b *tab, app *ledgerline) {
	b.open(app.home).press("Ada Moreno")
	// The example's policy forbids prefetching. Other apps allow it.
	call(b, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true})
	b.open(app.home)
	evaluate[chromedp.Void](b, `(() => {
		const link = document.createElement("link");
		link.rel = "prefetch";
		link.href = "/payouts";
		document.head.append(link);
		const rules = document.createElement("script");
		rules.type = "speculationrules";
		rules.textContent = JSON.stringify({ prefetch: [{ urls: ["/payouts?week=48"], eagerness: "immediate" }] });
		document.head.append(rules);
	})()`)
	for _, path := range []string{"/payouts", "/payouts?week=48"} {
		if got := b.answer(path); got != 401 {
			b.t.Errorf("%s was answered %d when prefetched, want 401", path, got)
		}
	}
	if sent := app.codes(); len(sent) != 0 {
		b.t.Fatalf("%d text messages for a page that nobody has opened", len(sent))
	}
	b.press("Payouts").expect(200, "/stepup/", "Check your phone")
	app.code(1)
}
