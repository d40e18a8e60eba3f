package main

import "syscall"

// attached processes end with this one, even if it is killed and can end
// nothing itself; and a Ctrl-C in the terminal reaches this one alone, which
// ends them in their order. The kernel takes the end of the thread that started
// a process for the end of its parent, so that thread has to be locked.
func attached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
