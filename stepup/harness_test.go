package stepup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// The journeys run over an app with the emulator behind it, all in this
// process: clients reach it at appURL without a network, so that a journey
// also runs inside a testing/synctest bubble.
const appURL = "https://app.example.com"

var money = stepup.Policy{Name: "money", MaxAge: 10 * time.Minute}

type app struct {
	t       *testing.T
	emu     *stytchtest.Server
	guard   *stepup.Guard
	policy  stepup.Policy // of the guarded routes: the first one of the configuration
	handler http.Handler

	payouts atomic.Int64 // how often the handler behind the guard ran

	mu     sync.Mutex
	events []stepup.Event
	log    bytes.Buffer // everything that was logged
	pages  []string     // every status, header and body that a client got
}

// newApp starts an app of the usual shape; change changes its configuration.
func newApp(t *testing.T, change ...func(*stepup.Config)) *app {
	t.Helper()
	return newAppOn(t, stytchtest.NewUnstartedServer(), change...)
}

func newAppOn(t *testing.T, emu *stytchtest.Server, change ...func(*stepup.Config)) *app {
	t.Helper()
	a := &app{t: t, emu: emu}
	client, err := stytch.New(stytch.Config{ProjectID: emu.ProjectID, Secret: emu.Secret, BaseURL: emu.URL, HTTPClient: emu.Client()})
	if err != nil {
		t.Fatal(err)
	}
	logger := stepup.LogEvents(slog.New(slog.NewJSONHandler(lockedWriter{a}, nil)))
	config := stepup.Config{
		Client:   client,
		Key:      []byte("0123456789abcdef0123456789abcdef"),
		Cookies:  stepup.ServerCookies(),
		Policies: []stepup.Policy{money},
		Links:    stepup.Links{Login: "/login"},
		OnEvent: func(ctx context.Context, e stepup.Event) {
			logger(ctx, e)
			a.mu.Lock()
			defer a.mu.Unlock()
			a.events = append(a.events, e)
		},
	}
	for _, c := range change {
		c(&config)
	}
	a.policy = config.Policies[0]
	a.guard, err = stepup.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.guard.Close)
	if err := a.guard.Ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	a.handler = a.routes()
	return a
}

func (a *app) routes() http.Handler {
	mux := http.NewServeMux()
	who := func(w http.ResponseWriter, r *http.Request) {
		s, ok := stepup.SessionFromContext(r.Context())
		if !ok {
			fmt.Fprint(w, "nobody")
			return
		}
		fmt.Fprint(w, s.MemberID())
	}
	for _, path := range []string{"/stepup/", "/verify", "/verify/"} { // the latter for a VerifyPath of a test
		mux.Handle(path, a.guard.VerifyHandler())
	}
	mux.Handle("/{$}", a.guard.LoadSession(http.HandlerFunc(who)))
	mux.Handle("/account", a.guard.RequireSession(http.HandlerFunc(who)))
	mux.Handle("/payouts", a.guard.Require(a.policy)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.payouts.Add(1)
		fmt.Fprint(w, "payouts of ")
		who(w, r)
	})))
	mux.Handle("/transfers", a.guard.RequireSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.guard.Check(r, a.policy); err != nil {
			a.guard.Deny(w, r, err)
			return
		}
		a.payouts.Add(1)
		fmt.Fprintf(w, "transferred %s", r.FormValue("amount"))
	})))
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		if err := a.guard.SignOut(w, r); err != nil {
			http.Error(w, "still alive", http.StatusServiceUnavailable)
		}
	})
	return mux
}

type lockedWriter struct{ a *app }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.a.mu.Lock()
	defer w.a.mu.Unlock()
	return w.a.log.Write(p)
}

// RoundTrip lets clients call the app in this process.
func (a *app) RoundTrip(req *http.Request) (*http.Response, error) {
	body := io.Reader(http.NoBody)
	if req.Body != nil {
		body = req.Body
	}
	r := httptest.NewRequest(req.Method, req.URL.RequestURI(), body).WithContext(req.Context())
	r.Header = req.Header.Clone()
	r.Host, r.ContentLength = req.URL.Host, req.ContentLength
	if r.RemoteAddr = "192.0.2.1:1234"; req.Header.Get("Test-Remote-Addr") != "" {
		r.RemoteAddr = req.Header.Get("Test-Remote-Addr")
	}
	rec := httptest.NewRecorder()
	a.handler.ServeHTTP(rec, r)
	resp := rec.Result()
	resp.Request = req
	a.mu.Lock()
	defer a.mu.Unlock()
	header := resp.Header.Clone()
	header.Del("Set-Cookie") // tokens belong there
	a.pages = append(a.pages, fmt.Sprint(resp.StatusCode, header, rec.Body.String()))
	return resp, nil
}

