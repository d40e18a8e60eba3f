// The tie between the Redis and this process. Used in redisserver.go.

package main

import "syscall"

// attached makes a child process end with this one, even if this one is killed and
// can end nothing itself. A Ctrl-C in the terminal reaches only this process,
// which ends the other. The kernel takes the end of the thread that
// started a child for the end of the parent, so that thread must be locked.
func attached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
