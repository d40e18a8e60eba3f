package browser_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// chromium is one running browser. Tabs of different tests share no cookies, so
// tests may run in it in parallel.
type chromium struct {
	ctx context.Context
	axe string // the source of axe-core
}

// startChromium runs a browser until the test ends.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	path := findChromium(t)
	axe, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		missing(t, "axe-core is not installed: run npm ci in example/browser")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.DisableGPU,
		// Only the pages may use the network.
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("no-pings", true),
		chromedp.Flag("accept-lang", "en-US"),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		closeBrowser()
		stop()
		chromedp.FromContext(ctx).Allocator.Wait() // the profile folder is in use until the browser is gone
	})
	started := make(chan error, 1)
	go func() { started <- chromedp.Do(ctx) }() // a context with a deadline would end the browser with it
	select {
	case err := <-started:
		if err != nil {
			t.Fatalf("starting %s: %v", path, err)
		}
	case <-time.After(60 * time.Second):
		t.Fatalf("%s does not start", path)
	}
	return &chromium{ctx: ctx, axe: string(axe)}
}

func findChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "no Chromium found: install chromium, or set CHROMIUM to its path")
	return ""
}

// missing skips a test whose tool is missing, or fails it if RUNG_REQUIRE requires
// the tool.
func missing(t *testing.T, what string) {
	t.Helper()
	if need := os.Getenv("RUNG_REQUIRE"); need == "all" || strings.Contains(need, "browser") {
		t.Fatalf("%s (RUNG_REQUIRE=%s)", what, need)
	}
	t.Skip(what)
}
