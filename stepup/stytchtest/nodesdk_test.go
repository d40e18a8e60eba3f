package stytchtest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// TestNodeSDK runs the official SDK for Node, unchanged, against the emulator, once
// for each issuer that JWTs can have.
func TestNodeSDK(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node", "node is not installed")
	}
	if _, err := os.Stat(filepath.Join("nodesdk", "node_modules", "stytch")); err != nil {
		missing(t, "node", "the Node SDK is not installed: run npm ci in stepup/stytchtest/nodesdk")
	}
	for _, mode := range []struct {
		name          string
		baseURLIssuer bool
	}{
		{"project issuer", false},
		{"base URL issuer", true},
	} {
		t.Run(mode.name, func(t *testing.T) {
			srv := stytchtest.NewUnstartedServer()
			srv.BaseURLIssuer = mode.baseURLIssuer
			if err := srv.Listen("127.0.0.1:0"); err != nil {
				t.Fatal(err)
			}
			defer srv.Close()
			runNode(t, node, srv)
		})
	}
}

func runNode(t *testing.T, node string, srv *stytchtest.Server) {
	cmd := exec.CommandContext(t.Context(), node, "conformance.mjs")
	cmd.Dir = "nodesdk"
	cmd.Env = append(os.Environ(),
		"EMULATOR_URL="+srv.URL, "EMULATOR_PROJECT_ID="+srv.ProjectID, "EMULATOR_SECRET="+srv.Secret)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, &stderr)
	}
	results, finished := 0, false
	for line := range strings.Lines(string(out)) {
		var result struct {
			Name, Error string
			Ran         int
		}
		if err := json.Unmarshal([]byte(line), &result); err != nil {
			t.Fatalf("not a result: %q", line)
		}
		if result.Name == "" {
			finished = result.Ran == results
			continue
		}
		results++
		t.Run(result.Name, func(t *testing.T) {
			if result.Error != "" {
				t.Error(result.Error)
			}
		})
	}
	if !finished || results == 0 {
		t.Errorf("the script stopped after %d cases", results)
	}
}

// missing skips a test whose tool is not installed. If RUNG_REQUIRE is "all", or a
// list that names the tool, the test fails instead.
func missing(t *testing.T, tool, why string) {
	t.Helper()
	required := os.Getenv("RUNG_REQUIRE")
	if required == "all" || strings.Contains(required, tool) {
		t.Fatal(why)
	}
	t.Skip(why)
}
