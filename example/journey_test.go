package main_test

import (
	"errors"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// TestJourneys runs the example as a process and walks through it. The journeys
// know only what a visitor knows: the printed addresses, links and forms.
func TestJourneys(t *testing.T) {
	for _, journey := range []struct {
		name string
		walk func(t *testing.T)
	}{
		{"a guarded page asks for a code and then opens", stepUp},
		{"the sign-in leads to the page that the member wanted", wayBack},
		{"a member without a second factor adds one", withoutPhone},
		{"a sign-in that is too old is made again", signInTooOld},
		{"a recovery code opens the statements and not the payouts", recoveryCode},
		{"a small transfer asks for no code, and a large one for its own", transfers},
		{"an API client steps up with a bearer token", apiClient},
		{"a browser on plain http must ask for the code", plainHTTP},
		{"your own project signs its members in", ownProject},
		{"a session in the browser's cookies is accepted", ownCookies},
		{"a session that was revoked elsewhere does not open the approvers", revokedElsewhere},
		{"the policies are printed", printedPolicies},
		{"bad settings end the process", badSettings},
		{"probes and files need no session", withoutSession},
	} {
		t.Run(journey.name, func(t *testing.T) {
			t.Parallel()
			journey.walk(t)
		})
	}
}

func stepUp(t *testing.T) {
	app := start(t, nil)
	b := newBrowser(t)
	home := b.open(app.home).expect(200, "/sign-in", "Ada Moreno", "Ben Okafor", "Chiara Lindt", "simulated")
	member := home.press("Ada Moreno", nil).expect(200, "/", "Hello, Ada Moreno", "ada@northwind.example", "•••• 42", "password, knowledge")
	member.follow("Account").expect(200, "/account", "$482,913.06")
	if n := len(app.codes()); n != 0 {
		t.Fatalf("%d text messages before any guarded page was opened", n)
	}

	verify := member.follow("Payouts").expect(200, "/stepup/", "Check your phone", "Open the payouts", "number ending 42", "simulated phone")
	code := app.onlyCode()
	verify.follow("the simulated phone").expect(200, "/phone", "Ada Moreno", code)
	again := verify.press("Confirm", map[string]string{"code": other(code)}).expect(422, "/stepup/", "4 attempts left")
	app.onlyCode()
	payouts := again.press("Confirm", map[string]string{"code": code}).expect(200, "/payouts", "Halden Freight", "$18,240.00")
	payouts.follow("Payouts").expect(200, "/payouts")
	payouts.follow("Home").expect(200, "/", "the payouts are open to you", "otp, sms")

	payouts.press("Sign out", nil).expect(200, "/sign-in", "Choose who you are")
	b.open(app.home+"payouts").expect(200, "/sign-in", "Choose who you are")
	app.onlyCode()
}

func wayBack(t *testing.T) {
	app := start(t, nil)
	signIn := newBrowser(t).open(app.home+"account?week=48").expect(200, "/sign-in", "Choose who you are")
	account := signIn.press("Ada Moreno", nil).expect(200, "/account", "$482,913.06")
	if account.url.RawQuery != "week=48" {
		t.Errorf("back at query %q, want the one before the sign-in", account.url.RawQuery)
	}
	if n := len(app.codes()); n != 0 {
		t.Errorf("%d text messages, want none", n)
	}
	for _, elsewhere := range []string{"//evil.example/account", "https://evil.example/", "/\\evil.example", "/stepup/"} {
		newBrowser(t).open(app.home+"sign-in?next="+url.QueryEscape(elsewhere)).press("Ada Moreno", nil).expect(200, "/", "Hello, Ada Moreno")
	}
}

func withoutPhone(t *testing.T) {
	app := start(t, nil)
	member := newBrowser(t).open(app.home).press("Chiara Lindt", nil).expect(200, "/", "Hello, Chiara Lindt", "Phone none")
	member.follow("Account").expect(200, "/account")
	form := member.follow("Payouts").expect(200, "/payouts", "Add your phone number")
	verify := form.press("Send code", map[string]string{"phone": "+1 202 555 0188"}).expect(200, "/stepup/", "ending 88")
	verify.press("Confirm", map[string]string{"code": app.onlyCode()}).expect(200, "/payouts", "Halden Freight")

	// Later, whoever has the session may be a thief, so nothing can be added.
	app = start(t, nil)
	member = newBrowser(t).open(app.home).press("Chiara Lindt", nil).expect(200, "/", "Hello, Chiara Lindt")
	app.later(6 * time.Minute)
	member.follow("Payouts").expect(403, "/payouts", "administrator")
	if n := len(app.codes()); n != 0 {
		t.Errorf("%d text messages, want none", n)
	}
}

func signInTooOld(t *testing.T) {
	emulator := stytchtest.NewServer()
	defer emulator.Close()
	member := emulator.AddMember(stytchtest.WithName("Dora Weiss"), stytchtest.WithEmail("dora@acme.example"),
		stytchtest.WithPhone("+12025550167"), stytchtest.WithPassword("correct horse"), stytchtest.WithMFAEnrolled())
	app := start(t, projectOf(emulator))
	old := func() *browser {
		b := newBrowser(t)
		b.keep(app, emulator.SignIn(member, stytchtest.WithFactor("password", "knowledge", 11*time.Minute), stytchtest.WithFactor("otp", "sms", 11*time.Minute)))
		return b
	}

	// Both factors are too old. The password comes first, and keeps the session:
	// no code is asked for to sign in.
	again := old().open(app.home+"approvers").expect(200, "/sign-in", "Acme", "Sign in again", "signed in as dora@acme.example")
	again.press("Sign in", map[string]string{"password": "wrong"}).expect(422, "/sign-in", "is not right", "Sign in again")
	verify := again.press("Sign in", map[string]string{"password": "correct horse"}).expect(200, "/stepup/", "Open the approvers", "ending 67")
	if n := len(emulator.Messages("")); n != 1 {
		t.Errorf("%d text messages, want 1", n)
	}
	verify.press("Confirm", map[string]string{"code": emulator.LastCode(member)}).expect(200, "/approvers", "$250,000.00")

	// A link is as good. Stytch may send no other code so soon after the first.
	b := old()
	again = b.open(app.home+"approvers").expect(200, "/sign-in", "Sign in again")
	again.press("Email me a link", nil).expect(200, "/sign-in/sent", "Check your email")
	b.open(emulator.Mails("")[0].URL).expect(200, "/stepup/", "Open the approvers", "Confirm it is you")

	// The session has ended since the page was opened.
	again.press("Sign out", nil).expect(200, "/sign-in")
	again.press("Sign in", map[string]string{"password": "correct horse"}).expect(422, "/sign-in", "That took too long.", "Email address")
}

func recoveryCode(t *testing.T) {
	app := start(t, nil)
	b := newBrowser(t)
	signIn := b.open(app.home).press("Dev Patel", nil).expect(200, "/stepup/login/", "authenticator app")
	used := signIn.press("Use a recovery code instead", nil).expect(200, "/stepup/login/", "Enter a recovery code").
		press("Confirm", map[string]string{"code": app.recoveryCodes("Dev Patel")[0]}).
		expect(200, "/stepup/login/", "You have 9 recovery codes left.")
	home := used.follow("Continue").expect(200, "/", "Hello, Dev Patel", "recovery_codes, recovery_code")
	home.follow("Statements").expect(200, "/statements", "In")
	home.follow("Payouts").expect(200, "/stepup/", "Open the payouts", "authenticator app").
		press("Confirm", map[string]string{"code": app.authenticator("Dev Patel")}).expect(200, "/payouts", "Halden Freight")
}

func transfers(t *testing.T) {
	app := start(t, nil)
	b := newBrowser(t)
	form := b.open(app.home).press("Ada Moreno", nil).follow("Transfers").expect(200, "/transfers", "Over $1,000.00 asks for a code, for this transfer alone")
	amount := func(typed string) map[string]string {
		return map[string]string{"payee": "Kestrel Components", "amount": typed, "reference": "PO 5521"}
	}
	for _, typed := range []string{"", "0", "-5", "12.345", "ten", "1e3", "9999999999"} {
		form.press("Send", amount(typed)).expect(422, "/transfers", "Enter an amount")
	}
	form.press("Send", map[string]string{"amount": "5"}).expect(422, "/transfers", "Enter who gets the money")
	form.press("Send", amount("1,000.00")).expect(200, "/transfers", "Sent $1,000.00 to Kestrel Components.", "PO 5521")

	// The 401 is the verify page itself, since a redirect would lose the form.
	refused := form.press("Send", amount("$1,000.01")).expect(401, "/transfers", "Transfer $1,000.01 to Kestrel Components", "Your form is kept", "Send code")
	if n := len(app.codes()); n != 0 {
		t.Fatalf("a form caused %d text messages by itself", n)
	}
	verify := refused.press("Send code", nil).expect(200, "/stepup/send", "Check your phone", "Transfer $1,000.01 to Kestrel Components")
	kept := verify.press("Confirm", map[string]string{"code": app.onlyCode()}).
		expect(200, "/stepup/", "Check what you are about to send", "Kestrel Components", "$1,000.01", "PO 5521")
	if page := b.open(app.home + "transfers"); strings.Contains(page.text(), "$1,000.01") {
		t.Fatal("the transfer was made without the member pressing anything")
	}
	kept.press("Continue", nil).expect(200, "/transfers", "Sent $1,000.01 to Kestrel Components.")

	// The code was for this transfer, and for one of it.
	kept.press("Continue", nil).expect(401, "/transfers", "Transfer $1,000.01 to Kestrel Components")
	form.press("Send", amount("2,500")).expect(401, "/transfers", "Transfer $2,500.00 to Kestrel Components")
	if n := strings.Count(b.open(app.home+"transfers").text(), "$1,000.01"); n != 1 {
		t.Errorf("the transfer was made %d times, want once", n)
	}

	// Another site's form, with the member's cookies. In browsers SameSite=Lax
	// withholds them, but the app does not rely on that.
	form.url = &url.URL{Scheme: "https", Host: "evil.example", Path: "/"}
	fields := url.Values{"payee": {"Mallory"}, "amount": {"900"}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, app.home+"transfers", strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = b.header(http.MethodPost, form)
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("another site's form was answered %d, want 403", resp.StatusCode)
	}
	if page := b.open(app.home+"transfers").expect(200, "/transfers"); strings.Contains(page.text(), "Mallory") {
		t.Error("another site's form sent money")
	}
}

func apiClient(t *testing.T) {
	app := start(t, nil)
	b := newBrowser(t)
	home := b.open(app.home).press("Ada Moreno", nil)
	jwt := ""
	for _, c := range b.client.Jar.Cookies(home.url) {
		if c.Name == "stytch_session_jwt" {
			jwt = c.Value
		}
	}

	var problem struct {
		Code  string
		Links struct{ Send, Verify string }
	}
	resp := call(t, http.MethodGet, app.home+"api/payouts", jwt, "", &problem)
	if resp.StatusCode != http.StatusUnauthorized || problem.Code != "step_up_required" ||
		!strings.Contains(resp.Header.Get("WWW-Authenticate"), `error="insufficient_user_authentication"`) {
		t.Fatalf("got %d %q with WWW-Authenticate %q, want a 401 that asks for a step-up",
			resp.StatusCode, problem.Code, resp.Header.Get("WWW-Authenticate"))
	}

	var sent struct{ Code string }
	resp = call(t, http.MethodPost, home.resolve(problem.Links.Send), jwt, `{"policy":"money"}`, &sent)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("send: %d %q, want 200", resp.StatusCode, sent.Code)
	}
	var verified struct {
		Code       string
		SessionJWT string `json:"session_jwt"`
	}
	body := `{"policy":"money","code":"` + app.onlyCode() + `"}`
	resp = call(t, http.MethodPost, home.resolve(problem.Links.Verify), jwt, body, &verified)
	if resp.StatusCode != http.StatusOK || verified.SessionJWT == "" || verified.SessionJWT == jwt {
		t.Fatalf("verify: %d %q, want 200 with a new session JWT", resp.StatusCode, verified.Code)
	}

	var data struct {
		Payouts []struct {
			Payee  string
			Amount int64 `json:"amount_cents"`
		}
	}
	resp = call(t, http.MethodGet, app.home+"api/payouts", verified.SessionJWT, "", &data)
	if resp.StatusCode != http.StatusOK || len(data.Payouts) == 0 || data.Payouts[0].Amount != 1824000 {
		t.Errorf("payouts: %d %+v, want 200 with the payouts", resp.StatusCode, data)
	}
	resp = call(t, http.MethodGet, app.home+"api/payouts", "", "", &problem)
	if resp.StatusCode != http.StatusUnauthorized || problem.Code != "session_required" {
		t.Errorf("without a token: %d %q, want 401 session_required", resp.StatusCode, problem.Code)
	}
}

