// The headers of every verify page, whether Render or Config.Render writes it.
// stepup/write.go sets them first.

package pages

import (
	"net/http"
	"slices"
	"strings"

	"github.com/rungauth/rung/stepup/contract"
)

// SetHeaders sets the headers of a verify page, whatever renders it.
// formActions are origins that forms may lead to besides this one.
func SetHeaders(h http.Header, page contract.Page, formActions []string) {
	// A page shows what a member is about to do, and a back button must not
	// bring up an outdated one.
	h.Set("Cache-Control", "no-store")
	for _, name := range []string{
		"Accept", "Accept-Language", "Authorization", "Cookie", "HX-Request", "Sec-Fetch-Dest", "Sec-Fetch-Mode",
	} {
		if !slices.Contains(h.Values("Vary"), name) {
			h.Add("Vary", name)
		}
	}
	// Injected markup must not be able to do anything.
	h.Set("Content-Security-Policy", contentSecurityPolicy(page, formActions))
	h.Set("X-Content-Type-Options", "nosniff")
	// In a frame, a click meant for something else could press a button of
	// ours. frame-ancestors forbids frames; old browsers know only this
	// header.
	h.Set("X-Frame-Options", "DENY")
	// A page that opened ours, or was opened by it, gets no reference to it.
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	// Not "no-referrer": with it browsers send our forms with Origin: null,
	// which http.CrossOriginProtection has to refuse.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "otp-credentials=(self)")
}

// contentSecurityPolicy allows our own stylesheet and script, and the calls of
// the script to the status.
//
// Browsers apply form-action to the redirects after a form as well. The form
// that waited goes to the app from StateContinue, and the app's answer may lead
// to another origin (a payment page), so that page has no such rule unless the
// app gave one.
func contentSecurityPolicy(page contract.Page, formActions []string) string {
	rules := []string{
		"default-src 'none'", "style-src 'self'", "script-src 'self'", "connect-src 'self'",
		"frame-ancestors 'none'", "base-uri 'none'",
	}
	if page.State != contract.StateContinue || page.Form == nil || len(formActions) > 0 {
		sources := append([]string{"'self'"}, formActions...)
		rules = append(rules, "form-action "+strings.Join(sources, " "))
	}
	return strings.Join(rules, "; ")
}

// A policy is rules of a Content-Security-Policy.
type policy []string

func (p policy) with(rule string) policy {
	if slices.Contains(p, rule) {
		return p
	}
	return append(p, rule)
}

// allow adds the rules to the policy that SetHeaders has set.
func (p policy) allow(h http.Header) {
	const name = "Content-Security-Policy"
	if set := h.Get(name); set != "" && len(p) > 0 {
		h.Set(name, set+"; "+strings.Join(p, "; "))
	}
}
