package browser_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a test waits for anything.
const patience = 2 * time.Minute

// tab is what a member sees and types into. It has no mouse, so that everything a
// test reaches can be reached by keyboard.
type tab struct {
	t       *testing.T
	browser *chromium
	ctx     context.Context
	status  int  // of the page shown
	still   bool // whether scripts are off

	mu       sync.Mutex
	noise    []string         // errors and warnings of the console
	requests map[string]int64 // status of the last answer for each path
	heard    chan struct{}    // has an item when there is news in requests

	loader    cdp.LoaderID         // of the page shown
	documents map[cdp.LoaderID]int // the statuses of pages that have not loaded yet
	arrived   chan int             // the statuses of those that have
}

// newTab opens a tab with its own cookie jar.
func (c *chromium) newTab(t *testing.T) *tab {
	t.Helper()
	return c.tab(t, c.ctx, chromedp.WithNewBrowserContext())
}

// sibling opens a second tab with the same cookie jar.
func (b *tab) sibling() *tab {
	b.t.Helper()
	return b.browser.tab(b.t, b.browser.ctx, chromedp.WithExistingBrowserContext(chromedp.FromContext(b.ctx).BrowserContextID))
}

func (c *chromium) tab(t *testing.T, parent context.Context, option chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{
		t: t, browser: c, requests: map[string]int64{}, heard: make(chan struct{}, 1),
		documents: map[cdp.LoaderID]int{}, arrived: make(chan int, 100),
	}
	ctx, closeTab := chromedp.NewContext(parent, option)
	b.ctx = ctx
	t.Cleanup(func() {
		closeTab()
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, complaint := range b.noise {
			t.Errorf("console: %s", complaint)
		}
	})
	if err := chromedp.Do(ctx); err != nil { // closeTab ends it, not a deadline
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, b.overhear); err != nil {
		t.Fatal(err)
	}
	b.listenToConsole()
	// Every tab acts as the front one, so that keys arrive and timers run.
	call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return b
}

// overhear records what the tab loads. It runs in the loop that reads the browser's
// messages in order.
func (b *tab) overhear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch event := event.(type) {
	case *network.EventResponseReceived:
		if u, err := url.Parse(event.Response.URL); err == nil {
			b.requests[u.RequestURI()] = event.Response.Status
			select {
			case b.heard <- struct{}{}:
			default:
			}
		}
		if event.Type == network.ResourceTypeDocument {
			b.documents[event.LoaderID] = int(event.Response.Status)
		}
	case *page.EventFrameNavigated:
		if event.Frame.ParentID == "" {
			b.loader = event.Frame.LoaderID
		}
	case *page.EventLoadEventFired:
		if status, ok := b.documents[b.loader]; ok {
			delete(b.documents, b.loader)
			b.arrived <- status
		}
	}
}

// listenToConsole records errors and warnings, except those about the status of a
// page: the tests check every status themselves.
func (b *tab) listenToConsole() {
	messages := chromedp.Console(b.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			bad := m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleWarning || m.IsException()
			if !bad || strings.HasPrefix(m.Text, "Failed to load resource: the server responded with a status of ") {
				continue
			}
			b.mu.Lock()
			b.noise = append(b.noise, m.String())
			b.mu.Unlock()
		}
	}()
}

// answer waits until a request for the path has been answered, and returns its
// status.
func (b *tab) answer(path string) int64 {
	b.t.Helper()
	for end := time.After(patience); ; {
		b.mu.Lock()
		status, ok := b.requests[path]
		b.mu.Unlock()
		if ok {
			return status
		}
		select {
		case <-b.heard:
		case <-end:
			b.t.Fatalf("%s was not requested", path)
		}
	}
}

// bounded returns the tab's context with a deadline.
func (b *tab) bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(b.ctx, patience)
}

// call sends a command of the DevTools protocol.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := b.bounded()
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// do runs steps that stay on the page.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := b.bounded()
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// evaluate evaluates an expression in the page, whatever its policy.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := b.bounded()
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("evaluating %.100q: %v", expression, err)
	}
	return value
}

// waitFor waits until an expression in the page is true.
func (b *tab) waitFor(expression string, patience time.Duration) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience+5*time.Second)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](expression,
		chromedp.WithPollingInterval(100*time.Millisecond), chromedp.WithPollingTimeout(patience)))
	if err != nil {
		b.t.Fatalf("waiting for %s: %v\n%s", expression, err, b.text())
	}
}

// arrive runs a step that leads to another page, and waits until it has loaded.
func (b *tab) arrive(step chromedp.Action[chromedp.Void]) *tab {
	b.t.Helper()
	b.do(step)
	select {
	case b.status = <-b.arrived:
	case <-time.After(patience):
		b.t.Fatalf("no other page came; still at %s:\n%s", b.where(), b.text())
	}
	return b
}

// open goes to a typed address.
func (b *tab) open(address string) *tab {
	b.t.Helper()
	return b.arrive(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.Navigate, page.NavigateParams{URL: address, TransitionType: page.TransitionTypeTyped})
		return err
	}))
}

