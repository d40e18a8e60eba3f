//go:build unix

package main_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// browser keeps cookies and sends the headers of Chromium. It returns redirects to
// the test instead of following them.
type browser struct {
	t      *testing.T
	home   *url.URL
	client *http.Client
}

func newBrowser(s *site) *browser {
	s.t.Helper()
	home, err := url.Parse(s.home)
	if err != nil {
		s.t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{t: s.t, home: home, client: &http.Client{
		Transport:     s.transport,
		Jar:           loopbackJar{jar},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// loopbackJar keeps Secure cookies of loopback addresses, as browsers do.
type loopbackJar struct{ http.CookieJar }

func (j loopbackJar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.CookieJar.SetCookies(&url.URL{Scheme: "https", Host: u.Host, Path: u.Path}, cookies)
}

func (j loopbackJar) Cookies(u *url.URL) []*http.Cookie {
	return j.CookieJar.Cookies(&url.URL{Scheme: "https", Host: u.Host, Path: u.Path})
}

func (b *browser) setCookies(cookies ...*http.Cookie) { b.client.Jar.SetCookies(b.home, cookies) }

// copy returns a browser with the current cookies, for replaying them later.
func (b *browser) copy() *browser {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	client := *b.client
	client.Jar = loopbackJar{jar}
	other := &browser{t: b.t, home: b.home, client: &client}
	other.setCookies(b.client.Jar.Cookies(b.home)...)
	return other
}

// copyWithout returns a copy without one of the cookies.
func (b *browser) copyWithout(name string) *browser {
	b.t.Helper()
	other := b.copy()
	other.setCookies(&http.Cookie{Name: name, MaxAge: -1})
	return other
}

// reply is an answer. Its status is 0 if the request got none.
type reply struct {
	status   int
	header   http.Header
	body     string
	location string
	err      error
}

// get navigates to a path from a page of the app.
func (b *browser) get(path string) reply { return b.do(http.MethodGet, path, nil) }

// served is get for a machine that is busy: a browser that is told to try again
// does so, until it is served. That a fleet with time to spare tells nobody so is
// tested in package stepup, in virtual time.
func (b *browser) served(path string) reply {
	for end := time.Now().Add(5 * time.Minute); ; {
		r := b.get(path)
		if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" || time.Now().After(end) {
			return r
		}
	}
}

// post sends a form from a page of the app.
func (b *browser) post(path string, form url.Values) reply {
	return b.do(http.MethodPost, path, form)
}

func (b *browser) do(method, path string, form url.Values) reply {
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.home.String()+path, strings.NewReader(form.Encode()))
	if err != nil {
		return reply{err: err}
	}
	req.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Sec-Fetch-Mode", "navigate")
	req.Header.Set("Sec-Fetch-Dest", "document")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", b.home.String())
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{status: resp.StatusCode, header: resp.Header, body: string(body), location: resp.Header.Get("Location"), err: err}
}

// want fails unless the reply has the status and holds the texts.
func (r reply) want(t *testing.T, status int, texts ...string) reply {
	t.Helper()
	if r.err != nil || r.status != status {
		t.Fatalf("got status %d (%v), want %d:\n%s", r.status, r.err, status, r.text())
	}
	for _, text := range texts {
		if !strings.Contains(r.text(), text) {
			t.Fatalf("the page does not say %q:\n%s", text, r.text())
		}
	}
	return r
}

// text returns roughly what a reader sees.
func (r reply) text() string {
	body := regexp.MustCompile(`(?s)<head>.*</head>`).ReplaceAllString(r.body, "")
	body = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " ")
	return strings.Join(strings.Fields(html.UnescapeString(body)), " ")
}

// form returns the fields of the first form on the page that goes to action.
func (r reply) form(t *testing.T, action string) url.Values {
	t.Helper()
	for _, form := range regexp.MustCompile(`(?s)<form\s([^>]*)>(.*?)</form>`).FindAllStringSubmatch(r.body, -1) {
		if attribute(form[1], "action") != action {
			continue
		}
		fields := url.Values{}
		for _, input := range regexp.MustCompile(`<input\s([^>]*)>`).FindAllStringSubmatch(form[2], -1) {
			if name := attribute(input[1], "name"); name != "" {
				fields.Add(name, attribute(input[1], "value"))
			}
		}
		return fields
	}
	t.Fatalf("no form goes to %s:\n%s", action, r.text())
	return nil
}

func attribute(tag, name string) string {
	m := regexp.MustCompile(`(?:^|\s)` + name + `="([^"]*)"`).FindStringSubmatch(tag)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// with returns the fields with one of them changed.
func with(fields url.Values, name, value string) url.Values {
	changed := url.Values{}
	for key, values := range fields {
		changed[key] = values
	}
	changed.Set(name, value)
	return changed
}

// other returns a wrong code, a different one for each n.
func other(right string, n int) string {
	code := fmt.Sprintf("%06d", n)
	if code == right {
		code = "999999"
	}
	return code
}
