//go:build unix && !linux

// The tie between a server and the test process. Used by Run in server.go.

package redistest

import "syscall"

// dieWithParent has no equivalent here: a killed test leaves its server behind.
func dieWithParent() *syscall.SysProcAttr { return nil }