func plainHTTP(t *testing.T) {
	app := start(t, nil, "-insecure-cookies")
	b := newPlainBrowser(t)
	b.open(app.home).press("Email me a link", typed("chiara@northwind.example", "")).expect(200, "/sign-in/sent")
	b.open(app.phone).follow("Sign in to Northwind Trading").expect(200, "/", "Hello, Chiara Lindt")

	verify := newPlainBrowser(t).open(app.home).press("Ada Moreno", nil).follow("Payouts").expect(200, "/stepup/", "Confirm it is you")
	if n := len(app.codes()); n != 0 {
		t.Fatalf("%d text messages before anybody asked for one", n)
	}
	verify = verify.press("Send code", nil).expect(200, "/stepup/", "Check your phone")
	verify.press("Confirm", map[string]string{"code": app.onlyCode()}).expect(200, "/payouts")
}

// projectOf returns the settings for an emulator that was started elsewhere.
func projectOf(emulator *stytchtest.Server) []string {
	return []string{
		"STYTCH_PROJECT_ID=" + emulator.ProjectID, "STYTCH_SECRET=" + emulator.Secret, "STYTCH_BASE_URL=" + emulator.URL,
		"STYTCH_ORGANIZATION=default", // where the emulator puts members that name no other
	}
}

func ownProject(t *testing.T) {
	emulator := stytchtest.NewServer()
	defer emulator.Close()
	member := emulator.AddMember(stytchtest.WithName("Dora Weiss"), stytchtest.WithEmail("dora@acme.example"), stytchtest.WithPassword("correct horse"))
	app := start(t, projectOf(emulator))
	if app.phone != "" || app.emulator != "" {
		t.Error("an emulator was started in spite of the project")
	}
	b := newBrowser(t)
	form := b.open(app.home).expect(200, "/sign-in", "Organization: default")
	if strings.Contains(form.text(), "simulated") || strings.Contains(form.text(), "Ada Moreno") {
		t.Error("the page is that of the demo")
	}
	b.open(app.home+"phone").expect(404, "/phone")

	typed := map[string]string{"email": "dora@acme.example", "password": "correct horse"}
	home := form.press("Sign in", typed).expect(200, "/", "Hello, Dora Weiss")
	verify := home.follow("Approvers").expect(200, "/stepup/", "Check your phone")
	verify.press("Confirm", map[string]string{"code": emulator.LastCode(member)}).expect(200, "/approvers")
	home.follow("Payouts").expect(200, "/payouts")
	home.press("Sign out", nil).expect(200, "/sign-in")
	if !slices.ContainsFunc(emulator.Calls(), func(c stytchtest.Call) bool {
		return c.Path == "/v1/b2b/sessions/revoke" && c.Status == http.StatusOK
	}) {
		t.Error("the session was not revoked")
	}

	for _, tt := range []struct {
		fault  stytchtest.Fault
		status int
		want   string
	}{
		{stytchtest.Fault{Status: 500}, 503, "Signing in is not possible at the moment"},
		{stytchtest.Fault{HangUp: true}, 503, "Signing in is not possible at the moment"},
		{stytchtest.Fault{ErrorType: "too_many_requests"}, 429, "There were too many tries"},
		{stytchtest.Fault{ErrorType: "member_reset_password"}, 422, "have a link emailed"},
	} {
		tt.fault.Path = "passwords/authenticate"
		emulator.Fail(tt.fault)
		form.press("Sign in", typed).expect(tt.status, "/sign-in", tt.want)
		tt.fault.Path = "magic_links/email/login_or_signup"
		emulator.Fail(tt.fault)
		page := form.press("Email me a link", typed)
		if tt.status != 422 {
			page.expect(tt.status, "/sign-in/link", tt.want)
		} else {
			page.expect(200, "/sign-in/sent")
		}
	}
}

