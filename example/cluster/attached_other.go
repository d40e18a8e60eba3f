//go:build !linux

package main

import "syscall"

// attached has no equivalent here: Ctrl-C ends all processes at once.
func attached() *syscall.SysProcAttr { return nil }