// kinds returns the kinds of the events so far, oldest first.
func (a *app) kinds() (kinds []stepup.EventKind) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// calls counts the calls to an endpoint of Stytch, such as "otps/sms/send".
func (a *app) calls(endpoint string) (n int) {
	for _, c := range a.emu.Calls() {
		if strings.HasSuffix(c.Path, endpoint) {
			n++
		}
	}
	return n
}

// reply is what a client got.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   string
	from   *url.URL
}

func (r reply) wantStatus(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: got status %d, want %d\nlocation: %s\n%s", r.from, r.status, status, r.header.Get("Location"), r.body)
	}
	return r
}

func (r reply) wantRedirect(to string) reply {
	r.t.Helper()
	r.wantStatus(http.StatusSeeOther)
	if got := r.header.Get("Location"); got != to {
		r.t.Fatalf("%s: redirected to %q, want %q", r.from, got, to)
	}
	return r
}

func (r reply) wantBody(parts ...string) reply {
	r.t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.body, part) {
			r.t.Fatalf("%s: body has no %q:\n%s", r.from, part, r.body)
		}
	}
	return r
}

// document decodes a JSON answer.
func (r reply) document() map[string]any {
	r.t.Helper()
	var d map[string]any
	if err := json.Unmarshal([]byte(r.body), &d); err != nil {
		r.t.Fatalf("%s: status %d, not JSON: %v\n%s", r.from, r.status, err, r.body)
	}
	return d
}

func (r reply) wantCode(status int, code contract.Code) map[string]any {
	r.t.Helper()
	r.wantStatus(status)
	d := r.document()
	if d["code"] != string(code) {
		r.t.Fatalf("%s: got code %v, want %s\n%s", r.from, d["code"], code, r.body)
	}
	return d
}

// wantState checks which page it is: every page names its state and code.
func (r reply) wantPage(status int, state contract.State, code contract.Code) reply {
	r.t.Helper()
	r.wantStatus(status)
	for _, attr := range []string{`data-stepup="` + string(state) + `"`, `data-code="` + string(code) + `"`} {
		if !strings.Contains(r.body, attr) {
			r.t.Fatalf("%s: page is not %s/%s:\n%s", r.from, state, code, r.body)
		}
	}
	return r
}

// browser is a browser with its cookies.
type browser struct {
	app    *app
	client *http.Client
	header http.Header // sent with every request
}

