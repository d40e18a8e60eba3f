package pages

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/contract"
)

func TestPageHeaders(t *testing.T) {
	h := http.Header{"Vary": {"Cookie"}, "Cache-Control": {"max-age=60"}, "Content-Security-Policy": {"default-src *"}}
	SetHeaders(h, contract.Page{State: contract.StateCode}, nil)
	for name, want := range map[string]string{
		"Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; " +
			"frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "otp-credentials=(self)",
		"Referrer-Policy":              "same-origin",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Vary":                         "Cookie, Accept, Accept-Language, Authorization, HX-Request, Sec-Fetch-Dest, Sec-Fetch-Mode",
	} {
		if got := strings.Join(h.Values(name), ", "); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		delete(h, name)
	}
	if len(h) != 0 {
		t.Errorf("more headers: %v", h)
	}
}

func TestFormActions(t *testing.T) {
	pay := []string{"https://pay.example"}
	for _, test := range []struct {
		name    string
		state   contract.State
		actions []string
		want    string
	}{
		{"our own pages", contract.StateCode, nil, "form-action 'self'"},
		{"our own pages in an app that redirects elsewhere", contract.StateCode, pay, "form-action 'self' https://pay.example"},
		{"the app's request may lead anywhere", contract.StateContinue, nil, ""},
		{"the app's request, where the app says where it may lead", contract.StateContinue, pay, "form-action 'self' https://pay.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := make(http.Header)
			SetHeaders(h, contract.Page{State: test.state}, test.actions)
			rules := strings.Split(h.Get("Content-Security-Policy"), "; ")
			i := slices.IndexFunc(rules, func(rule string) bool { return strings.HasPrefix(rule, "form-action") })
			if i < 0 && test.want != "" || i >= 0 && rules[i] != test.want {
				t.Errorf("%q, want %q", rules, test.want)
			}
		})
	}
}
