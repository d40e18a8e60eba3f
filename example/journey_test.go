package main_test

import (
	"errors"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"

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
		{"a member with a recent code is not asked for one", steppedUpBefore},
		{"a member without a phone is told so", withoutPhone},
		{"a large transfer asks for a code and a small one does not", transfers},
		{"an API client steps up with a bearer token", apiClient},
		{"a browser on plain http must ask for the code", plainHTTP},
		{"your own project accepts a pasted session", ownProject},
		{"a session in the browser's cookies is accepted", ownCookies},
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
	home := b.open(app.home).expect(200, "/", "Ada Moreno", "Ben Okafor", "Chiara Lindt", "simulated")
	member := home.press("Ada Moreno", nil).expect(200, "/", "Hello, Ada Moreno", "ada@northwind.example", "•••• 42", "magic_link, email")
	member.follow("Account").expect(200, "/account", "$482,913.06")
	if n := len(app.codes()); n != 0 {
		t.Fatalf("%d text messages before any guarded page was opened", n)
	}

	verify := member.follow("Payouts").expect(200, "/stepup/", "Check your phone", "Open the payouts", "number ending 42", "simulated phone")
	code := app.onlyCode()
	verify.follow("the simulated phone").expect(200, "/phone", "Ada Moreno", code)
	again := verify.press("Confirm", map[string]string{"code": other(code)}).expect(422, "/stepup/", "4 tries left")
	app.onlyCode()
	payouts := again.press("Confirm", map[string]string{"code": code}).expect(200, "/payouts", "Halden Freight", "$18,240.00")
	payouts.follow("Payouts").expect(200, "/payouts")
	payouts.follow("Home").expect(200, "/", "the payouts are open to you", "otp, sms")

	payouts.press("Sign out", nil).expect(200, "/", "Choose who you are")
	b.open(app.home+"payouts").expect(200, "/", "Choose who you are")
	app.onlyCode()
}

func steppedUpBefore(t *testing.T) {
	app := start(t, nil)
	signIn := newBrowser(t).open(app.home+"payouts?week=48").expect(200, "/", "Choose who you are")
	payouts := signIn.press("Ben Okafor", nil).expect(200, "/payouts", "Halden Freight")
	if payouts.url.RawQuery != "week=48" {
		t.Errorf("back at query %q, want the one before the sign-in", payouts.url.RawQuery)
	}
	if n := len(app.codes()); n != 0 {
		t.Errorf("%d text messages, want none", n)
	}
	elsewhere := app.home + "?next=" + url.QueryEscape("//evil.example/payouts")
	newBrowser(t).open(elsewhere).press("Ben Okafor", nil).expect(200, "/", "Hello, Ben Okafor")
}

func withoutPhone(t *testing.T) {
	app := start(t, nil)
	member := newBrowser(t).open(app.home).press("Chiara Lindt", nil).expect(200, "/", "Hello, Chiara Lindt", "Phone none")
	member.follow("Payouts").expect(403, "/payouts", "phone number", "administrator")
	member.follow("Account").expect(200, "/account")
	if n := len(app.codes()); n != 0 {
		t.Errorf("%d text messages, want none", n)
	}
}

func transfers(t *testing.T) {
	app := start(t, nil)
	b := newBrowser(t)
	form := b.open(app.home).press("Ada Moreno", nil).follow("Transfers").expect(200, "/transfers", "Over $1,000.00 asks for a code")
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
	form.press("Send", amount("2,500")).expect(200, "/transfers", "Sent $2,500.00 to Kestrel Components.")

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
	verify := newPlainBrowser(t).open(app.home).press("Ada Moreno", nil).follow("Payouts").expect(200, "/stepup/", "Confirm it is you")
	if n := len(app.codes()); n != 0 {
		t.Fatalf("%d text messages before anybody asked for one", n)
	}
	verify = verify.press("Send code", nil).expect(200, "/stepup/", "Check your phone")
	verify.press("Confirm", map[string]string{"code": app.onlyCode()}).expect(200, "/payouts")

	emulator := stytchtest.NewServer()
	defer emulator.Close()
	session := emulator.SignIn(emulator.AddMember(stytchtest.WithName("Dora Weiss")))
	app = start(t, projectOf(emulator), "-insecure-cookies")
	newPlainBrowser(t).open(app.home).press("Continue", map[string]string{"session_jwt": session.JWT}).expect(200, "/", "Hello, Dora Weiss")
}

// projectOf returns the settings for an emulator that was started elsewhere.
func projectOf(emulator *stytchtest.Server) []string {
	return []string{
		"STYTCH_PROJECT_ID=" + emulator.ProjectID, "STYTCH_SECRET=" + emulator.Secret, "STYTCH_BASE_URL=" + emulator.URL,
	}
}

func ownProject(t *testing.T) {
	emulator := stytchtest.NewServer()
	defer emulator.Close()
	member := emulator.AddMember(stytchtest.WithName("Dora Weiss"))
	session := emulator.SignIn(member)
	app := start(t, projectOf(emulator))
	if app.phone != "" || app.emulator != "" {
		t.Error("an emulator was started in spite of the project")
	}
	b := newBrowser(t)
	home := b.open(app.home).expect(200, "/", "paste a session JWT")
	if strings.Contains(home.text(), "simulated") {
		t.Error("the page mentions a simulated phone")
	}
	b.open(app.home+"phone").expect(404, "/phone")

	forged := session.JWT[:len(session.JWT)-8] + "AAAAAAAA"
	for _, pasted := range []string{"", "junk", forged, session.Token} {
		home.press("Continue", map[string]string{"session_jwt": pasted}).expect(422, "/session", "no living session")
	}
	b.open(app.home).expect(200, "/", "paste a session JWT")

	signedIn := home.press("Continue", map[string]string{"session_jwt": "\n" + session.JWT + " "}).expect(200, "/", "Hello, Dora Weiss")
	verify := signedIn.follow("Payouts").expect(200, "/stepup/", "Check your phone")
	verify.press("Confirm", map[string]string{"code": emulator.LastCode(member)}).expect(200, "/payouts").
		press("Sign out", nil).expect(200, "/", "paste a session JWT")
	for _, c := range emulator.Calls() {
		if c.Path == "/v1/b2b/sessions/revoke" && c.Status == http.StatusOK {
			return
		}
	}
	t.Error("the session was not revoked")
}

func ownCookies(t *testing.T) {
	emulator := stytchtest.NewServer()
	defer emulator.Close()
	session := emulator.SignIn(emulator.AddMember(stytchtest.WithName("Dora Weiss")))
	app := start(t, projectOf(emulator))
	b := newBrowser(t)
	origin, err := url.Parse(app.home)
	if err != nil {
		t.Fatal(err)
	}
	b.client.Jar.SetCookies(origin, session.Cookies())
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
	b.open(app.home+"transfers").expect(200, "/", "Choose who you are")
	b.open(app.home+"nowhere").expect(404, "/nowhere")
}