// revokedElsewhere shows what Policy.Live adds: the JWT is good for minutes after
// the session has ended.
func revokedElsewhere(t *testing.T) {
	emulator := stytchtest.NewServer()
	defer emulator.Close()
	session := emulator.SignIn(emulator.AddMember(), stytchtest.WithFactor("otp", "sms", 0))
	app := start(t, projectOf(emulator))
	b := newBrowser(t)
	b.keep(app, session)
	b.open(app.home+"payouts").expect(200, "/payouts")
	emulator.Revoke(session.ID)
	b.open(app.home+"payouts").expect(200, "/payouts")
	b.open(app.home+"approvers").expect(200, "/sign-in")
}

func ownCookies(t *testing.T) {
	emulator := stytchtest.NewServer()
	defer emulator.Close()
	session := emulator.SignIn(emulator.AddMember(stytchtest.WithName("Dora Weiss")))
	app := start(t, projectOf(emulator))
	b := newBrowser(t)
	b.keep(app, session)
	b.open(app.home).expect(200, "/", "Hello, Dora Weiss").follow("Account").expect(200, "/account")
}

func badSettings(t *testing.T) {
	for _, tt := range []struct {
		name  string
		env   []string
		flags []string
		want  string
	}{
		{"a project without its secret", []string{"STYTCH_PROJECT_ID=project-test-1"}, nil, "must be set together"},
		{"a secret without its project", []string{"STYTCH_SECRET=secret-test-1"}, nil, "must be set together"},
		{"a project without an organization", []string{"STYTCH_PROJECT_ID=project-test-1", "STYTCH_SECRET=secret-test-1"}, nil, "must be set together"},
		{"an organization that can be none", []string{"STYTCH_PROJECT_ID=project-test-1", "STYTCH_SECRET=secret-test-1", "STYTCH_ORGANIZATION=a b"}, nil, "must be set together"},
		{"a bad address", nil, []string{"-addr", "127.0.0.1:http-ish"}, "listen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := command(t, tt.env, tt.flags...).CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), tt.want) {
				t.Errorf("ended with %v and %q, want status 1 and %q", err, out, tt.want)
			}
			if strings.Contains(string(out), "secret-test-1") {
				t.Error("the secret was printed")
			}
		})
	}
}

