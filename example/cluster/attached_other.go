//go:build !linux

package main

import "syscall"

// attached has no equivalent here: Ctrl-C ends all at once.
func attached() *syscall.SysProcAttr { return nil }
