package main

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestTheTableHasALineForEachCase(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"-clients", "2", "-requests", "20", "-duration", "1m"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"the handler alone", "session required", "policy satisfied", "policy not satisfied: the challenge"} {
		row := regexp.MustCompile(`(?m)^\| ` + line + ` \| [0-9]+ \| [0-9.]+ ms \| [0-9.]+ ms \|$`)
		if !row.MatchString(out.String()) {
			t.Errorf("no line %q in:\n%s", line, out.String())
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"all interfaces", []string{"-addr", "0.0.0.0:0"}, "loopback"},
		{"an address without a host", []string{"-addr", ":8080"}, "loopback"},
		{"an address of another machine", []string{"-addr", "192.0.2.1:80"}, "loopback"},
		{"a name that may resolve anywhere", []string{"-addr", "example.com:80"}, "loopback"},
		{"no port", []string{"-addr", "127.0.0.1"}, "-addr"},
		{"no clients", []string{"-clients", "0"}, "-clients"},
		{"too many clients", []string{"-clients", "257"}, "-clients"},
		{"no duration", []string{"-duration", "0"}, "-duration"},
		{"a duration of hours", []string{"-duration", "2h"}, "-duration"},
		{"too many requests", []string{"-requests", "5000001"}, "-requests"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			err := run(t.Context(), tt.args, &out)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one that names %q", err, tt.want)
			}
			if out.Len() > 0 {
				t.Errorf("something was measured:\n%s", &out)
			}
		})
	}
}

func TestTheNumberOfRequestsIsABound(t *testing.T) {
	a, err := startApp("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	r, err := measure(t.Context(), a.cases()[0], bounds{clients: 7, requests: 100, duration: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.times) != 100 {
		t.Errorf("%d requests were made, want 100", len(r.times))
	}
}

func TestAnotherAnswerEndsTheRun(t *testing.T) {
	a, err := startApp("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	c := a.cases()[1]
	c.want = http.StatusTeapot
	_, err = measure(t.Context(), c, bounds{clients: 2, requests: 100, duration: time.Minute})
	if err == nil || !strings.Contains(err.Error(), "want 418") {
		t.Errorf("got error %v, want one with the status", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := measure(ctx, c, bounds{clients: 2, requests: 100, duration: time.Minute}); err == nil {
		t.Error("an interrupted run has a result")
	}
}

func TestQuantiles(t *testing.T) {
	r := result{took: 2 * time.Second}
	for i := range 100 {
		r.times = append(r.times, time.Duration(i+1)*time.Millisecond)
	}
	if got := r.quantile(0.5); got != 51*time.Millisecond {
		t.Errorf("the median is %v, want 51ms", got)
	}
	if got := r.quantile(0.99); got != 100*time.Millisecond {
		t.Errorf("p99 is %v, want 100ms", got)
	}
	if got := r.perSecond(); got != 50 {
		t.Errorf("%v requests a second, want 50", got)
	}
}