func withoutSession(t *testing.T) {
	app := start(t, nil)
	b := newBrowser(t)
	b.open(app.home+"readyz").expect(200, "/readyz", "ready")
	for _, file := range []string{"ledgerline.css", "phone.css", "phone.js", "icon.svg"} {
		b.open(app.home+"static/"+file).expect(200, "/static/"+file)
	}
	b.open(app.phone).expect(200, "/phone", "No messages yet")
	b.open(app.home+"transfers").expect(200, "/sign-in", "Choose who you are")
	b.open(app.home+"sign-in/organization").expect(200, "/sign-in")
	b.open(app.home+"organizations").expect(200, "/sign-in")
	b.open(app.home+"nowhere").expect(404, "/nowhere")
}

func printedPolicies(t *testing.T) {
	want := []string{
		"money: otp/sms (10m0s) or totp/authenticator_app (10m0s)",
		"transfer: otp/sms (10m0s) or totp/authenticator_app (10m0s), for one request, the one that was shown",
		"statements: otp/sms (1h0m0s) or totp/authenticator_app (1h0m0s) or recovery_codes/recovery_code (1h0m0s)",
		"approvers: otp/sms (10m0s) or totp/authenticator_app (10m0s), and primary (10m0s), while Stytch says that the session lives",
	}
	if got := start(t, nil).policies; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
