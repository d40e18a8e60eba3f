//go:build !linux

// The tie between child processes and this one. Used in fleet.go and redis.go.

package main

import "syscall"

// attached has no equivalent here: Ctrl-C ends all processes at once.
func attached() *syscall.SysProcAttr { return nil }
