package redistest

import "syscall"

// dieWithParent lets the kernel end the server with the test process, which runs
// no clean-up when it is killed or times out.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
