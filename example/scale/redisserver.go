// The Redis that is measured. measureMemory in memory.go starts and ends it.

package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// redisServer is a Redis for this run only. It has its own folder and unix socket,
// so that it cannot clash with other servers, and writes nothing to disk.
type redisServer struct {
	socket  string
	process *os.Process

	dir    string
	exited chan struct{}
}

// startRedis starts $REDIS_SERVER, redis-server or valkey-server, and returns when
// it listens.
func startRedis() (*redisServer, error) {
	binary, err := findRedis()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "rung") // a short path: socket names have at most 104 bytes
	if err != nil {
		return nil, err
	}
	r := &redisServer{dir: dir, socket: filepath.Join(dir, "redis.sock"), exited: make(chan struct{})}
	cmd := exec.Command(binary,
		"--port", "0", "--unixsocket", r.socket, "--unixsocketperm", "600", "--dir", dir,
		"--maxmemory-policy", "noeviction",
		"--save", "", "--appendonly", "no")
	if err := r.run(cmd); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return r, nil
}

func findRedis() (string, error) {
	for _, name := range []string{os.Getenv("REDIS_SERVER"), "redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no redis-server found: install it (apt-get install redis-server) or set REDIS_SERVER to its path")
}

func (r *redisServer) run(cmd *exec.Cmd) error {
	cmd.SysProcAttr = attached()
	started := make(chan error)
	go func() {
		defer close(r.exited)
		runtime.LockOSThread() // see attached
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	r.process = cmd.Process
	for range 1000 {
		if conn, err := net.Dial("unix", r.socket); err == nil {
			conn.Close()
			return nil
		}
		select {
		case <-r.exited:
			return fmt.Errorf("%s: %v", cmd.Path, cmd.ProcessState)
		case <-time.After(10 * time.Millisecond):
		}
	}
	r.end()
	return fmt.Errorf("%s does not listen", cmd.Path)
}

// end stops the server and removes its folder.
func (r *redisServer) end() {
	_ = r.process.Signal(syscall.SIGTERM)
	select {
	case <-r.exited:
	case <-time.After(5 * time.Second):
		_ = r.process.Kill()
		<-r.exited
	}
	os.RemoveAll(r.dir)
}
