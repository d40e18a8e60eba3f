package main_test

import (
	"bufio"
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// build compiles the command as users do, without C. These tests run it as a process.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "stytch-emulator")
	cmd := exec.Command("go", "build", "-o", binary, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// ready is the line that the command prints.
type ready struct {
	URL       string `json:"url"`
	ProjectID string `json:"project_id"`
	Secret    string `json:"secret"`
}

// start runs the command until the end of the test and returns the line that it prints.
// There is nothing to wait for after that.
func start(t *testing.T, binary string, args ...string) ready {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Dir, cmd.Env = t.TempDir(), []string{} // it needs nothing
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // t.Context has ended by then
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var printed ready
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&printed); err != nil {
		t.Fatalf("the first line is %q: %v", line, err)
	}
	return printed
}

func TestTheCommandIsOneStaticBinary(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only the binaries of Linux are looked into")
	}
	file, err := elf.Open(build(t))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, program := range file.Progs {
		if program.Type == elf.PT_INTERP {
			t.Error("the binary needs a dynamic linker")
		}
	}
	if needed, err := file.ImportedLibraries(); err != nil || len(needed) != 0 {
		t.Errorf("the binary needs %v, %v", needed, err)
	}
}

// "go install …@latest" refuses a module whose go.mod says what holds only for itself.
func TestTheCommandCanBeInstalled(t *testing.T) {
	text, err := os.ReadFile("../../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(text, []byte("module github.com/rungauth/rung\n")) {
		t.Error("the command is not in the root module")
	}
	if found := regexp.MustCompile(`(?m)^\s*(replace|exclude)\b`).Find(text); found != nil {
		t.Errorf("go.mod has a %s", found)
	}
}

func TestTheCommandBeginsWithAFile(t *testing.T) {
	binary := build(t)
	config := filepath.Join(t.TempDir(), "emulator.json")
	const text = `{
		"project_id": "project-test-file", "secret": "secret-test-file",
		"organizations": [{"organization_id": "organization-test-file", "members": [{"member_id": "member-test-file"}]}]
	}`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	printed := start(t, binary, "-config", config)
	if printed.ProjectID != "project-test-file" || printed.Secret != "secret-test-file" {
		t.Errorf("printed %+v, want the credentials of the file", printed)
	}
	for path, want := range map[string]string{
		"/healthz": `{"status":"ok"}`,
		"/v1/b2b/organizations/organization-test-file/member?member_id=member-test-file": `"member_id":"member-test-file"`,
		"/_emulator/": "member-test-file",
	} {
		status, body := get(t, printed.URL+path, printed.ProjectID, printed.Secret)
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: got %d, want 200 and %s", path, status, want)
		}
	}
	if printed := start(t, binary, "-config", config, "-secret", "secret-test-flag"); printed.ProjectID != "project-test-file" || printed.Secret != "secret-test-flag" {
		t.Errorf("printed %+v, want the secret of the flag", printed)
	}
}

func TestTheCommandRefusesABadFile(t *testing.T) {
	binary := build(t)
	for name, tt := range map[string]struct{ text, want string }{
		"an unknown field": {`{"organizations": [{"members": [{"phone": "+14155550100"}]}]}`, ": organizations[0].members[0].phone: "},
		"a bad value":      {`{"organizations": [{"mfa_policy": "SOMETIMES"}]}`, ": organizations[0].mfa_policy: "},
		"not JSON":         {"{\n", ": line 2: "},
	} {
		t.Run(name, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "emulator.json")
			if err := os.WriteFile(config, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			checkFailure(t, binary, config, config+tt.want)
		})
	}
	missing := filepath.Join(t.TempDir(), "emulator.json")
	checkFailure(t, binary, missing, missing)
}

// checkFailure checks that the command serves nothing and says why.
func checkFailure(t *testing.T, binary, config, want string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), binary, "-config", config)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("the command ended with %v, want exit code 1", err)
	}
	if stdout.Len() != 0 || !strings.Contains(stderr.String(), want) {
		t.Errorf("printed %q and %q, want only an error with %q", &stdout, &stderr, want)
	}
}

func TestTheCommandServesUntilASignal(t *testing.T) {
	binary := build(t)
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), binary, "-addr", "127.0.0.1:0",
				"-project-id", "project-test-given", "-secret", "secret-test-given")
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(stdout)
			line, err := lines.ReadBytes('\n')
			if err != nil {
				t.Fatal(err)
			}
			var printed map[string]string
			if err := json.Unmarshal(line, &printed); err != nil {
				t.Fatalf("the first line is not JSON: %q", line)
			}
			if printed["project_id"] != "project-test-given" || printed["secret"] != "secret-test-given" {
				t.Errorf("printed %v, want the project id and secret of the flags", printed)
			}
			const unknown = "/v1/b2b/sessions?organization_id=none&member_id=none"
			if got, _ := get(t, printed["url"]+unknown, "project-test-given", "secret-test-given"); got != http.StatusNotFound {
				t.Errorf("with the credentials: got %d, want 404 for an unknown organization", got)
			}
			if got, _ := get(t, printed["url"]+unknown, "project-test-given", "secret-test-other"); got != http.StatusUnauthorized {
				t.Errorf("with another secret: got %d, want 401", got)
			}
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(lines)
			if err != nil {
				t.Fatal(err)
			}
			if len(rest) > 0 {
				t.Errorf("more than one line was printed: %q", rest)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("the command ended with %v, want exit code 0", err)
			}
		})
	}
}

func get(t *testing.T, url, project, secret string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(project, secret)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func TestTheCommandRefusesAddressesThatOthersReach(t *testing.T) {
	binary := build(t)
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0", "127.0.0.1"} {
		t.Run(addr, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), binary, "-addr", addr).CombinedOutput()
			if err == nil {
				t.Fatal("the command accepted the address")
			}
			if !strings.Contains(string(out), "stytchtest: ") {
				t.Errorf("the error does not say why: %q", out)
			}
		})
	}
}

func TestTheCommandMakesUpCredentials(t *testing.T) {
	binary := build(t)
	printed := start(t, binary)
	if !strings.HasPrefix(printed.URL, "http://127.0.0.1:") ||
		!strings.HasPrefix(printed.ProjectID, "project-test-") ||
		!strings.HasPrefix(printed.Secret, "secret-test-") {
		t.Errorf("printed %+v", printed)
	}
}
