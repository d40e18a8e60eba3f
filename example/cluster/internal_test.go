package main

import (
	"os"
	"testing"
)

// TestMain lets the tests start their own binary as the cluster, and that one
// itself as its instances: the race detector then watches all of them.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_CLUSTER") != "" {
		main()
		return
	}
	m.Run()
}
