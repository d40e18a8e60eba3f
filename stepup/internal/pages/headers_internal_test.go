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
	request := contract.Page{State: contract.StateContinue, Form: &contract.Form{}}
	for _, test := range []struct {
		name    string
		page    contract.Page
		actions []string
		want    string
	}{
		{"our own pages", contract.Page{State: contract.StateCode}, nil, "form-action 'self'"},
		{"our own pages in an app that redirects elsewhere", contract.Page{State: contract.StateCode}, pay, "form-action 'self' https://pay.example"},
		{"recovery codes, and no request of the app", contract.Page{State: contract.StateContinue, RecoveryCodes: []string{"k7qm"}}, nil, "form-action 'self'"},
		{"the app's request may lead anywhere", request, nil, ""},
		{"the app's request, where the app says where it may lead", request, pay, "form-action 'self' https://pay.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := make(http.Header)
			SetHeaders(h, test.page, test.actions)
			rules := strings.Split(h.Get("Content-Security-Policy"), "; ")
			i := slices.IndexFunc(rules, func(rule string) bool { return strings.HasPrefix(rule, "form-action") })
			if i < 0 && test.want != "" || i >= 0 && rules[i] != test.want {
				t.Errorf("%q, want %q", rules, test.want)
			}
		})
	}
}
