package main_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// build compiles the command, which these tests run as a process.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "stytch-emulator")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
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
			if got := status(t, printed["url"], "project-test-given", "secret-test-given"); got != http.StatusNotFound {
				t.Errorf("with the credentials: got %d, want 404 for an unknown organization", got)
			}
			if got := status(t, printed["url"], "project-test-given", "secret-test-other"); got != http.StatusUnauthorized {
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

// status calls the API about a member that does not exist.
func status(t *testing.T, url, project, secret string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url+"/v1/b2b/sessions?organization_id=none&member_id=none", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(project, secret)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
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
	cmd := exec.CommandContext(t.Context(), binary)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var printed struct {
		URL       string `json:"url"`
		ProjectID string `json:"project_id"`
		Secret    string `json:"secret"`
	}
	if err := json.Unmarshal(line, &printed); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(printed.URL, "http://127.0.0.1:") ||
		!strings.HasPrefix(printed.ProjectID, "project-test-") ||
		!strings.HasPrefix(printed.Secret, "secret-test-") {
		t.Errorf("printed %+v", printed)
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the command ended with %v, want exit code 0", err)
	}
}
