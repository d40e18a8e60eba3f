package pages

import (
	"fmt"
	"io"
	"math"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/contract"
)

func TestAssets(t *testing.T) {
	p := mustPages(t, nil)
	for _, test := range []struct {
		name, file, cache, contentType string
	}{
		{"the stylesheet that pages ask for", p.assets.name("stepup.css"), "public, max-age=31536000, immutable", "text/css; charset=utf-8"},
		{"the script that pages ask for", p.assets.name("stepup.js"), "public, max-age=31536000, immutable", "text/javascript; charset=utf-8"},
		{"the stylesheet by its plain name", "stepup.css", "public, max-age=300", "text/css; charset=utf-8"},
		{"the script by its plain name", "stepup.js", "public, max-age=300", "text/javascript; charset=utf-8"},
		{"the script of another version", "stepup.0123456789abcdef.js", "no-store", "text/javascript; charset=utf-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			if !p.ServeAsset(w, httptest.NewRequest("GET", "/stepup/"+test.file, nil), test.file) {
				t.Fatal("no such file")
			}
			h := w.Header()
			if w.Code != 200 || h.Get("Cache-Control") != test.cache || h.Get("Content-Type") != test.contentType ||
				h.Get("X-Content-Type-Options") != "nosniff" || w.Body.Len() < 1000 {
				t.Errorf("%d %v, %d bytes", w.Code, h, w.Body.Len())
			}
			r := httptest.NewRequest("GET", "/stepup/"+test.file, nil)
			r.Header.Set("If-None-Match", h.Get("ETag"))
			w = httptest.NewRecorder()
			p.ServeAsset(w, r, test.file)
			if w.Code != 304 {
				t.Errorf("asked again: %d", w.Code)
			}
		})
	}
	for _, name := range []string{
		"", "stepup", "stepup.", "stepup.html", "page.html", "theme.css", "stepup.css.js", "stepup.zz.js", "stepup.0123.css",
		"stepup.0123456789abcdef.html", "messages/en.json", "../stepup.css", "stepup.css/", "STEPUP.CSS",
	} {
		w := httptest.NewRecorder()
		if p.ServeAsset(w, httptest.NewRequest("GET", "/stepup/x", nil), name) || len(w.Header()) > 0 {
			t.Errorf("%q was answered: %v", name, w.Header())
		}
	}
}

func TestPagesAskForTheHashedNames(t *testing.T) {
	p := mustPages(t, nil)
	doc := parsePage(t, p, contract.Page{State: contract.StateAsk, Base: "/verify/"})
	if got, want := doc.all("link")[0].attr["href"], "/verify/"+p.assets.name("stepup.css"); got != want {
		t.Errorf("stylesheet %q, want %q", got, want)
	}
	if got, want := doc.all("script")[0].attr["src"], "/verify/"+p.assets.name("stepup.js"); got != want {
		t.Errorf("script %q, want %q", got, want)
	}
}

func TestScriptIsSmall(t *testing.T) {
	if size := len(mustPages(t, nil).assets.by["stepup.js"].zipped); size == 0 || size >= 3<<10 {
		t.Errorf("%d bytes gzipped, want less than 3 KiB", size)
	}
}

// TestContrast checks the colors against WCAG 2.2, 1.4.3 (text: 4.5:1) and
// 1.4.11 (borders of fields: 3:1), in both schemes.
func TestContrast(t *testing.T) {
	css := string(mustPages(t, nil).assets.by["stepup.css"].body)
	light, dark, found := strings.Cut(css, "@media (prefers-color-scheme: dark)")
	if !found {
		t.Fatal("no dark scheme")
	}
	dark, _, _ = strings.Cut(dark, "One card")
	variable := regexp.MustCompile(`--stepup-([a-z-]+): #([0-9a-f]{6});`)
	for scheme, source := range map[string]string{"light": light, "dark": dark} {
		colors := make(map[string]string)
		for _, match := range variable.FindAllStringSubmatch(source, -1) {
			colors[match[1]] = match[2]
		}
		for _, pair := range []struct {
			front, back string
			atLeast     float64
		}{
			{"text", "card", 7}, {"text", "tint", 7}, {"text", "ground", 7}, {"text", "error-tint", 7},
			{"muted", "card", 4.5}, {"muted", "tint", 4.5}, {"accent", "card", 4.5}, {"accent", "tint", 4.5},
			{"accent-strong", "card", 4.5}, {"accent-strong", "tint", 4.5},
			{"on-accent", "accent", 4.5}, {"on-accent", "accent-strong", 4.5},
			{"error", "card", 4.5}, {"error", "error-tint", 4.5}, {"note", "note-tint", 4.5}, {"good", "good-tint", 4.5}, {"accent", "note-tint", 4.5},
			{"field", "card", 3},
		} {
			if got := contrast(t, colors[pair.front], colors[pair.back]); got < pair.atLeast {
				t.Errorf("%s: %s on %s has %.2f:1, want %v:1", scheme, pair.front, pair.back, got, pair.atLeast)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	var rgb [3]int
	if _, err := fmt.Fscanf(io.Reader(strings.NewReader(hex)), "%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2]); err != nil {
		t.Fatalf("color %q: %v", hex, err)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		c := float64(rgb[i]) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
