package stepup

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

// corpus opens a file of test data that is not part of the project.
func corpus(t *testing.T, name ...string) string {
	t.Helper()
	root := os.Getenv("RUNG_CORPORA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "corpora")
	}
	path := filepath.Join(append([]string{root}, name...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no test data: set RUNG_CORPORA to the folder that holds %s", filepath.Join(name...))
	}
	return path
}

func TestReturnPaths(t *testing.T) {
	g := &Guard{verifyPath: "/stepup/"}
	for _, good := range []string{
		"/", "/payouts", "/payouts?page=2&sort=-date", "/a/b/c", "/a%20b", "/a?next=https://example.com//x", "/a%2Fb",
		"/~user/.well-known", "/a..b", "/...", "/stepupper", "/" + strings.Repeat("a", maxReturnPath-1),
	} {
		if got := g.ReturnPath(good); got != good {
			t.Errorf("%q became %q", good, got)
		}
	}
	for _, bad := range []string{
		"", "payouts", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/a\\b", "https://evil.example",
		"https:evil.example", "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", "/%0d%0aSet-Cookie:a=b", "/%09/evil.example",
		"/a//b", "/.//evil.example", "/%2e//evil.example", "/..//evil.example", "/./a", "/../a", "/a/%2e%2E/b", "/%2f%2fevil.example",
		"/%2Fevil.example", "/%5cevil.example", "/%", "/%zz", "/a#b", "/a b", "/ä", "/a\x00", "/\x7f", "/\"><script>", "?a", "@evil.example",
		"/stepup", "/stepup/", "/stepup/?policy=money", "/stepup/send", "/%73tepup/?policy=money", "/stepup%2Fsend", "/" + strings.Repeat("a", maxReturnPath),
	} {
		if got := g.ReturnPath(bad); got != "/" {
			t.Errorf("%q became %q, want /", bad, got)
		}
	}
}

// The verdicts are those of a browser's URL parser for each payload as a link
// on a page of ours.
func TestNoKnownRedirectPayloadLeavesTheSite(t *testing.T) {
	f, err := os.Open(corpus(t, "open-redirect", "golden.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	g := &Guard{verifyPath: "/stepup/"}
	payloads, passed := 0, 0
	lines := json.NewDecoder(f)
	for lines.More() {
		var line struct {
			Payload []byte `json:"payload_b64"`
			Verdict string `json:"verdict"`
		}
		if err := lines.Decode(&line); err != nil {
			t.Fatal(err)
		}
		payload, verdict := string(line.Payload), line.Verdict
		payloads++
		got := g.ReturnPath(payload)
		if got != "/" {
			passed++
		}
		if verdict != "same-origin" && got != "/" {
			t.Errorf("%q passes, but browsers say %s", payload, verdict)
		}
	}
	if payloads < 100 {
		t.Errorf("only %d payloads were read", payloads)
	}
	t.Logf("%d payloads, %d of them same-origin paths that pass", payloads, passed)
}

func FuzzReturnPath(f *testing.F) {
	for _, seed := range []string{"/", "//evil.example", "/\\evil", "/a?b=c#d", "/%2e%2e/", "https:evil", "/\t/x", "/stepup/"} {
		f.Add(seed)
	}
	g := &Guard{verifyPath: "/stepup/"}
	origin, _ := url.Parse("https://app.example.com/payouts")
	f.Fuzz(func(t *testing.T, s string) {
		got := g.ReturnPath(s)
		u, err := origin.Parse(got)
		if err != nil || u.Scheme != "https" || u.Host != "app.example.com" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q became %q, which leads to %v, %v", s, got, u, err)
		}
		if got != "/" && got != s {
			t.Fatalf("%q was changed to %q", s, got)
		}
		if again := g.ReturnPath(got); again != got {
			t.Fatalf("%q became %q, then %q", s, got, again)
		}
		if strings.ContainsFunc(got, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '\\' }) || strings.HasPrefix(got, "//") {
			t.Fatalf("%q became %q", s, got)
		}
		if strings.HasPrefix(u.Path, "/stepup/") {
			t.Fatalf("%q leads back to the verify page", s)
		}
	})
}

func TestEveryDecimalDigitIsUnderstood(t *testing.T) {
	digits := 0
	for c := rune(0); c <= unicode.MaxRune; c++ {
		got, ok := decimal(c)
		if ok != unicode.Is(unicode.Nd, c) {
			t.Fatalf("%U: got %v", c, ok)
		}
		if ok {
			if got != '0'+byte(digits%10) {
				t.Fatalf("%U is %c, want %d", c, got, digits%10)
			}
			digits++
		}
	}
	if digits%10 != 0 || digits == 0 {
		t.Errorf("%d digits", digits)
	}
}

func FuzzNormaliseCode(f *testing.F) {
	for _, seed := range []string{"123456", "123 456", "#123-456", "１２３４５６", "١٢٣٤٥٦", "12345", "1234567", "12345a", "\u202a123456\u202c", "1\x00"} {
		f.Add(seed)
	}
	six := regexp.MustCompile(`^[0-9]{6}$`)
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := normaliseCode(typed)
		if ok != six.MatchString(code) || !ok && code != "" {
			t.Fatalf("%q became %q, %v", typed, code, ok)
		}
		if again, _ := normaliseCode(code); ok && again != code {
			t.Fatalf("%q became %q, then %q", typed, code, again)
		}
	})
}

