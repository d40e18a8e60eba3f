package browser_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// buildLedgerline builds the example and returns the path of its binary.
func buildLedgerline(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "ledgerline")
	build := exec.Command("go", "build", "-o", binary, "./example")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// ledgerline is the running example.
type ledgerline struct {
	t              *testing.T
	home, emulator string
}

// start runs the example until the test ends.
func start(t *testing.T, binary string, flags ...string) *ledgerline {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"-addr", "127.0.0.1:0"}, flags...)...)
	for _, setting := range os.Environ() {
		if !strings.HasPrefix(setting, "STYTCH_") {
			cmd.Env = append(cmd.Env, setting)
		}
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the example ended with %v:\n%s", err, &stderr)
		}
		if t.Failed() {
			t.Logf("the example logged:\n%s", &stderr)
		}
	})
	app := &ledgerline{t: t}
	lines := bufio.NewScanner(stdout)
	for app.emulator == "" && lines.Scan() {
		label, address, _ := strings.Cut(lines.Text(), " ")
		switch label {
		case "Ledgerline":
			app.home = strings.TrimSpace(address)
		case "Emulator":
			app.emulator = strings.TrimSpace(address)
		}
	}
	if app.emulator == "" {
		t.Fatalf("the example ended before it printed its address: %v", lines.Err())
	}
	return app
}

// codes returns the codes of all text messages so far, newest last.
func (a *ledgerline) codes() []string {
	a.t.Helper()
	resp, err := http.Get(a.emulator + "messages")
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Messages []struct {
			Code string `json:"code"`
		} `json:"messages"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		a.t.Fatal(err)
	}
	var codes []string
	for _, m := range answer.Messages {
		codes = append(codes, m.Code)
	}
	return codes
}

// code returns the newest code, and fails unless that many messages were sent.
func (a *ledgerline) code(sent int) string {
	a.t.Helper()
	codes := a.codes()
	if len(codes) != sent || sent == 0 {
		a.t.Fatalf("%d text messages were sent, want %d", len(codes), sent)
	}
	return codes[sent-1]
}

// demoPassword is everybody's, as the sign-in page says.
const demoPassword = "ledger-line-demo"

// onPhone returns the part of the simulated phone that is a member's authenticator
// app.
func (a *ledgerline) onPhone(name string) string {
	a.t.Helper()
	resp, err := http.Get(a.home + "phone")
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, app := range regexp.MustCompile(`(?s)<section.*?</section>`).FindAllString(string(body), -1) {
		if strings.Contains(app, name) {
			return app
		}
	}
	a.t.Fatalf("the phone shows no authenticator app of %s", name)
	return ""
}

// authenticator returns the code that a member's authenticator app shows.
func (a *ledgerline) authenticator(name string) string {
	a.t.Helper()
	return regexp.MustCompile(`<strong>(\d{6})</strong>`).FindStringSubmatch(a.onPhone(name))[1]
}

// recoveryCode returns a code that a member wrote down and has not used.
func (a *ledgerline) recoveryCode(name string) string {
	a.t.Helper()
	return regexp.MustCompile(`<code>(.*?)</code>`).FindStringSubmatch(a.onPhone(name))[1]
}

// later advances the clock of the emulated Stytch.
func (a *ledgerline) later(d time.Duration) {
	a.t.Helper()
	body, err := json.Marshal(map[string]any{"advance_seconds": int(d / time.Second)})
	if err != nil {
		a.t.Fatal(err)
	}
	resp, err := http.Post(a.emulator+"clock", "application/json", bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		a.t.Fatalf("the emulator's clock: %s", resp.Status)
	}
}

// other returns a wrong code.
func other(code string) string {
	if code == "123456" {
		return "654321"
	}
	return "123456"
}
