package main_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is the running example.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	stderr  strings.Builder // read it after stop
	stopped bool

	home, phone, emulator string // the addresses that it printed; "" = none
	policies              []string
}

// command returns the example, not yet started, without the STYTCH_ settings of the
// test machine. It is the binary of these tests, which TestMain turns into the
// example, so that the race detector watches it too.
func command(t *testing.T, env []string, flags ...string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, append([]string{"-addr", "127.0.0.1:0"}, flags...)...)
	for _, setting := range os.Environ() {
		if !strings.HasPrefix(setting, "STYTCH_") {
			cmd.Env = append(cmd.Env, setting)
		}
	}
	cmd.Env = append(append(cmd.Env, "RUN_EXAMPLE=1"), env...)
	return cmd
}

// start runs the example until the test ends, and reads the printed addresses.
func start(t *testing.T, env []string, flags ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: command(t, env, flags...)}
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		label, address, _ := strings.Cut(lines.Text(), " ")
		address = strings.TrimSpace(address)
		switch label {
		case "Ledgerline":
			p.home = address
		case "Phone":
			p.phone = address
		case "Emulator":
			p.emulator = address
		case "Policy":
			p.policies = append(p.policies, address)
		case "Open": // the last line
			p.awaitReady()
			return p
		}
	}
	t.Fatalf("the example ended before it printed its address: %v", lines.Err())
	return nil
}

// awaitReady probes until sessions can be verified, as a load balancer does.
func (p *process) awaitReady() {
	p.t.Helper()
	for range 30 { // each waits up to a second
		resp, err := http.Get(p.home + "readyz")
		if err != nil {
			p.t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return
		}
	}
	p.t.Fatal("the example does not become ready")
}

// stop ends the example as a container runtime would. The example must exit
// cleanly and must have logged no secret.
func (p *process) stop() {
	p.t.Helper()
	if p.stopped {
		return
	}
	p.stopped = true
	secrets := []string{"eyJ", "+1202555", "@", "ledger-line-demo", "panic"}
	if p.emulator != "" {
		secrets = append(secrets, p.codes()...)
		for _, m := range p.mails() {
			secrets = append(secrets, m.Token)
		}
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Error(err)
	}
	kill := time.AfterFunc(30*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("after SIGTERM: %v", err)
	}
	log := p.stderr.String()
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			p.t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
}

// read fetches a list of the emulator's admin API.
func (p *process) read(list string, into any) {
	p.t.Helper()
	resp, err := http.Get(p.emulator + list)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		p.t.Fatal(err)
	}
}

// codes returns the codes of all messages that the emulator would have sent,
// newest last.
func (p *process) codes() []string {
	p.t.Helper()
	var answer struct{ Messages []struct{ Code string } }
	p.read("messages", &answer)
	var codes []string
	for _, m := range answer.Messages {
		codes = append(codes, m.Code)
	}
	return codes
}

// mail is an email with a link.
type mail struct{ URL, Token string }

// mails returns all emails that the emulator would have sent, newest last.
func (p *process) mails() []mail {
	p.t.Helper()
	var answer struct{ Mails []mail }
	p.read("mails", &answer)
	return answer.Mails
}

// lastCode returns the code of the newest message, and fails unless that many were
// sent.
func (p *process) lastCode(sent int) string {
	p.t.Helper()
	codes := p.codes()
	if len(codes) != sent || sent == 0 {
		p.t.Fatalf("%d text messages were sent, want %d", len(codes), sent)
	}
	return codes[sent-1]
}

// later advances the clock of the emulated Stytch.
func (p *process) later(d time.Duration) {
	p.t.Helper()
	body := fmt.Sprintf(`{"advance_seconds": %d}`, int(d/time.Second))
	resp, err := http.Post(p.emulator+"clock", "application/json", strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		p.t.Fatalf("the emulator's clock: %s", resp.Status)
	}
}

// onlyCode returns the code of the only message, and fails if there is not exactly
// one.
func (p *process) onlyCode() string {
	p.t.Helper()
	return p.lastCode(1)
}

// other returns a wrong code.
func other(code string) string {
	if code == "123456" {
		return "654321"
	}
	return "123456"
}

// call sends a request as a program would, and decodes the JSON answer.
func call(t *testing.T, method, address, bearer, body string, into any) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Set-Cookie") != "" {
		t.Errorf("%s %s sets a cookie for a bearer token", method, address)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil && !errors.Is(err, io.EOF) {
		t.Fatalf("%s %s: %d: %v", method, address, resp.StatusCode, err)
	}
	return resp
}
