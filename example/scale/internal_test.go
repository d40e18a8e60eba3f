package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/example/scale/internal/instance"
	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytchtest"
)

func TestEveryPartPrintsItsTables(t *testing.T) {
	for _, tt := range []struct {
		name, args string
		want       []string // as regular expressions, a line each
	}{
		{"memory", "-what memory -sizes 100,200", []string{
			`\| 100 \| [0-9]+ \| [0-9]+ \| ([0-9]+ \| [0-9,]+|- \| -) \|`, `\| 200 \| .*`,
		}},
		{"step-ups", "-what stepups -clients 2 -stepups 6", []string{
			`\| 1 \| [0-9]+ \| [0-9.]+ ms \| [0-9.]+ ms \| [0-9.]+ ms \| 3\.0 \| 5\.0 \|`,
			`\| 2 \| [0-9]+ \|  \|  \|  \| [0-9.]+ \| 5\.0 \|`,
			`\| 30 min \| 2 \| [0-9]+ \| 10 \|`,
		}},
		{"the morning", "-what morning -members 2000 -instances 2 -row 1h", []string{
			`\| 7:00 \| .*`, `\| 11:00 \| .*`, `Step-ups: .*`, `What breaks first: .*`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			if err := run(t.Context(), strings.Fields(tt.args), &out); err != nil {
				t.Fatal(err)
			}
			for _, line := range tt.want {
				if !regexp.MustCompile(`(?m)^` + line + `$`).MatchString(out.String()) {
					t.Errorf("no line %q in:\n%s", line, out.String())
				}
			}
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	for _, args := range []string{
		"-what everything", "-clients 0", "-clients 257", "-stepups 1", "-members 0", "-instances 0", "-policy 1s",
		"-latency 1ms", "-row 1s", "-key-lag 2h", "-sizes 0", "-sizes 10,many", "-sizes 10000001",
	} {
		t.Run(args, func(t *testing.T) {
			var out strings.Builder
			flag := strings.Fields(args)[0]
			if err := run(t.Context(), strings.Fields(args), &out); err == nil || !strings.Contains(err.Error(), flag) {
				t.Errorf("got error %v, want one that names %q", err, flag)
			}
			if strings.Contains(out.String(), "|") {
				t.Errorf("something was measured:\n%s", &out)
			}
		})
	}
}

// The guard lives through the hour that anHour computes.
func TestAnHourCostsWhatTheTableSays(t *testing.T) {
	for _, maxAge := range []time.Duration{5 * time.Minute, 10 * time.Minute, 30 * time.Minute} {
		t.Run(maxAge.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, err := instance.New(maxAge, new(stepup.MemoryLimiter))
				if err != nil {
					t.Fatal(err)
				}
				defer a.Close()
				member := a.Emulator.AddMember()
				b := a.Browser(a.Emulator.SignIn(member, stytchtest.WithDuration(10*time.Hour)))
				a.Stytch.Reset()
				began := time.Now()
				for now := time.Duration(0); now < time.Hour; now += clicks {
					time.Sleep(now - time.Since(began))
					r := b.Get("/guarded")
					if r.Status == http.StatusOK {
						continue
					}
					if err := b.Prove(r, func() string { time.Sleep(typing); return a.Emulator.LastCode(member) }); err != nil {
						t.Fatalf("at %v: %v", now, err)
					}
				}
				got := hour{len(a.Emulator.Messages("")), a.Stytch.Calls(), a.Limiter.Trips()}
				if want := anHour(maxAge); got != want {
					t.Errorf("the guard took %+v, the table says %+v", got, want)
				}
			})
		})
	}
}

func TestNumbersAreReadable(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := number(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
	}
}
