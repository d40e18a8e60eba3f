// What a page shows once and never again: the secret of an authenticator app and
// how many recovery codes are left. The templates call it while render.go writes
// a page.

package pages

import (
	"html/template"
	"slices"
	"strings"
)

// Secret returns the secret of the authenticator app in groups of four.
func (v *view) Secret() (groups []string) {
	for group := range slices.Chunk([]rune(v.Setup.Secret), 4) {
		groups = append(groups, string(group))
	}
	return groups
}

// SetupURI is a link that an authenticator app opens, or "". html/template
// takes a scheme that it does not know for a script, so this one is vouched for
// here, and no other.
func (v *view) SetupURI() template.URL {
	if !strings.HasPrefix(v.Setup.URI, "otpauth://totp/") {
		return ""
	}
	return template.URL(v.Setup.URI)
}

// QR is the QR code. It is the one string of a page that is markup already:
// contract.Setup says so. Without a style sheet it would fill the window.
func (v *view) QR() template.HTML {
	rest, ok := strings.CutPrefix(v.Setup.QR, "<svg ")
	if tag, _, _ := strings.Cut(rest, ">"); !ok || strings.Contains(tag, " width=") {
		return template.HTML(v.Setup.QR)
	}
	return template.HTML(`<svg width="200" height="200" ` + rest)
}

// Remaining says how many recovery codes are left.
func (v *view) Remaining() (template.HTML, error) {
	if *v.RecoveryRemain <= 0 {
		return v.T("recovery.none")
	}
	return v.N("recovery.remain", *v.RecoveryRemain)
}

// RunningOut reports whether so few are left that new ones are due.
func (v *view) RunningOut() bool { return *v.RecoveryRemain <= 2 }
