// The clients of the app: browsers with cookies, scripts and programs. What they
// were answered knows what to want of itself.

package routers_test

import (
	"context"
	"encoding/json"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

const formType = "application/x-www-form-urlencoded"

// client is a browser, or a program if it has a bearer token.
type client struct {
	t    *testing.T
	app  *app
	http *http.Client

	token  string // the session JWT of a program; "" = a browser
	silent bool   // a browser that does not say where a request comes from, as on plain http
}

// browser returns a browser of nobody, or one that is signed in.
func (a *app) browser(t *testing.T, session *stytchtest.Session) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		// The proxy that ends TLS: https to the client, plain http to the app.
		DialTLSContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, a.address)
		},
		DisableCompression: true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	c := &client{t: t, app: a, http: &http.Client{
		Transport: transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if session != nil {
		c.carry(session.Cookies()...)
	}
	return c
}

// signedIn returns the browser of a new member, who has no second factor in
// this session.
func (a *app) signedIn(t *testing.T, options ...stytchtest.SignInOption) (*client, *stytchtest.Member) {
	t.Helper()
	member := a.emu.AddMember()
	return a.browser(t, a.emu.SignIn(member, options...)), member
}

// steppedUp returns the browser of a new member, who has just stepped up.
func (a *app) steppedUp(t *testing.T) (*client, *stytchtest.Member) {
	t.Helper()
	return a.signedIn(t, stytchtest.WithFactor("otp", "sms", 0))
}

// program returns a client that shows its JWT in a header.
func (a *app) program(t *testing.T, token string) *client {
	t.Helper()
	c := a.browser(t, nil)
	c.token = token
	return c
}

// carry puts cookies into the jar.
func (c *client) carry(cookies ...*http.Cookie) {
	u, _ := url.Parse(origin)
	c.http.Jar.SetCookies(u, cookies)
}

// cookie returns the value of a cookie in the jar; "" = it is not there.
func (c *client) cookie(name string) string {
	u, _ := url.Parse(origin)
	for _, cookie := range c.http.Jar.Cookies(u) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

// do sends a request to a path as it stands. headers come in pairs; "" leaves
// one out that the client would send.
func (c *client) do(method, path, contentType, body string, headers ...string) reply {
	c.t.Helper()
	u, err := url.Parse(origin + path)
	if !strings.HasPrefix(path, "/") { // the absolute form
		u, err = url.Parse(origin)
		u.Opaque = path
	}
	if err != nil {
		c.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, origin, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.URL = u
	c.introduce(req, contentType)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Del(headers[i])
		if headers[i+1] != "" {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	return c.send(req)
}

// introduce sets the headers that a client of this kind sends.
func (c *client) introduce(req *http.Request, contentType string) {
	set := func(name, value string) {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	set("Content-Type", contentType)
	if c.token != "" {
		set("Authorization", "Bearer "+c.token)
		set("Accept", "*/*")
		return
	}
	set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	if !c.silent {
		set("Sec-Fetch-Mode", "navigate")
		set("Sec-Fetch-Dest", "document")
		set("Sec-Fetch-Site", "same-origin")
	}
	if req.Method == http.MethodPost {
		set("Origin", origin)
	}
}

func (c *client) send(req *http.Request) reply {
	c.t.Helper()
	c.app.requests.Add(1)
	r := reply{t: c.t, from: req.Method + " " + req.URL.RequestURI()}
	resp, err := c.http.Do(req)
	if err != nil { // a handler that panics ends the connection
		r.body = err.Error()
		return r
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	r.status, r.header, r.body = resp.StatusCode, resp.Header, string(body)
	return r
}

// get navigates to a path.
func (c *client) get(path string, headers ...string) reply {
	c.t.Helper()
	return c.do(http.MethodGet, path, "", "", headers...)
}

// post submits a form; body is urlencoded.
func (c *client) post(path, body string, headers ...string) reply {
	c.t.Helper()
	return c.do(http.MethodPost, path, formType, body, headers...)
}

// fetch sends JSON: in a browser, as a script of the app's pages does.
func (c *client) fetch(method, path, body string, headers ...string) reply {
	c.t.Helper()
	switch {
	case c.token != "":
	case c.silent:
		headers = append([]string{"Accept", "application/json"}, headers...)
	default:
		headers = append([]string{"Accept", "application/json", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}, headers...)
	}
	return c.do(method, path, "application/json", body, headers...)
}

// follow goes where a redirect leads.
func (c *client) follow(r reply) reply {
	c.t.Helper()
	return c.get(r.wantStatus(http.StatusSeeOther).header.Get("Location"))
}

// press submits the first form of a page. action is the end of the address
// that one of its buttons leads to; "" = where the form leads. More fields come
// in pairs.
func (c *client) press(page reply, action string, more ...string) reply {
	c.t.Helper()
	f := page.form()
	to := f.action
	if action != "" {
		i := slices.IndexFunc(f.buttons, func(b string) bool { return strings.HasSuffix(b, action) })
		if i < 0 {
			c.t.Fatalf("%s: no button leads to %q:\n%s", page.from, action, page.body)
		}
		to = f.buttons[i]
	}
	fields := f.fields
	for i := 0; i+1 < len(more); i += 2 {
		fields = slices.DeleteFunc(fields, func(field contract.FormValue) bool { return field.Name == more[i] })
		fields = append(fields, contract.FormValue{Name: more[i], Value: more[i+1]})
	}
	var body []string
	for _, field := range fields {
		body = append(body, url.QueryEscape(field.Name)+"="+url.QueryEscape(field.Value))
	}
	return c.post(to, strings.Join(body, "&"))
}

// stepUp goes from a verify page to what follows the right passcode. It asks
// for a message where none is on its way.
func (c *client) stepUp(page reply, member *stytchtest.Member) reply {
	c.t.Helper()
	if page.state() == contract.StateAsk {
		if page = c.press(page, "send"); page.status == http.StatusSeeOther {
			page = c.follow(page)
		}
	}
	page.wantPage(http.StatusOK, contract.StateCode, contract.CodeChallengePending)
	return c.press(page, "", "code", c.app.emu.LastCode(member))
}

// reply is what a client was answered.
type reply struct {
	t      *testing.T
	from   string // method and path
	status int    // 0 = the connection ended
	header http.Header
	body   string
}

func (r reply) wantStatus(allowed ...int) reply {
	r.t.Helper()
	if !slices.Contains(allowed, r.status) {
		r.t.Fatalf("%s: got status %d, want %d\nlocation: %s\n%s", r.from, r.status, allowed, r.header.Get("Location"), r.body)
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
			r.t.Fatalf("%s: no %q in the body:\n%s", r.from, part, r.body)
		}
	}
	return r
}

// wantHeader checks that a header has a value in which all the parts occur.
func (r reply) wantHeader(name string, parts ...string) reply {
	r.t.Helper()
	got := strings.Join(r.header.Values(name), ", ")
	for _, part := range parts {
		if !strings.Contains(got, part) {
			r.t.Fatalf("%s: %s is %q, want %q in it", r.from, name, got, part)
		}
	}
	return r
}

// wantPage checks which of the verify pages it is.
func (r reply) wantPage(status int, state contract.State, code contract.Code) reply {
	r.t.Helper()
	r.wantStatus(status)
	return r.wantBody(`data-stepup="`+string(state)+`"`, `data-code="`+string(code)+`"`)
}

// wantCode checks a JSON answer and decodes it.
func (r reply) wantCode(status int, code contract.Code) contract.Document {
	r.t.Helper()
	r.wantStatus(status)
	var d contract.Document
	if err := json.Unmarshal([]byte(r.body), &d); err != nil {
		r.t.Fatalf("%s: not JSON: %v\n%s", r.from, err, r.body)
	}
	if d.Code != code {
		r.t.Fatalf("%s: got code %s, want %s", r.from, d.Code, code)
	}
	return d
}

// cookies are those that the answer sets, by name.
func (r reply) cookies() map[string]*http.Cookie {
	set := make(map[string]*http.Cookie)
	for _, c := range (&http.Response{Header: r.header}).Cookies() {
		set[c.Name] = c
	}
	return set
}

var (
	stateOf   = regexp.MustCompile(`data-stepup="([^"]*)"`)
	formTag   = regexp.MustCompile(`(?s)<form\b([^>]*)>(.*?)</form>`)
	inputTag  = regexp.MustCompile(`(?s)<input\b[^>]*>`)
	buttonTag = regexp.MustCompile(`(?s)<button\b[^>]*>`)
	attribute = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
)

// state is the state of a verify page; "" = it is none.
func (r reply) state() contract.State {
	m := stateOf.FindStringSubmatch(r.body)
	if m == nil {
		return ""
	}
	return contract.State(m[1])
}

// form is what a page lets its reader submit.
type form struct {
	action  string
	fields  []contract.FormValue // in their order
	buttons []string             // where buttons lead instead of action
}

// form returns the first form of a page.
func (r reply) form() form {
	r.t.Helper()
	m := formTag.FindStringSubmatch(r.body)
	if m == nil {
		r.t.Fatalf("%s: no form in the page:\n%s", r.from, r.body)
	}
	f := form{action: attributes(m[1])["action"]}
	for _, tag := range inputTag.FindAllString(m[2], -1) {
		if a := attributes(tag); a["name"] != "" {
			f.fields = append(f.fields, contract.FormValue{Name: a["name"], Value: a["value"]})
		}
	}
	for _, tag := range buttonTag.FindAllString(m[2], -1) {
		if to := attributes(tag)["formaction"]; to != "" {
			f.buttons = append(f.buttons, to)
		}
	}
	return f
}

func attributes(tag string) map[string]string {
	values := make(map[string]string)
	for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
		values[m[1]] = html.UnescapeString(m[2])
	}
	return values
}

// wrong is a passcode that is not the given one.
func wrong(code string) string {
	return code[:5] + string((code[5]-'0'+1)%10+'0')
}
