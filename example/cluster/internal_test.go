package main

import (
	"os"
	"testing"
)

// TestMain lets the tests run their own binary as the cluster, which runs it again
// as its instances, so that the race detector watches all of them.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_CLUSTER") != "" {
		main()
		return
	}
	m.Run()
}
