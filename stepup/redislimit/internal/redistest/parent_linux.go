// The tie between a server and the test process. Used by Run in server.go.

package redistest

import "syscall"

// dieWithParent makes the kernel kill the server with the test process, which runs
// no cleanup when it is killed or times out.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