// back presses the browser's back button.
func (b *tab) back() *tab {
	b.t.Helper()
	return b.arrive(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		history, err := cdp.Call(ctx, t, page.GetNavigationHistory, cdp.Empty{})
		if err != nil {
			return err
		}
		if history.CurrentIndex == 0 {
			return errors.New("there is no page to go back to")
		}
		_, err = cdp.Call(ctx, t, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{
			EntryID: history.Entries[history.CurrentIndex-1].ID,
		})
		return err
	}))
}

// comeBack returns to a tab whose page may be out of date, and waits until it
// has noticed. Returning once may be too early: the other tab's request may
// still be on its way.
func (b *tab) comeBack() {
	b.t.Helper()
	b.waitFor(`(document.dispatchEvent(new Event("visibilitychange")), !document.getElementById("elsewhere").hidden)`, patience)
}

// focused describes the focused element: roughly what a screen reader calls it, and
// whether the focus is visible.
const focused = `(() => {
	const e = document.activeElement;
	const name = (e.labels && e.labels[0] || e).textContent.trim().replace(/\s+/g, " ");
	const style = getComputedStyle(e);
	const control = e.matches("a, button, input, summary, select, textarea");
	return { tag: e.tagName, name, control, seen: !e.matches(":focus-visible") || (style.outlineStyle === "auto" || style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) };
})()`

type focus struct {
	Tag, Name     string
	Control, Seen bool
}

// tabTo presses Tab until the control with the name has the focus.
func (b *tab) tabTo(name string) *tab {
	b.t.Helper()
	var passed []string
	for range 60 {
		f := evaluate[focus](b, focused)
		if !f.Seen {
			b.t.Errorf("%s: the focus of %s %q is not visible", b.where(), f.Tag, f.Name)
		}
		if f.Control && strings.Contains(f.Name, name) {
			return b
		}
		passed = append(passed, fmt.Sprintf("%s %.40q", f.Tag, f.Name))
		b.do(chromedp.KeyEvent(kb.Tab))
	}
	b.t.Fatalf("%s: the Tab key does not reach %q, it reaches\n%s", b.where(), name, strings.Join(passed, "\n"))
	return b
}

// pressEnter sends the key as a keyboard does. chromedp.KeyEvent sends it in two
// parts, and the second may reach what the first moved the focus to.
var pressEnter = chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
	for _, key := range []input.DispatchKeyEventParams{
		{Type: input.DispatchKeyEventTypeKeyDown, Text: "\r"},
		{Type: input.DispatchKeyEventTypeKeyUp},
	} {
		key.Key, key.Code, key.WindowsVirtualKeyCode, key.NativeVirtualKeyCode = "Enter", "Enter", 13, 13
		if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, key); err != nil {
			return err
		}
	}
	return nil
})

// press tabs to a link or button, presses Enter and waits for the page that it
// leads to.
func (b *tab) press(name string) *tab {
	b.t.Helper()
	b.tabTo(name)
	return b.arrive(pressEnter)
}

// toggle presses Enter on a control that opens or closes a part of the page.
func (b *tab) toggle() {
	b.t.Helper()
	b.do(pressEnter)
}

// enter replaces the text of the focused field.
func (b *tab) enter(text string) *tab {
	b.t.Helper()
	b.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(kb.Delete), chromedp.KeyEvent(text))
	return b
}

// submit presses Enter in a field.
func (b *tab) submit() *tab {
	b.t.Helper()
	return b.arrive(pressEnter)
}

// where returns the path and query of the page.
func (b *tab) where() string {
	b.t.Helper()
	return evaluate[string](b, `location.pathname + location.search`)
}

// text returns what can be read on the page.
func (b *tab) text() string {
	b.t.Helper()
	return strings.Join(strings.Fields(evaluate[string](b, `document.body.innerText`)), " ")
}

// value returns the text of a field.
func (b *tab) value(id string) string {
	b.t.Helper()
	return evaluate[string](b, fmt.Sprintf(`document.getElementById(%q).value`, id))
}

// expect fails unless the page has the status, is at the path and contains the
// texts.
func (b *tab) expect(status int, path string, texts ...string) *tab {
	b.t.Helper()
	if at, _, _ := strings.Cut(b.where(), "?"); b.status != status || at != path {
		b.t.Fatalf("at %s with status %d, want %s with %d:\n%s", b.where(), b.status, path, status, b.text())
	}
	return b.says(texts...)
}

func (b *tab) says(texts ...string) *tab {
	b.t.Helper()
	shown := b.text()
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			b.t.Fatalf("%s does not say %q:\n%s", b.where(), text, shown)
		}
	}
	return b
}

// withoutScripts turns scripts off.
func (b *tab) withoutScripts() *tab {
	b.t.Helper()
	b.still = true
	b.allowScripts(false)
	return b
}

func (b *tab) allowScripts(allow bool) {
	b.t.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !allow})
}
