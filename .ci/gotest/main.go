// Command gotest runs the tests of the Go modules in the given folders, with the
// race detector and in random order, and ends with one summary:
//
//	412 passed, 0 failed, 3 skipped
//
// "go test ./..." prints "ok" for a package whose tests were all skipped, so a
// missing Redis or browser would go unnoticed. gotest lists every skipped test
// with its reason. With RUNG_REQUIRE=all, a skipped test is a failure.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r := newReport(os.Stdout)
	for _, dir := range os.Args[1:] {
		if err := run(ctx, r, dir); err != nil {
			r.broken(dir, err)
		}
	}
	if !r.close(os.Getenv("RUNG_REQUIRE") == "all", isDir(os.Getenv("RUNG_CORPORA"))) {
		os.Exit(1)
	}
}

// run feeds the test events of the module in dir to r. It returns no error for
// failed tests, because r has counted them.
func run(ctx context.Context, r *report, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-race", "-shuffle=on", "-timeout=60m", "./...")
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	before := r.failed
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			r.line(line)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if err := cmd.Wait(); err != nil && r.failed == before {
		return fmt.Errorf("go test: %w", err)
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
