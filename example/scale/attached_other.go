//go:build !linux

// The tie between the Redis and this process. Used in redisserver.go.

package main

import "syscall"

// attached has no equivalent here: Ctrl-C ends both processes at once.
func attached() *syscall.SysProcAttr { return nil }
