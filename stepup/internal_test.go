package stepup

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/internal/inbound"
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
	g := &Guard{steps: &steps{links: links{verify: "/stepup/"}}}
	for _, good := range []string{
		"/", "/payouts", "/payouts?page=2&sort=-date", "/a/b/c", "/a%20b", "/a?next=https://example.com//x", "/a%2Fb",
		"/~user/.well-known", "/a..b", "/...", "/stepupper", "/a#b", "/a?b=c#d", "/a?next=/stepup/#x", `/a?path=C:\x`, "/a%5Cb", "/a#/b//c", "/" + strings.Repeat("a", inbound.MaxPath-1),
	} {
		if got := g.ReturnPath(good); got != good {
			t.Errorf("%q became %q", good, got)
		}
	}
	for _, bad := range []string{
		"", "payouts", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/a\\b", "https://evil.example",
		"https:evil.example", "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", "/%0d%0aSet-Cookie:a=b", "/%09/evil.example",
		"/a//b", "/.//evil.example", "/%2e//evil.example", "/..//evil.example", "/./a", "/../a", "/a/%2e%2E/b", "/%2f%2fevil.example",
		"/%2Fevil.example", "/%5cevil.example", "/%", "/%zz", "/a b", "/ä", "/a\x00", "/\x7f", "/\"><script>", "?a", "@evil.example",
		"/stepup", "/stepup/", "/stepup/?policy=money", "/stepup/send", "/%73tepup/?policy=money", "/stepup%2Fsend", "/stepup#x", "/stepup/#x", "/stepup?a#b", "#a", `/\\evil.example#`, "/" + strings.Repeat("a", inbound.MaxPath),
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
	g := &Guard{steps: &steps{links: links{verify: "/stepup/"}}}
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
	for _, seed := range []string{"/", "//evil.example", "/\\evil", "/a?b=c#d", "/%2e%2e/", "https:evil", "/\t/x", "/stepup/", "/a#/\\b", "/stepup#x"} {
		f.Add(seed)
	}
	g := &Guard{steps: &steps{links: links{verify: "/stepup/"}}}
	origin, _ := url.Parse("https://app.example.com/payouts")
	f.Fuzz(func(t *testing.T, s string) {
		got := g.ReturnPath(s)
		u, err := origin.Parse(got)
		if err != nil || u.Scheme != "https" || u.Host != "app.example.com" || u.User != nil {
			t.Fatalf("%q became %q, which leads to %v, %v", s, got, u, err)
		}
		if got != "/" && got != s {
			t.Fatalf("%q was changed to %q", s, got)
		}
		if again := g.ReturnPath(got); again != got {
			t.Fatalf("%q became %q, then %q", s, got, again)
		}
		if strings.ContainsFunc(got, func(c rune) bool { return c <= ' ' || c >= 0x7f }) || strings.Contains(u.EscapedPath(), `\`) || strings.HasPrefix(got, "//") {
			t.Fatalf("%q became %q", s, got)
		}
		if strings.HasPrefix(u.Path+"/", "/stepup/") {
			t.Fatalf("%q leads back to the verify page", s)
		}
	})
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
		// A reader with the standard library sees the same.
		var fields map[string]*string
		if json.Unmarshal(body, &fields) != nil {
			t.Fatalf("%q is accepted, but is no object of strings", body)
		}
		for name, value := range fields {
			got, ok := map[string]string{"policy": in.policy, "next": in.next, "session": in.session, "code": in.passcode}[name]
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
		// The same text where a passcode would stand.
		wrapped := slices.Concat([]byte(`{"code":`), body, []byte(`}`))
		if in, err := parseInput(wrapped); err == nil && strings.HasPrefix(filepath.Base(file), "n_") && !json.Valid(wrapped) {
			t.Errorf("%s as a passcode is taken for %q", filepath.Base(file), in.passcode)
		}
	}
}

func TestABookmarkRemembersWhenMessagesWereSent(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	var mark *bookmark
	if len(mark.times()) != 0 || !mark.newest().IsZero() || mark.works() || mark.ending() != "" {
		t.Error("no bookmark knows of a message")
	}
	for i := range 20 {
		mark = mark.with("session", "12", start.Add(time.Duration(i)*time.Second))
		if got := mark.newest(); !got.Equal(start.Add(time.Duration(i) * time.Second)) {
			t.Errorf("after message %d: newest at %v", i+1, got)
		}
	}
	times := mark.times()
	if len(times) != maxBookmarkSent || !times[0].Equal(start.Add(10*time.Second)) {
		t.Errorf("%d messages are remembered, the oldest of %v", len(times), times[0])
	}
}