func FuzzCookieValues(f *testing.F) {
	for _, seed := range []string{"a=1; jwt=x.y.z", `jwt="quoted"; jwt=2`, "jwt", "jwt=", " jwt = 1 ;; jwt=\"", "jwt=a b,c", "JWT=1; jwt=\\"} {
		f.Add(seed, "jwt=again")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		r := &http.Request{Header: http.Header{"Cookie": {one, two}}}
		var want []string
		for _, c := range r.CookiesNamed("jwt") {
			want = append(want, c.Value)
		}
		got := make([]string, len(want)+1)
		if n := cookieValues(r.Header, "jwt", got); !slices.Equal(got[:n], want) {
			t.Fatalf("in %q and %q got %q, net/http finds %q", one, two, got[:n], want)
		}
	})
}

func TestSoManyCookiesAreNotRead(t *testing.T) {
	for _, n := range []int{maxRequestCookies, maxRequestCookies + 1} {
		h := http.Header{"Cookie": {strings.Repeat("a=1; ", n-1) + "jwt=x"}}
		r := &http.Request{Header: h}
		if got, want := cookieValues(h, "jwt", make([]string, 3)), len(r.CookiesNamed("jwt")); got != want {
			t.Errorf("of %d cookies %d are found, net/http finds %d", n, got, want)
		}
	}
}

