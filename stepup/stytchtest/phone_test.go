package stytchtest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytchtest"
)

func page(t *testing.T, srv *stytchtest.Server, path string) (http.Header, string) {
	t.Helper()
	res, err := srv.Client().Get(srv.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var text strings.Builder
	if _, err := io.Copy(&text, res.Body); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 200 {
		t.Fatalf("%s: got %d", path, res.StatusCode)
	}
	return res.Header, text.String()
}

func TestThePhoneShowsMessages(t *testing.T) {
	f := newFixture(t, stytchtest.WithName("<b>Ada</b>"))
	if _, text := page(t, f.srv, "/_emulator/phone"); !strings.Contains(text, "No messages yet") {
		t.Error("an empty phone does not say so")
	}
	first, second := f.send(), f.send()
	other := &fixture{t: t, srv: f.srv, member: f.srv.AddMember()}
	other.session = f.srv.SignIn(other.member)
	third := other.send()

	header, text := page(t, f.srv, "/_emulator/phone")
	if strings.Contains(text, "<b>Ada") || !strings.Contains(text, "&lt;b&gt;Ada") {
		t.Error("the name of a member is not escaped")
	}
	if i, j, k := strings.Index(text, third), strings.Index(text, second), strings.Index(text, first); i < 0 || j < i || k < j {
		t.Errorf("the codes are at %d, %d, %d, want newest first", i, j, k)
	}
	if strings.Count(text, "a newer code was sent") != 1 {
		t.Error("want exactly one message marked as superseded")
	}
	if got := header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("Content-Type: got %q", got)
	}
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(header.Get("Content-Security-Policy"), part) {
			t.Errorf("the Content-Security-Policy lacks %s", part)
		}
	}
	if header.Get("Cache-Control") != "no-store" {
		t.Error("the page may be cached")
	}
	for _, inline := range []string{"<style", "style=", "onclick=", "<script>"} {
		if strings.Contains(text, inline) {
			t.Errorf("the page has %s, which its policy blocks", inline)
		}
	}

	_, text = page(t, f.srv, "/_emulator/phone?member_id="+f.member.ID)
	if strings.Contains(text, third) || !strings.Contains(text, second) {
		t.Error("the filter shows the wrong messages")
	}
}

func TestThePhoneHasItsFiles(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	for path, want := range map[string]string{
		"/_emulator/phone/phone.css": "text/css",
		"/_emulator/phone/phone.js":  "text/javascript",
	} {
		header, text := page(t, srv, path)
		if !strings.HasPrefix(header.Get("Content-Type"), want) || text == "" {
			t.Errorf("%s: got %q, %d bytes", path, header.Get("Content-Type"), len(text))
		}
	}
	for _, path := range []string{"/_emulator/phone/", "/_emulator/phone/phone.html", "/_emulator/phone/../phone.go"} {
		res, err := srv.Client().Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 404 {
			t.Errorf("%s: got %d, want 404", path, res.StatusCode)
		}
	}
}
