package inbound

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

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
		if n := CookieValues(r.Header, "jwt", got); !slices.Equal(got[:n], want) {
			t.Fatalf("in %q and %q got %q, net/http finds %q", one, two, got[:n], want)
		}
		if only, ok := OnlyCookie(r.Header, "jwt"); ok && IsCookieValue(only) && !slices.Equal([]string{only}, want) {
			t.Fatalf("in %q and %q %q is the only one, net/http finds %q", one, two, only, want)
		}
	})
}

func TestSoManyCookiesAreNotRead(t *testing.T) {
	for _, n := range []int{maxCookies, maxCookies + 1} {
		h := http.Header{"Cookie": {strings.Repeat("a=1; ", n-1) + "jwt=x"}}
		r := &http.Request{Header: h}
		if got, want := CookieValues(h, "jwt", make([]string, 3)), len(r.CookiesNamed("jwt")); got != want {
			t.Errorf("of %d cookies %d are found, net/http finds %d", n, got, want)
		}
	}
}