func FuzzParseInput(f *testing.F) {
	for _, seed := range []string{`{"policy":"money","code":"123456"}`, `{"code":"1","code":"2"}`, `{"Code":"1"}`, `null`, `[]`, `{"code":1}`, `{} {}`, `{"next":"\ud800"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := parseInput(body)
		if err != nil {
			if in != (input{}) {
				t.Fatalf("%q is refused and yet understood: %+v", body, in)
			}
			return
		}
		// Whoever reads it with the standard library sees the same.
		var fields map[string]*string
		if json.Unmarshal(body, &fields) != nil {
			t.Fatalf("%q is accepted, but is no object of strings", body)
		}
		for name, value := range fields {
			got, ok := map[string]string{"policy": in.policy, "next": in.next, "session": in.session, "code": in.code}[name]
			if want := ""; value != nil {
				want = *value
				if !ok || got != want {
					t.Fatalf("%q: %s is %q, want %q", body, name, got, want)
				}
			}
		}
	})
}

func TestJSONThatIsNotJSONIsRefused(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus(t, "json-test-suite", "test_parsing"), "*.json"))
	if err != nil || len(files) < 300 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if in, err := parseInput(body); err == nil && in != (input{}) {
			t.Errorf("%s is taken for %+v", filepath.Base(file), in)
		} else if err == nil && strings.HasPrefix(filepath.Base(file), "n_") {
			t.Errorf("%s is accepted", filepath.Base(file))
		}
		// The same text where a code would stand.
		wrapped := slices.Concat([]byte(`{"code":`), body, []byte(`}`))
		if in, err := parseInput(wrapped); err == nil && strings.HasPrefix(filepath.Base(file), "n_") && !json.Valid(wrapped) {
			t.Errorf("%s as a code is taken for %q", filepath.Base(file), in.code)
		}
	}
}

func TestNegotiation(t *testing.T) {
	const html, star = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "*/*"
	for _, tt := range []struct {
		name    string
		channel channel
		header  []string
		want    client
	}{
		{"a navigation", channelCookie, []string{"Sec-Fetch-Mode", "navigate", "Accept", html}, clientBrowser},
		{"a navigation without a session", channelNone, []string{"Sec-Fetch-Mode", "navigate", "Accept", html}, clientBrowser},
		{"a navigation with a bearer token", channelBearer, []string{"Sec-Fetch-Mode", "navigate", "Accept", html}, clientAPI},
		{"an old browser", channelCookie, []string{"Accept", html}, clientBrowser},
		{"curl", channelCookie, []string{"Accept", star}, clientAPI},
		{"nothing at all", channelCookie, nil, clientAPI},
		{"fetch", channelCookie, []string{"Sec-Fetch-Mode", "cors", "Accept", star}, clientAPI},
		{"fetch that would take a page", channelCookie, []string{"Sec-Fetch-Mode", "cors", "Accept", html}, clientAPI},
		{"an image", channelCookie, []string{"Sec-Fetch-Mode", "no-cors", "Accept", "image/*"}, clientAPI},
		{"JSON rather than a page", channelCookie, []string{"Accept", "application/json, text/html;q=0.5"}, clientAPI},
		{"a page rather than JSON", channelCookie, []string{"Accept", "application/json;q=0.5, text/html"}, clientBrowser},
		{"both alike", channelCookie, []string{"Accept", "application/json, text/html"}, clientAPI},
		{"a page that is not wanted", channelCookie, []string{"Accept", "text/html;q=0"}, clientAPI},
		{"a body of JSON", channelCookie, []string{"Accept", html, "Content-Type", "application/json; charset=utf-8"}, clientAPI},
		{"htmx", channelCookie, []string{"Hx-Request", "true", "Sec-Fetch-Mode", "cors"}, clientHTMX},
		{"htmx with a bearer token", channelBearer, []string{"Hx-Request", "true"}, clientAPI},
		{"a boosted link", channelCookie, []string{"Hx-Request", "true", "Hx-Boosted", "true"}, clientHTMX},
		{"a visit of Turbo", channelCookie, []string{"Sec-Fetch-Mode", "cors", "Accept", "text/html, application/xhtml+xml", "Turbo-Frame", "menu"}, clientBrowser},
		{"a form of Turbo", channelCookie, []string{"Sec-Fetch-Mode", "cors", "Accept", "text/vnd.turbo-stream.html, text/html"}, clientBrowser},
		{"a prefetch of Turbo", channelCookie, []string{"Sec-Fetch-Mode", "cors", "Turbo-Frame", "menu", "X-Sec-Purpose", "prefetch"}, clientPrefetch},
		{"Turbo with a bearer token", channelBearer, []string{"Turbo-Frame", "menu"}, clientAPI},
		{"a prefetch", channelCookie, []string{"Sec-Fetch-Mode", "navigate", "Sec-Purpose", "prefetch;anonymous-client-ip"}, clientPrefetch},
		{"a preview", channelCookie, []string{"Sec-Fetch-Mode", "navigate", "X-Purpose", "preview"}, clientPrefetch},
		{"a prefetch with a bearer token", channelBearer, []string{"Purpose", "Prefetch"}, clientPrefetch},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		for i := 0; i < len(tt.header); i += 2 {
			r.Header.Set(tt.header[i], tt.header[i+1])
		}
		if got := clientOf(r, tt.channel); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestClientAddresses(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tt := range []struct {
		name      string
		trusted   []netip.Prefix
		remote    string
		forwarded []string
		want      string // "" = not known
	}{
		{"nobody is trusted", nil, "192.0.2.7:1", []string{"198.51.100.1"}, ""},
		{"a client that comes directly", proxies, "192.0.2.7:1", nil, "192.0.2.7"},
		{"a client that comes directly and lies", proxies, "192.0.2.7:1", []string{"198.51.100.1"}, "192.0.2.7"},
		{"a client behind a proxy", proxies, "10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a client behind a proxy that lies", proxies, "10.0.0.1:1", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", proxies, "10.0.0.1:1", []string{"203.0.113.9, 198.51.100.1, 10.2.3.4"}, "198.51.100.1"},
		{"two header lines", proxies, "10.0.0.1:1", []string{"203.0.113.9", "198.51.100.1,10.2.3.4"}, "198.51.100.1"},
		{"a proxy alone", proxies, "10.0.0.1:1", nil, ""},
		{"only proxies", proxies, "10.0.0.1:1", []string{"10.1.1.1"}, ""},
		{"junk from a proxy", proxies, "10.0.0.1:1", []string{"unknown"}, ""},
		{"junk to the left", proxies, "10.0.0.1:1", []string{"unknown, 198.51.100.1"}, "198.51.100.1"},
		{"IPv6", proxies, "[fd00::1]:1", []string{"2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::"},
		{"another address of the same network", proxies, "[fd00::1]:1", []string{"2001:db8:1:2:ffff::1"}, "2001:db8:1:2::"},
		{"IPv4 in IPv6", proxies, "[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"no address", proxies, "@", nil, ""},
	} {
		g := &Guard{config: Config{TrustedProxies: tt.trusted}}
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.remote
		r.Header["X-Forwarded-For"] = tt.forwarded
		got := g.clientIP(r)
		if got.IsValid() != (tt.want != "") || got.IsValid() && got.String() != tt.want {
			t.Errorf("%s: got %v, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzLimitKey(f *testing.F) {
	f.Add("a", "b", "c", "ab", "", "c")
	f.Add("a", "bc", "", "a", "b", "c")
	g := &Guard{keys: keyring{limiter: []byte("key")}}
	f.Fuzz(func(t *testing.T, a, b, c, x, y, z string) {
		same := a == x && b == y && c == z
		if got := g.limitKey(a, b, c) == g.limitKey(x, y, z); got != same {
			t.Fatalf("%q %q %q and %q %q %q: same key %v, want %v", a, b, c, x, y, z, got, same)
		}
	})
}

func TestTheBookmarkKnowsWhenAnotherMessageMayBeSent(t *testing.T) {
	windows := Windows{30 * time.Second: 1, 90 * time.Second: 2, 210 * time.Second: 3}
	start := time.Unix(1_800_000_000, 0)
	var p *pending
	if !p.resendAt(windows).IsZero() || !p.newest().IsZero() {
		t.Error("no bookmark knows of a message")
	}
	for i, want := range []time.Duration{30 * time.Second, 90 * time.Second, 210 * time.Second} {
		at := start.Add([]time.Duration{0, 30 * time.Second, 90 * time.Second}[i])
		p = p.with("session", "12", at)
		if got := p.resendAt(windows).Sub(start); got != want {
			t.Errorf("after message %d: again at %v, want %v", i+1, got, want)
		}
	}
	for range 20 {
		p = p.with("session", "12", start)
	}
	if len(p.Sent) != maxPendingSent {
		t.Errorf("%d messages are remembered", len(p.Sent))
	}
}
