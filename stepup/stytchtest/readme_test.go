package stytchtest_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// readmeURL is the base URL in the examples of the README.
const readmeURL = "http://127.0.0.1:4010"

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// readmeBlock returns the first block of this language that contains a text.
func readmeBlock(t *testing.T, language, containing string) string {
	t.Helper()
	for _, block := range regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(readme(t), -1) {
		if block[1] == language && strings.Contains(block[2], containing) {
			return block[2]
		}
	}
	t.Fatalf("the README has no %s with %q", language, containing)
	return ""
}

// readmeServer begins with the file in the README.
func readmeServer(t *testing.T) *stytchtest.Server {
	t.Helper()
	srv := stytchtest.NewUnstartedServer()
	if err := srv.Load([]byte(readmeBlock(t, "json", `"organizations"`))); err != nil {
		t.Fatal(err)
	}
	return srv
}

func TestTheConfigurationOfTheREADMELoads(t *testing.T) {
	srv := readmeServer(t)
	line := readmeBlock(t, "json", `"url"`)
	for _, name := range []string{srv.ProjectID, srv.Secret} {
		if !strings.Contains(line, `"`+name+`"`) {
			t.Errorf("the line that is printed lacks %s", name)
		}
	}
	for _, language := range []string{"js", "python", "ruby"} {
		example := readmeBlock(t, language, "B2B")
		for _, name := range []string{srv.ProjectID, srv.Secret, "organization-test-acme", "member-test-ada", readmeURL} {
			if !strings.Contains(example, name) {
				t.Errorf("the example in %s lacks %s", language, name)
			}
		}
	}
	if srv.Member("member-test-ada") == nil {
		t.Error("there is no member-test-ada")
	}
}

func TestTheNodeExampleOfTheREADME(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node", "node is not installed")
	}
	if _, err := os.Stat(filepath.Join("nodesdk", "node_modules", "stytch")); err != nil {
		missing(t, "node", "the Node SDK is not installed: run npm ci in stepup/stytchtest/nodesdk")
	}
	srv := readmeServer(t)
	if err := srv.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	cmd := exec.CommandContext(t.Context(), node, "--input-type=module", "-")
	cmd.Dir = "nodesdk"
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(readmeBlock(t, "js", "B2B"), readmeURL, srv.URL))
	checkExample(t, cmd)
}

func TestTheGoExampleOfTheREADME(t *testing.T) {
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(readmeBlock(t, "go", "package main")), 0o600); err != nil {
		t.Fatal(err)
	}
	checkExample(t, exec.CommandContext(t.Context(), "go", "run", file))
}

// checkExample runs an example, which prints the factors of a session after a step-up.
func checkExample(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	if got := strings.TrimSpace(string(out)); got != "magic_link otp" {
		t.Errorf("it printed %q", got)
	}
}

// What the package comment says that is not imitated, the README says too.
func TestTheREADMEListsWhatIsNotImitated(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	plain := func(text, heading, end string) string {
		t.Helper()
		_, after, ok := strings.Cut(text, heading)
		if !ok {
			t.Fatalf("there is no %q", heading)
		}
		list, _, _ := strings.Cut(after, end)
		list = strings.NewReplacer("//", "", "`", "", "[Server.", "", "]", "").Replace(list)
		return strings.Join(strings.Fields(list), " ")
	}
	inDoc := plain(string(doc), "# What it does not imitate\n", "package stytchtest")
	inREADME := plain(readme(t), "## What it does not imitate\n", "## ")
	if inDoc != inREADME {
		t.Errorf("the package comment says\n%s\nthe README says\n%s", inDoc, inREADME)
	}
	if strings.Count(inDoc, " - ") < 8 {
		t.Errorf("the list is %s", inDoc)
	}
}
