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
		got := make([]string, len(one)+len(two)+1)
		got = got[:CookieValues(r.Header, "jwt", got)]
		got = slices.DeleteFunc(got, func(value string) bool { return !IsCookieValue(value) })
		if !slices.Equal(got, want) {
			t.Fatalf("in %q and %q got %q, net/http finds %q", one, two, got, want)
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