func (a *app) browser(session *stytchtest.Session) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	b := &browser{app: a, header: http.Header{}, client: &http.Client{
		Transport: a, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if session != nil {
		u, _ := url.Parse(appURL)
		cookies := session.Cookies()
		for _, c := range cookies {
			c.Path = "/"
		}
		jar.SetCookies(u, cookies)
	}
	return b
}

// signedIn is an app with a member who is signed in to it, whose session has no
// second factor.
func signedIn(t *testing.T) (*app, *stytchtest.Member, *browser) {
	t.Helper()
	a := newApp(t)
	member := a.emu.AddMember()
	return a, member, a.browser(a.emu.SignIn(member))
}

func (b *browser) cookie(name string) string {
	u, _ := url.Parse(appURL)
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// do sends a request; headers come in pairs and replace those that a browser
// sends with a navigation from a page of the app. "" leaves one out.
func (b *browser) do(method, target, contentType, body string, headers ...string) reply {
	t := b.app.t
	t.Helper()
	req, err := http.NewRequest(method, appURL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = b.header.Clone()
	for name, value := range map[string]string{
		"Accept":         "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
		"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin",
		"Content-Type": contentType,
	} {
		if value != "" && req.Header.Get(name) == "" {
			req.Header.Set(name, value)
		}
	}
	if method == http.MethodPost {
		req.Header.Set("Origin", appURL)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Del(headers[i])
		if headers[i+1] != "" {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{t: t, status: resp.StatusCode, header: resp.Header, body: string(text), from: req.URL}
}

func (b *browser) get(target string, headers ...string) reply {
	b.app.t.Helper()
	return b.do(http.MethodGet, target, "", "", headers...)
}

func (b *browser) post(target string, form url.Values, headers ...string) reply {
	b.app.t.Helper()
	return b.do(http.MethodPost, target, "application/x-www-form-urlencoded", form.Encode(), headers...)
}

// fetch sends JSON as a script of the app's pages does.
func (b *browser) fetch(method, target, body string, headers ...string) reply {
	b.app.t.Helper()
	headers = append([]string{"Accept", "application/json", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}, headers...)
	return b.do(method, target, "application/json", body, headers...)
}

// follow goes where a redirect leads.
func (b *browser) follow(r reply) reply {
	b.app.t.Helper()
	r.wantStatus(http.StatusSeeOther)
	return b.get(r.header.Get("Location"))
}

var (
	inputTag = regexp.MustCompile(`(?s)<input\b[^>]*>`)
	attrs    = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
)

// fields are the fields of the form on a page, as a browser would send them.
func (r reply) fields() url.Values {
	values := url.Values{}
	for _, tag := range inputTag.FindAllString(r.body, -1) {
		attr := map[string]string{}
		for _, m := range attrs.FindAllStringSubmatch(tag, -1) {
			attr[m[1]] = html.UnescapeString(m[2])
		}
		if attr["name"] != "" && !slices.Contains(values[attr["name"]], attr["value"]) {
			values.Add(attr["name"], attr["value"])
		}
	}
	return values
}

// enter types a passcode into the page and submits it.
func (b *browser) enter(page reply, code string) reply {
	b.app.t.Helper()
	form := page.fields()
	form.Set("code", code)
	return b.post("/stepup/", form)
}

// challenge opens the guarded page and follows to the verify page.
func (b *browser) challenge() reply {
	b.app.t.Helper()
	return b.follow(b.get("/payouts"))
}

// wrong is a passcode that is not the given one.
func wrong(code string) string {
	digit := (code[5]-'0'+1)%10 + '0'
	return code[:5] + string(digit)
}

// bearer is a program that shows its JWT in a header.
func (a *app) bearer(token string) *browser {
	b := a.browser(nil)
	b.header.Set("Authorization", "Bearer "+token)
	b.header.Set("Accept", "*/*")
	return b
}

// call is what a program sends: no headers that only browsers send.
func (b *browser) call(method, target, body string) reply {
	b.app.t.Helper()
	return b.do(method, target, "application/json", body,
		"Accept", "*/*", "Sec-Fetch-Mode", "", "Sec-Fetch-Dest", "", "Sec-Fetch-Site", "", "Origin", "")
}

func (a *app) verifier() *jwks.Verifier {
	a.t.Helper()
	v, err := jwks.New(jwks.Config{ProjectID: a.emu.ProjectID, BaseURL: a.emu.URL, HTTPClient: a.emu.Client()})
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(v.Close)
	return v
}

func withFreshSMS() stytchtest.SignInOption {
	return stytchtest.WithFactor("otp", "sms", time.Minute)
}

// everyFault is everything that may go wrong with a call.
func everyFault(path string) []stytchtest.Fault {
	faults := []stytchtest.Fault{
		{Status: 400, ErrorType: "invalid_phone_number_country_code"}, {Status: 400, ErrorType: "unsubscribed_phone_number"},
		{Status: 401, ErrorType: "unauthorized_credentials"}, {Status: 404, ErrorType: "otp_code_not_found"},
		{Status: 429, ErrorType: "too_many_requests"}, {Status: 429, ErrorType: "user_lock_limit_reached"},
		{Status: 500}, {Status: 502, Body: "<html>bad gateway</html>"}, {Status: 302, Body: " "}, {Status: 200, Body: "{"},
		{HangUp: true}, {Unreachable: true}, {Delay: time.Hour},
		{Tamper: stytchtest.OtherMember}, {Tamper: stytchtest.OtherMemberJWT}, {Tamper: stytchtest.ForgedJWT},
	}
	for i := range faults {
		faults[i].Path = path
	}
	return faults
}
