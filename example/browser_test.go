package main_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// browser follows links and sends forms, with the headers that Chromium sends.
type browser struct {
	t      *testing.T
	client *http.Client
	// plain makes it act as on plain http to another machine: it sends no
	// Sec-Fetch headers and keeps no Secure cookies.
	plain bool
}

func newBrowser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, client: &http.Client{
		Jar:           loopbackJar{jar},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func newPlainBrowser(t *testing.T) *browser {
	b := newBrowser(t)
	b.plain = true
	b.client.Jar = plainJar{b.client.Jar}
	return b
}

// plainJar keeps no Secure cookies.
type plainJar struct{ http.CookieJar }

func (j plainJar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.CookieJar.SetCookies(u, slices.DeleteFunc(cookies, func(c *http.Cookie) bool { return c.Secure }))
}

// loopbackJar keeps Secure cookies of loopback addresses, as browsers do.
type loopbackJar struct{ http.CookieJar }

func (j loopbackJar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.CookieJar.SetCookies(&url.URL{Scheme: "https", Host: u.Host, Path: u.Path}, cookies)
}

func (j loopbackJar) Cookies(u *url.URL) []*http.Cookie {
	return j.CookieJar.Cookies(&url.URL{Scheme: "https", Host: u.Host, Path: u.Path})
}

// keep puts the cookies of a session into the browser.
func (b *browser) keep(app *process, session *stytchtest.Session) {
	b.t.Helper()
	origin, err := url.Parse(app.home)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client.Jar.SetCookies(origin, session.Cookies())
}

// page is what the browser shows.
type page struct {
	browser *browser
	status  int
	url     *url.URL
	body    string
}

// open goes to a typed address.
func (b *browser) open(address string) *page {
	b.t.Helper()
	return b.visit(http.MethodGet, address, nil, nil)
}

// visit navigates and follows redirects.
func (b *browser) visit(method, address string, form url.Values, from *page) *page {
	b.t.Helper()
	for range 10 {
		req, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			b.t.Fatal(err)
		}
		req.Header = b.header(method, from)
		resp, err := b.client.Do(req)
		if err != nil {
			b.t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			b.t.Fatal(err)
		}
		location, err := resp.Location()
		if err != nil {
			p := &page{browser: b, status: resp.StatusCode, url: resp.Request.URL, body: string(body)}
			p.checkPolicy(resp.Header)
			return p
		}
		if resp.StatusCode != http.StatusSeeOther {
			b.t.Fatalf("%s %s redirects with %d, which may repeat the request", method, address, resp.StatusCode)
		}
		method, address, form = http.MethodGet, location.String(), nil
	}
	b.t.Fatalf("%s redirects in a circle", address)
	return nil
}

func (b *browser) header(method string, from *page) http.Header {
	h := http.Header{"Accept": {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}}
	site := "none"
	if from != nil {
		site = "same-origin"
		h.Set("Referer", from.url.String())
	}
	if method == http.MethodPost {
		h.Set("Content-Type", "application/x-www-form-urlencoded")
		h.Set("Origin", from.url.Scheme+"://"+from.url.Host)
	}
	if !b.plain {
		h.Set("Sec-Fetch-Site", site)
		h.Set("Sec-Fetch-Mode", "navigate")
		h.Set("Sec-Fetch-Dest", "document")
		h.Set("Sec-Fetch-User", "?1")
	}
	return h
}

// checkPolicy fails if the page's own policy would block a part of it.
func (p *page) checkPolicy(h http.Header) {
	p.browser.t.Helper()
	if !strings.HasPrefix(h.Get("Content-Type"), "text/html") {
		return
	}
	policy := h.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		p.browser.t.Errorf("%s: Content-Security-Policy %q is not strict", p.url, policy)
	}
	if inline := regexp.MustCompile(`(?i)<style|<script>|\s(style|on[a-z]+)=["']`).FindString(p.body); inline != "" {
		p.browser.t.Errorf("%s: the policy forbids the inline %q", p.url, inline)
	}
}

// expect fails unless the page has the status, is at the path and holds the
// texts.
func (p *page) expect(status int, path string, texts ...string) *page {
	p.browser.t.Helper()
	if p.status != status || p.url.Path != path {
		p.browser.t.Fatalf("at %s with status %d, want %s with %d:\n%s", p.url, p.status, path, status, p.text())
	}
	for _, text := range texts {
		if !strings.Contains(p.text(), text) {
			p.browser.t.Fatalf("%s does not say %q:\n%s", p.url, text, p.text())
		}
	}
	return p
}

// text returns roughly what a reader sees.
func (p *page) text() string {
	body := regexp.MustCompile(`(?s)<head>.*</head>`).ReplaceAllString(p.body, "")
	body = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " ")
	return strings.Join(strings.Fields(html.UnescapeString(body)), " ")
}

// follow clicks the link with the text.
func (p *page) follow(text string) *page {
	p.browser.t.Helper()
	for _, m := range regexp.MustCompile(`(?s)<a\s([^>]*)>(.*?)</a>`).FindAllStringSubmatch(p.body, -1) {
		if strings.Contains(m[2], text) {
			return p.browser.visit(http.MethodGet, p.resolve(attributes(m[1])["href"]), nil, p)
		}
	}
	p.browser.t.Fatalf("%s has no link %q:\n%s", p.url, text, p.text())
	return nil
}

// press fills in the form that has a button with the text, and presses the button.
func (p *page) press(button string, fill map[string]string) *page {
	p.browser.t.Helper()
	for _, m := range regexp.MustCompile(`(?s)<form\s([^>]*)>(.*?)</form>`).FindAllStringSubmatch(p.body, -1) {
		fields := formFields(m[2])
		for _, b := range regexp.MustCompile(`(?s)<button([^>]*)>(.*?)</button>`).FindAllStringSubmatch(m[2], -1) {
			if !strings.Contains(html.UnescapeString(b[2]), button) {
				continue
			}
			form, pressed := attributes(m[1]), attributes(b[1])
			if pressed["name"] != "" {
				fields.Set(pressed["name"], pressed["value"])
			}
			for name, value := range fill {
				if !fields.Has(name) {
					p.browser.t.Fatalf("%s: the form of %q has no field %q", p.url, button, name)
				}
				fields.Set(name, value)
			}
			action := form["action"]
			if pressed["formaction"] != "" {
				action = pressed["formaction"]
			}
			return p.browser.visit(strings.ToUpper(form["method"]), p.resolve(action), fields, p)
		}
	}
	p.browser.t.Fatalf("%s has no button %q:\n%s", p.url, button, p.text())
	return nil
}

func (p *page) resolve(reference string) string {
	u, err := p.url.Parse(reference)
	if err != nil {
		p.browser.t.Fatal(err)
	}
	return u.String()
}

// formFields returns the fields of a form with their current values.
func formFields(form string) url.Values {
	fields := url.Values{}
	for _, m := range regexp.MustCompile(`<(?:input|textarea)\s([^>]*)>`).FindAllStringSubmatch(form, -1) {
		if a := attributes(m[1]); a["name"] != "" {
			fields.Add(a["name"], a["value"])
		}
	}
	return fields
}

func attributes(tag string) map[string]string {
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`).FindAllStringSubmatch(tag, -1) {
		found[m[1]] = html.UnescapeString(m[2])
	}
	return found
}
