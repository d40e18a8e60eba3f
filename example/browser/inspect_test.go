package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Every page is inspected in these four ways. The phone also stands for a desktop
// at 400 % zoom (WCAG 1.4.10).
var looks = []struct {
	name   string
	width  int64
	height int64
	scheme string
	rules  string // of axe-core; "" = all, "none" = none
}{
	{"desktop-light", 1280, 800, "light", ""},
	{"desktop-dark", 1280, 800, "dark", `"color-contrast", "link-in-text-block"`},
	{"phone-light", 320, 640, "light", `"target-size", "scrollable-region-focusable"`},
	{"phone-dark", 320, 640, "dark", "none"},
}

// inspect looks at the page in every way: axe-core must find no violation, and
// nothing may overflow a phone. The name is for the pictures that
// RUNG_SCREENSHOTS asks for.
func (b *tab) inspect(name string) *tab {
	b.t.Helper()
	if b.still { // too late for the page's own script, but axe-core needs promises
		b.allowScripts(true)
		defer b.allowScripts(false)
	}
	evaluate[chromedp.Void](b, b.browser.axe)
	for _, look := range looks {
		b.do(chromedp.EmulateViewport(look.width, look.height))
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: look.scheme},
			// Otherwise colors would be judged in mid-transition.
			{Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		for _, violation := range b.violations(look.rules) {
			b.t.Errorf("%s, %s: %s", name, look.name, violation)
		}
		if width := evaluate[int64](b, `document.documentElement.scrollWidth`); width > look.width {
			b.t.Errorf("%s, %s: the page is %d px wide", name, look.name, width)
		}
		b.photograph(name + "-" + look.name)
	}
	b.do(chromedp.ResetViewport())
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	return b
}

// violations returns what axe-core finds.
func (b *tab) violations(rules string) []string {
	b.t.Helper()
	if rules == "none" {
		return nil
	}
	which := `rules: { "target-size": { enabled: true } }`
	if rules != "" {
		which = `runOnly: [` + rules + `]`
	}
	return evaluate[[]string](b, `axe.run({ iframes: false, resultTypes: ["violations"], `+which+` }).then(found => found.violations.flatMap(
		rule => rule.nodes.map(node => rule.id + ": " + node.html + "\n" + node.failureSummary)))`)
}

// photograph writes a picture of the whole page if RUNG_SCREENSHOTS is set.
func (b *tab) photograph(name string) {
	b.t.Helper()
	folder := os.Getenv("RUNG_SCREENSHOTS")
	if folder == "" {
		return
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		b.t.Fatal(err)
	}
	whole := true
	picture := call(b, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &whole})
	file := fmt.Sprintf("%s.png", strings.ReplaceAll(name, " ", "-"))
	if err := os.WriteFile(filepath.Join(folder, file), picture.Data, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
