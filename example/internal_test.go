package main

import (
	"os"
	"testing"
)

// TestMain lets the tests run their own binary as the example.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_EXAMPLE") != "" {
		main()
		return
	}
	m.Run()
}

func TestParseCents(t *testing.T) {
	for _, tt := range []struct {
		typed string
		want  cents
	}{
		{"250", 250_00},
		{" $1,250.5 ", 1250_50},
		{"0.01", 1},
		{"999999999.99", 999_999_999_99},
	} {
		if got, ok := parseCents(tt.typed); !ok || got != tt.want {
			t.Errorf("parseCents(%q) = %v, %v, want %v", tt.typed, got, ok, tt.want)
		}
	}
	for _, typed := range []string{"", "0", "0.00", ".5", "-1", "+1", "1.234", "1.2.3", "1e3", "1_000", "٣", "1000000000"} {
		if got, ok := parseCents(typed); ok {
			t.Errorf("parseCents(%q) = %v, want none", typed, got)
		}
	}
}

func TestCentsString(t *testing.T) {
	for amount, want := range map[cents]string{
		1: "$0.01", 999_99: "$999.99", 1_000_00: "$1,000.00", 12_345_678_90: "$12,345,678.90",
	} {
		if got := amount.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
