package pages

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/contract"
)

// hostile strings must come out as text, wherever they are put in.
func hostile() []string {
	return []string{
		`<script>alert(1)</script>`,
		`"><img src=x onerror=alert(1)>`,
		`' autofocus onfocus='alert(1)`,
		`</title></main></form><form action=//evil.example>`,
		`javascript:alert(1)`,
		"\x00\x01<svg/onload=alert(1)>",
		`{{.Session}} {time} {n} &lt;b&gt; &#34;`,
		"\u202e<b>\u2066",
		`//evil.example/<!--`,
		"\xff\xfe<a href=x>",
	}
}

// TestHostileStrings puts them into every string of a page at once. The page
// must keep the elements and attributes that it has with harmless strings.
func TestHostileStrings(t *testing.T) {
	p := mustPages(t, nil)
	for _, page := range samplePages() {
		want := parsePage(t, p, withStrings(page, "x"))
		for _, payload := range hostile() {
			got := parsePage(t, p, withStrings(page, payload))
			if got.skeleton() != want.skeleton() {
				t.Errorf("%s with %q:\n%s\nwant\n%s", page.State, payload, got.skeleton(), want.skeleton())
			}
			for _, e := range got.elements {
				for _, name := range []string{"href", "action", "formaction", "src"} {
					if strings.HasPrefix(strings.ToLower(strings.TrimSpace(e.attr[name])), "javascript:") {
						t.Errorf("%s: <%s %s=%q>", page.State, e.name, name, e.attr[name])
					}
				}
			}
		}
	}
}

func FuzzHostileStrings(f *testing.F) {
	for _, payload := range hostile() {
		f.Add(payload)
	}
	p := mustPages(f, nil)
	type sample struct {
		page contract.Page
		want string
	}
	var samples []sample
	for _, page := range samplePages() {
		// The pages with the most strings.
		everything := page.Code == contract.CodeResendCooldown || page.RecoveryCodes != nil && page.RecoveryRemain != nil || page.Setup != nil && page.Code == contract.CodeMalformed
		if page.Form != nil && everything {
			samples = append(samples, sample{page, parsePage(f, p, withStrings(page, "x")).skeleton()})
		}
	}
	if len(samples) != 3 {
		f.Fatalf("%d pages to put strings into", len(samples))
	}
	f.Fuzz(func(t *testing.T, payload string) {
		if payload == "" {
			t.Skip("an empty string leaves parts of the page out")
		}
		for _, s := range samples {
			if got := parsePage(t, p, withStrings(s.page, payload)).skeleton(); got != s.want {
				t.Errorf("%s:\n%s\nwant\n%s", s.page.State, got, s.want)
			}
		}
	})
}

// TestHostileMethods puts them where a method stands, which chooses what is
// shown, so that the page has other parts.
func TestHostileMethods(t *testing.T) {
	p := mustPages(t, nil)
	for _, page := range samplePages() {
		withMethods := func(method contract.Method) contract.Page {
			page.Method, page.Others, page.Addable = method, []contract.Method{method}, []contract.Method{method}
			return page
		}
		want := parsePage(t, p, withMethods("x")).skeleton()
		for _, payload := range hostile() {
			if got := parsePage(t, p, withMethods(contract.Method(payload))).skeleton(); got != want {
				t.Errorf("%s with %q:\n%s\nwant\n%s", page.State, payload, got, want)
			}
		}
	}
}

// TestHostileSetup puts them into the secret, which is cut into a number of
// pieces, and behind the beginning of a link that is let through.
func TestHostileSetup(t *testing.T) {
	p := mustPages(t, nil)
	show := func(secret, uri string) markup {
		return parsePage(t, p, contract.Page{State: contract.StateAuthenticator, Base: "/stepup/", Setup: &contract.Setup{Secret: secret, URI: uri, QR: "<svg></svg>"}})
	}
	want := show("x", "otpauth://totp/x").skeleton()
	for _, payload := range hostile() {
		doc := show(payload, "otpauth://totp/"+payload)
		pieces := 0
		for _, e := range doc.all("span") {
			if len(e.attr) == 0 {
				pieces++
			}
		}
		if n := (len([]rune(payload)) + 3) / 4; pieces != n {
			t.Errorf("%q: %d pieces, want %d", payload, pieces, n)
		}
		if got := strings.Replace(doc.skeleton(), strings.Repeat("span[] ", pieces), "span[] ", 1); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", payload, got, want)
		}
		if href := doc.all("a")[0].attr["href"]; !strings.HasPrefix(href, "otpauth://totp/") {
			t.Errorf("%q: a link to %q", payload, href)
		}
	}
}

// withStrings returns the page with every string that is not empty, and does
// not choose what is shown, replaced by s. The secret of an authenticator app and
// its link have a test of their own, and its QR code is markup.
func withStrings(page contract.Page, s string) contract.Page {
	if page.Form != nil {
		form := *page.Form
		page.Form = &form
	}
	if page.Setup != nil {
		setup := *page.Setup
		page.Setup = &setup
	}
	var replace func(reflect.Value)
	replace = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				replace(v.Elem())
			}
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[time.Time]() {
				return
			}
			for i := range v.NumField() {
				if name := v.Type().Field(i).Name; !slices.Contains([]string{"State", "Language", "Code", "Reason", "Scope", "Secret", "URI", "QR"}, name) {
					replace(v.Field(i))
				}
			}
		case reflect.Slice:
			copied := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(copied, v)
			v.Set(copied)
			for i := range v.Len() {
				replace(v.Index(i))
			}
		case reflect.String:
			if v.String() != "" && v.Type() != reflect.TypeFor[contract.Method]() {
				v.SetString(s)
			}
		}
	}
	replace(reflect.ValueOf(&page).Elem())
	return page
}
