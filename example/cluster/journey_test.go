//go:build unix

package main_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestCluster runs the command once, and all tests that leave it as it was.
func TestCluster(t *testing.T) {
	c := start(t)
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, c *cluster)
	}{
		{"a visitor steps up and comes back, over three instances", journey},
		{"a form outlives the instance that sealed it", keptForm},
		{"another site's form is refused", forgedForm},
		{"a thousand navigations send one message", thousandNavigations},
		{"a thousand requests renew a session once for each instance", thousandRenewals},
		{"a thousand guesses count as five, whatever comes next", thousandGuesses},
		{"a thief does not lock out the owner", thief},
		{"a right code is right on every instance", manyPresses},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, c) })
	}
}

// journey goes through the app as a visitor does. The balancer sends each request
// to the next instance, so no two consecutive steps meet the same one.
func journey(t *testing.T, c *cluster) {
	s := c.on(t)
	b := newBrowser(s)
	answered := map[string]bool{}
	step := func(r reply) reply {
		answered[r.header.Get("X-Instance")] = true
		return r
	}
	home := step(b.get("/")).want(t, 200, "Choose who you are", "Ada Moreno", "Ben Okafor")
	ada := attribute(home.body[strings.Index(home.body, "<button"):], "value")
	if r := step(b.post("/sign-in", url.Values{"member": {ada}})).want(t, 303); r.location != "/account" {
		t.Fatalf("after the sign-in the browser is sent to %q", r.location)
	}
	step(b.get("/account")).want(t, 200, "$482,913.06", "Sign out")
	if n := len(s.codes(ada)); n != 0 {
		t.Fatalf("%d text messages before any guarded page was opened", n)
	}

	verify := step(b.get("/payouts?week=48")).want(t, 303)
	page := step(b.get(verify.location)).want(t, 200, "number ending 42")
	code := (&person{site: s, member: ada}).onlyCode()
	fields := page.form(t, "/stepup/")
	again := step(b.post("/stepup/send", fields)).want(t, 429)
	if seconds, err := strconv.Atoi(again.header.Get("Retry-After")); err != nil || seconds < 1 {
		t.Errorf("Retry-After of a resend that came too early is %q", again.header.Get("Retry-After"))
	}
	step(b.post("/stepup/", with(fields, "code", other(code, 1)))).want(t, 422, "4 attempts left")
	back := step(b.post("/stepup/", with(again.form(t, "/stepup/"), "code", code))).want(t, 303)
	if back.location != "/payouts?week=48" {
		t.Errorf("the way back leads to %q", back.location)
	}
	for range 3 { // every instance
		step(b.get(back.location)).want(t, 200, "Halden Freight")
	}
	if len(answered) != 3 {
		t.Errorf("answers came from the instances %v, want three", answered)
	}
	step(b.post("/sign-out", nil)).want(t, 303)
	if r := step(b.get("/payouts")).want(t, 303); !strings.HasPrefix(r.location, "/?next=") {
		t.Errorf("without a session the browser is sent to %q", r.location)
	}
	if n := len(s.codes(ada)); n != 1 {
		t.Errorf("%d text messages, want 1", n)
	}
}

// keptForm: one instance seals a form and is restarted, the verify page of a second
// carries it, and a third gives it back.
func keptForm(t *testing.T, c *cluster) {
	ada := c.on(t).person()
	b := ada.signIn(0)
	refused := b.post("/transfers", url.Values{"payee": {"Kestrel Components"}}).want(t, 401)
	fields := refused.form(t, "/stepup/")
	sent := b.post("/stepup/send", fields).want(t, 200)
	c.restart(t, refused.header.Get("X-Instance"))
	right := b.post("/stepup/", with(sent.form(t, "/stepup/"), "code", ada.onlyCode())).want(t, 200)
	again := right.form(t, "/transfers")
	if again.Get("payee") != "Kestrel Components" || len(again) != 1 {
		t.Fatalf("the form comes back as %v", again)
	}
	b.post("/transfers", again).want(t, 200, "Kestrel Components")
}

func TestWithoutRedisTheCommandSaysWhatIsMissing(t *testing.T) {
	cmd := command(t, "-addr", "127.0.0.1:0")
	cmd.Env = append(cmd.Env, "PATH="+t.TempDir(), "REDIS_SERVER=")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 ||
		!strings.Contains(out.String(), "no redis-server found") || !strings.Contains(out.String(), "once for each instance") {
		t.Errorf("ended with %v and %q, want status 1 and what to install", err, out.String())
	}
	if strings.Contains(out.String(), "http://") {
		t.Error("an address was printed")
	}
}

// forgedForm: the instances compare the origin of a form with the host that the
// browser knows, so the balancer must pass that on.
func forgedForm(t *testing.T, c *cluster) {
	b := c.on(t).person().signIn(0)
	req, err := http.NewRequest(http.MethodPost, c.home+"/transfers", strings.NewReader("payee=Mallory"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "https://evil.example")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("got %s, want 403", resp.Status)
	}
}
