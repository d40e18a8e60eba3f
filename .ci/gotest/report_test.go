package main

import (
	"fmt"
	"strings"
	"testing"
)

// said returns the line that "go test -json" prints for a line of output of a test
// in package p.
func said(test, text string) string {
	return fmt.Sprintf(`{"Action":"output","Package":"p","Test":%q,"Output":%q}`, test, text+"\n")
}

func ended(action, test string) string {
	return fmt.Sprintf(`{"Action":%q,"Package":"p","Test":%q,"Elapsed":0.1}`, action, test)
}

func TestReport(t *testing.T) {
	const summary = "%d passed, %d failed, %d skipped\n"
	corporaSkip := []string{ended("pass", "TestA"), said("TestB", "    b_test.go:3: RUNG_CORPORA not found"), ended("skip", "TestB"), ended("pass", "")}
	redisSkip := []string{
		ended("pass", "TestA"), said("TestB", "=== RUN   TestB"), said("TestB", "    b_test.go:3: redis-server not found"),
		said("TestB", "--- SKIP: TestB (0.00s)"), ended("skip", "TestB"), ended("pass", ""),
	}
	tests := []struct {
		name              string
		lines             []string
		required, corpora bool
		ok                bool
		prints            []string
		hides             string
	}{
		{
			name:   "a passing test is counted and its output dropped",
			lines:  []string{said("TestA", "chatter"), ended("pass", "TestA"), ended("pass", "")},
			ok:     true,
			prints: []string{"ok    p", fmt.Sprintf(summary, 1, 0, 0)},
			hides:  "chatter",
		},
		{
			name:   "a failing test shows its output",
			lines:  []string{ended("pass", "TestA"), said("TestB", "got 1, want 2"), ended("fail", "TestB"), ended("fail", "")},
			prints: []string{"got 1, want 2", "FAIL  p", fmt.Sprintf(summary, 1, 1, 0)},
		},
		{
			name:   "a package that does not compile is one failure",
			lines:  []string{`{"Action":"build-output","ImportPath":"p","Output":"undefined: x\n"}`, ended("fail", "")},
			prints: []string{"undefined: x", fmt.Sprintf(summary, 0, 1, 0)},
		},
		{
			name:   "a process that dies shows the running test",
			lines:  []string{said("TestA", "panic: boom"), ended("fail", "")},
			prints: []string{"panic: boom", fmt.Sprintf(summary, 0, 1, 0)},
		},
		{
			name:   "a skipped test is listed with its reason",
			lines:  redisSkip,
			ok:     true,
			prints: []string{"p TestB: b_test.go:3: redis-server not found\n", "1 SKIPPED", fmt.Sprintf(summary, 1, 0, 1)},
		},
		{
			name:     "a skipped test is a failure if every test is required",
			lines:    redisSkip,
			required: true,
			prints:   []string{"FAIL: RUNG_REQUIRE=all, but 1 tests were skipped", fmt.Sprintf(summary, 1, 0, 1)},
		},
		{
			name:     "absent test data excuses the tests that read it, with a warning",
			lines:    corporaSkip,
			required: true,
			ok:       true,
			prints:   []string{"WARNING: RUNG_CORPORA IS ABSENT: 1 tests", fmt.Sprintf(summary, 1, 0, 1)},
		},
		{
			name:     "present test data excuses no test",
			lines:    corporaSkip,
			required: true,
			corpora:  true,
			prints:   []string{"but 1 tests were skipped"},
		},
		{
			name:   "a run without a single test fails",
			lines:  []string{ended("skip", "")},
			prints: []string{"no test files", "FAIL: no test ran", fmt.Sprintf(summary, 0, 0, 0)},
		},
		{
			name:   "a line that is not JSON is passed on",
			lines:  []string{"go: something odd", ended("pass", "TestA")},
			ok:     true,
			prints: []string{"go: something odd\n"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			r := newReport(&out)
			for _, line := range tt.lines {
				r.line([]byte(line + "\n"))
			}
			if ok := r.close(tt.required, tt.corpora); ok != tt.ok {
				t.Errorf("close returned %v, want %v", ok, tt.ok)
			}
			for _, want := range tt.prints {
				if !strings.Contains(out.String(), want) {
					t.Errorf("output lacks %q:\n%s", want, out.String())
				}
			}
			if tt.hides != "" && strings.Contains(out.String(), tt.hides) {
				t.Errorf("output shows %q:\n%s", tt.hides, out.String())
			}
		})
	}
}
