// The Markdown table. Printed by run in main.go.

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// writeHead writes when and on which machine this runs, and begins the table.
func writeHead(out io.Writer, b bounds, at time.Time) {
	fmt.Fprintf(out, "%s, %s, %d processors for app and clients, %s %s/%s; %d clients, at most %v a line.\n\n",
		at.Format(time.DateOnly), processor(), runtime.GOMAXPROCS(0), runtime.Version(), runtime.GOOS, runtime.GOARCH, b.clients, b.duration)
	fmt.Fprintf(out, "| one process | requests/s | p50 | p99 |\n| --- | ---: | ---: | ---: |\n")
}

func writeLine(out io.Writer, name string, r result) {
	fmt.Fprintf(out, "| %s | %.0f | %s | %s |\n", name, r.perSecond(), milliseconds(r.quantile(0.5)), milliseconds(r.quantile(0.99)))
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

// processor returns the name of the processor, if the system tells it.
func processor() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
