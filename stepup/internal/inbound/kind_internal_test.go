package inbound

import (
	"net/http/httptest"
	"testing"
)

func TestNegotiation(t *testing.T) {
	const html, star = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "*/*"
	for _, tt := range []struct {
		name   string
		bearer bool
		header []string
		want   Kind
	}{
		{"a navigation", false, []string{"Sec-Fetch-Mode", "navigate", "Accept", html}, Browser},
		{"a navigation without a session", false, []string{"Sec-Fetch-Mode", "navigate", "Accept", html}, Browser},
		{"a navigation with a bearer token", true, []string{"Sec-Fetch-Mode", "navigate", "Accept", html}, API},
		{"an old browser", false, []string{"Accept", html}, Browser},
		{"curl", false, []string{"Accept", star}, API},
		{"nothing at all", false, nil, API},
		{"fetch", false, []string{"Sec-Fetch-Mode", "cors", "Accept", star}, API},
		{"fetch that would take a page", false, []string{"Sec-Fetch-Mode", "cors", "Accept", html}, API},
		{"an image", false, []string{"Sec-Fetch-Mode", "no-cors", "Accept", "image/*"}, API},
		{"JSON rather than a page", false, []string{"Accept", "application/json, text/html;q=0.5"}, API},
		{"a page rather than JSON", false, []string{"Accept", "application/json;q=0.5, text/html"}, Browser},
		{"both alike", false, []string{"Accept", "application/json, text/html"}, API},
		{"a page that is not wanted", false, []string{"Accept", "text/html;q=0"}, API},
		{"a body of JSON", false, []string{"Accept", html, "Content-Type", "application/json; charset=utf-8"}, API},
		{"htmx", false, []string{"Hx-Request", "true", "Sec-Fetch-Mode", "cors"}, HTMX},
		{"htmx with a bearer token", true, []string{"Hx-Request", "true"}, API},
		{"a boosted link", false, []string{"Hx-Request", "true", "Hx-Boosted", "true"}, HTMX},
		{"a visit of Turbo", false, []string{"Sec-Fetch-Mode", "cors", "Accept", "text/html, application/xhtml+xml", "Turbo-Frame", "menu"}, Browser},
		{"a form of Turbo", false, []string{"Sec-Fetch-Mode", "cors", "Accept", "text/vnd.turbo-stream.html, text/html"}, Browser},
		{"a download", false, []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "empty"}, API},
		{"an object in a page", false, []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "object", "Accept", html}, API},
		{"an embedded file", false, []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "embed", "Accept", html}, API},
		{"a navigation made anew by a service worker", false, []string{"Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "empty", "Accept", html}, Browser},
		{"a script that asks its own origin for data", false, []string{"Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "empty", "Accept", star}, API},
		{"a prefetch of Turbo", false, []string{"Sec-Fetch-Mode", "cors", "Turbo-Frame", "menu", "X-Sec-Purpose", "prefetch"}, Prefetch},
		{"Turbo with a bearer token", true, []string{"Turbo-Frame", "menu"}, API},
		{"a prefetch", false, []string{"Sec-Fetch-Mode", "navigate", "Sec-Purpose", "prefetch;anonymous-client-ip"}, Prefetch},
		{"a preview", false, []string{"Sec-Fetch-Mode", "navigate", "X-Purpose", "preview"}, Prefetch},
		{"a prefetch with a bearer token", true, []string{"Purpose", "Prefetch"}, Prefetch},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		for i := 0; i < len(tt.header); i += 2 {
			r.Header.Set(tt.header[i], tt.header[i+1])
		}
		if got := KindOf(r, tt.bearer); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}
