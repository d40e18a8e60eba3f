// Counting and printing the events of go test. Fed by run in main.go.

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// event is one line of "go test -json", see "go doc test2json".
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64
}

// A report counts tests and keeps the output of running tests. The output of a test
// that passes is dropped.
type report struct {
	out            io.Writer
	passed, failed int
	skips          []skip
	output         map[testID]*strings.Builder
	packages       map[string]*tally
}

type testID struct{ pkg, test string }

type skip struct {
	testID
	reason string
}

// tally counts the tests of one package.
type tally struct{ passed, failed, skipped int }

func newReport(out io.Writer) *report {
	return &report{
		out:      out,
		output:   make(map[testID]*strings.Builder),
		packages: make(map[string]*tally),
	}
}

// line takes one line of the output of go test. A line that is not JSON comes from
// the go command itself and is passed on.
func (r *report) line(line []byte) {
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		fmt.Fprint(r.out, string(line))
		return
	}
	switch {
	case e.Action == "build-output":
		fmt.Fprint(r.out, e.Output)
	case e.Package == "":
	case e.Action == "output":
		r.keep(testID{e.Package, e.Test}, e.Output)
	case e.Test == "":
		r.packageEnded(e)
	default:
		r.testEnded(e)
	}
}

func (r *report) keep(id testID, text string) {
	b := r.output[id]
	if b == nil {
		b = new(strings.Builder)
		r.output[id] = b
	}
	b.WriteString(text)
}

// take returns the output kept for id and forgets it.
func (r *report) take(id testID) string {
	b := r.output[id]
	if b == nil {
		return ""
	}
	delete(r.output, id)
	return b.String()
}

func (r *report) tally(pkg string) *tally {
	t := r.packages[pkg]
	if t == nil {
		t = new(tally)
		r.packages[pkg] = t
	}
	return t
}

func (r *report) testEnded(e event) {
	id := testID{e.Package, e.Test}
	t := r.tally(e.Package)
	switch e.Action {
	case "pass":
		r.take(id)
		r.passed++
		t.passed++
	case "fail":
		fmt.Fprint(r.out, r.take(id))
		r.failed++
		t.failed++
	case "skip":
		r.skips = append(r.skips, skip{id, reason(r.take(id))})
		t.skipped++
	}
}

// packageEnded prints the line of a package. A package that fails without a failed
// test (it does not compile, it exits, a race after the last test) counts as one
// failure.
func (r *report) packageEnded(e event) {
	t := r.tally(e.Package)
	switch e.Action {
	case "pass":
		r.take(testID{pkg: e.Package})
		fmt.Fprintf(r.out, "ok    %s  %.1fs  %d passed", e.Package, e.Elapsed, t.passed)
		if t.skipped > 0 {
			fmt.Fprintf(r.out, ", %d SKIPPED", t.skipped)
		}
		fmt.Fprintln(r.out)
	case "fail":
		r.unfinished(e.Package)
		fmt.Fprint(r.out, r.take(testID{pkg: e.Package}))
		if t.failed == 0 {
			r.failed++
		}
		fmt.Fprintf(r.out, "FAIL  %s  %.1fs\n", e.Package, e.Elapsed)
	case "skip":
		r.take(testID{pkg: e.Package})
		fmt.Fprintf(r.out, "?     %s  no test files\n", e.Package)
	}
}

// unfinished prints the output of the tests of pkg that were running when the
// process ended.
func (r *report) unfinished(pkg string) {
	for id := range r.output {
		if id.pkg == pkg && id.test != "" {
			fmt.Fprint(r.out, r.take(id))
		}
	}
}

// broken counts a module that could not be tested at all.
func (r *report) broken(dir string, err error) {
	fmt.Fprintf(r.out, "FAIL  %s: %v\n", dir, err)
	r.failed++
}

// framing matches the lines that package testing adds to the output of a test.
var framing = regexp.MustCompile(`^\s*(===|---) `)

// reason returns what a skipped test printed.
func reason(output string) string {
	var said []string
	for line := range strings.Lines(output) {
		if line = strings.TrimSpace(line); line != "" && !framing.MatchString(line) {
			said = append(said, line)
		}
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}

// close prints the skipped tests and the summary, and reports whether all is well.
// If required is true, a skipped test is a failure, unless its reason names
// RUNG_CORPORA and the folder of test data is absent (corpora is false).
func (r *report) close(required, corpora bool) bool {
	excused := 0
	if len(r.skips) > 0 {
		fmt.Fprintln(r.out, "\nskipped tests:")
	}
	for _, s := range r.skips {
		fmt.Fprintf(r.out, "  %s %s: %s\n", s.pkg, s.test, s.reason)
		if !corpora && strings.Contains(s.reason, "RUNG_CORPORA") {
			excused++
		}
	}
	if required && excused > 0 {
		fmt.Fprintf(r.out, "\nWARNING: RUNG_CORPORA IS ABSENT: %d tests that read foreign test data did not run\n", excused)
	}
	ok := r.failed == 0
	if missing := len(r.skips) - excused; required && missing > 0 {
		fmt.Fprintf(r.out, "\nFAIL: RUNG_REQUIRE=all, but %d tests were skipped\n", missing)
		ok = false
	}
	if r.passed+r.failed == 0 {
		fmt.Fprintln(r.out, "\nFAIL: no test ran")
		ok = false
	}
	fmt.Fprintf(r.out, "\n%d passed, %d failed, %d skipped\n", r.passed, r.failed, len(r.skips))
	return ok
}
