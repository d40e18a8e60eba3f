package main

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestMain lets the tests run their own binary as the example.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_EXAMPLE") != "" {
		main()
		return
	}
	m.Run()
}

func TestParseCents(t *testing.T) {
	for _, tt := range []struct {
		typed string
		want  cents
	}{
		{"250", 250_00},
		{" $1,250.5 ", 1250_50},
		{"0.01", 1},
		{"999999999.99", 999_999_999_99},
	} {
		if got, ok := parseCents(tt.typed); !ok || got != tt.want {
			t.Errorf("parseCents(%q) = %v, %v, want %v", tt.typed, got, ok, tt.want)
		}
	}
	for _, typed := range []string{"", "0", "0.00", ".5", "-1", "+1", "1.234", "1.2.3", "1e3", "1_000", "٣", "1000000000"} {
		if got, ok := parseCents(typed); ok {
			t.Errorf("parseCents(%q) = %v, want none", typed, got)
		}
	}
}

func TestCentsString(t *testing.T) {
	for amount, want := range map[cents]string{
		1: "$0.01", 999_99: "$999.99", 1_000_00: "$1,000.00", 12_345_678_90: "$12,345,678.90",
	} {
		if got := amount.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestSealedCookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seal := func(key []byte, secure bool) *sealer {
			s, err := newSealer(key, secure)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		key := []byte(strings.Repeat("k", 16) + rand.Text()[:16])
		s := seal(key, true)
		rec := httptest.NewRecorder()
		if err := s.set(rec, "sign-in", askedLink{Verifier: "only ours", Next: "/payouts"}, time.Minute); err != nil {
			t.Fatal(err)
		}
		cookie := rec.Result().Cookies()[0]
		if cookie.Name != "__Host-sign-in" || !cookie.Secure || !cookie.HttpOnly || cookie.Path != "/" || cookie.MaxAge != 60 ||
			cookie.SameSite != http.SameSiteLaxMode || bytes.Contains([]byte(cookie.Value), []byte("ours")) {
			t.Errorf("got cookie %v, want a sealed one that only this host reads", cookie)
		}
		opens := func(s *sealer, name, cookieName, value string) bool {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.AddCookie(&http.Cookie{Name: cookieName, Value: value})
			var got askedLink
			return s.open(r, name, &got) && got == askedLink{Verifier: "only ours", Next: "/payouts"}
		}
		if !opens(s, "sign-in", cookie.Name, cookie.Value) {
			t.Fatal("the cookie does not open")
		}
		changed := "A" + cookie.Value[1:]
		if cookie.Value[0] == 'A' {
			changed = "B" + cookie.Value[1:]
		}
		for name, opened := range map[string]bool{
			"under another name":   opens(s, "link", "__Host-link", cookie.Value),
			"with another key":     opens(seal([]byte(strings.Repeat("x", 32)), true), "sign-in", cookie.Name, cookie.Value),
			"without the prefix":   opens(s, "sign-in", "sign-in", cookie.Value),
			"changed":              opens(s, "sign-in", cookie.Name, changed),
			"cut off":              opens(s, "sign-in", cookie.Name, cookie.Value[:20]),
			"empty":                opens(s, "sign-in", cookie.Name, ""),
			"not base64":           opens(s, "sign-in", cookie.Name, "~"),
			"on plain http, moved": opens(seal(key, false), "sign-in", "sign-in", cookie.Value+"A"),
		} {
			if opened {
				t.Errorf("it opens %s", name)
			}
		}
		if !opens(seal(key, false), "sign-in", "sign-in", cookie.Value) {
			t.Error("on plain http it does not open")
		}
		time.Sleep(time.Minute)
		if opens(s, "sign-in", cookie.Name, cookie.Value) {
			t.Error("it opens after its end")
		}
	})
}

func TestReplaceCookie(t *testing.T) {
	rec := httptest.NewRecorder()
	for _, c := range []http.Cookie{{Name: "a", Value: "1"}, {Name: "ab", Value: "2"}, {Name: "a", Value: "3"}} {
		replaceCookie(rec, &c)
	}
	if got := strings.Join(rec.Header()["Set-Cookie"], " "); got != "ab=2 a=3" {
		t.Errorf("got %q, want each cookie once, as it was set last", got)
	}
}

func TestIsOrganization(t *testing.T) {
	for text, want := range map[string]bool{
		"northwind": true, "organization-test-1f": true, "a.b_c~d": true, strings.Repeat("a", 128): true,
		"": false, "a": false, "call us": false, "a/b": false, "é!": false, strings.Repeat("a", 129): false,
	} {
		if got := isOrganization(text); got != want {
			t.Errorf("%.20q: got %v, want %v", text, got, want)
		}
	}
}
