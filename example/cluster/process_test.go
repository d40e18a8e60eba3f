//go:build unix

package main_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// cluster is the running command, with what it has printed and its processes.
type cluster struct {
	cmd    *exec.Cmd
	stderr strings.Builder // read it after stop

	mu        sync.Mutex
	home      string         // without a trailing slash
	emulator  string         // likewise
	socket    string         // of Redis
	redis     int            // process
	instances map[string]int // processes, by name
	printed   chan struct{}  // receives once per line
}

// command returns the cluster, not yet started.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "RUN_CLUSTER=1")
	return cmd
}

// start runs the cluster until the test ends. Without a Redis on the machine, the
// test is skipped, or fails if the environment variable RUNG_REQUIRE is "all" or
// contains "redis".
func start(t *testing.T) *cluster {
	t.Helper()
	requireRedis(t)
	c := &cluster{
		cmd:       command(t, "-addr", "127.0.0.1:0", "-redis-timeout", "2s"),
		instances: map[string]int{}, printed: make(chan struct{}, 100),
	}
	c.cmd.Stderr = &c.stderr
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill() }) // in case stop fails
	t.Cleanup(func() { c.stop(t) })
	go c.read(stdout)
	c.await(t, "three instances", func() bool { return len(c.instances) == 3 })
	return c
}

func requireRedis(t *testing.T) {
	t.Helper()
	for _, name := range []string{os.Getenv("REDIS_SERVER"), "redis-server", "valkey-server"} {
		if _, err := exec.LookPath(name); err == nil {
			return
		}
	}
	if need := os.Getenv("RUNG_REQUIRE"); need == "all" || strings.Contains(need, "redis") {
		t.Fatal("no redis-server found, and RUNG_REQUIRE demands it: apt-get install redis-server")
	}
	t.Skip("no redis-server found: apt-get install redis-server, or set REDIS_SERVER to its path")
}

func (c *cluster) read(stdout io.Reader) {
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		c.line(lines.Text())
		c.printed <- struct{}{}
	}
}

func (c *cluster) line(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var name string
	var pid int
	if n, _ := fmt.Sscanf(line, "Instance %s process %d", &name, &pid); n == 2 {
		c.instances[name] = pid
	} else if n, _ := fmt.Sscanf(line, "Redis process %d, socket %s", &pid, &c.socket); n == 2 {
		c.redis = pid
	} else if address, ok := strings.CutPrefix(line, "Ledgerline"); ok {
		c.home = strings.TrimSuffix(strings.TrimSpace(address), "/")
	} else if address, ok := strings.CutPrefix(line, "Phone"); ok {
		c.emulator = strings.TrimSuffix(strings.TrimSpace(address), "/_emulator/phone")
	}
}

// await waits until the output makes the condition true.
func (c *cluster) await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	timeout := time.After(time.Minute)
	for {
		c.mu.Lock()
		met := condition()
		c.mu.Unlock()
		if met {
			return
		}
		select {
		case <-c.printed:
		case <-timeout:
			t.Fatalf("the cluster did not print %s", what)
		}
	}
}

// on returns the cluster as the outside world sees it, for a test.
func (c *cluster) on(t *testing.T) *site {
	transport := &http.Transport{MaxIdleConnsPerHost: 1000}
	t.Cleanup(transport.CloseIdleConnections)
	return &site{t: t, home: c.home, transport: transport, emulator: c.emulator, stytch: http.DefaultClient, socket: c.socket}
}

// restart kills an instance and waits until its successor answers.
func (c *cluster) restart(t *testing.T, name string) {
	t.Helper()
	c.mu.Lock()
	old := c.instances[name]
	c.mu.Unlock()
	c.signal(t, old, syscall.SIGKILL)
	c.await(t, "a new process of instance "+name, func() bool { return c.instances[name] != old })
	for b := newBrowser(c.on(t)); b.get("/").header.Get("X-Instance") != name; {
	}
}

func (c *cluster) signal(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatalf("signal %v to process %d: %v", sig, pid, err)
	}
}

// processes returns all processes that the cluster has printed and that may still
// run.
func (c *cluster) processes() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := []int{c.redis}
	for _, pid := range c.instances {
		all = append(all, pid)
	}
	return all
}

// stop ends the cluster as a container runtime would. The cluster must exit
// cleanly, leave no process and no file behind, and have logged no secret.
func (c *cluster) stop(t *testing.T) {
	t.Helper()
	var codes []string
	if c.emulator != "" {
		codes = c.on(t).codes("")
	}
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	kill := time.AfterFunc(time.Minute, func() { _ = c.cmd.Process.Kill() })
	defer kill.Stop()
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	for _, pid := range c.processes() {
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process %d is still there: %v", pid, err)
		}
	}
	if _, err := os.Stat(c.socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket %s is still there: %v", c.socket, err)
	}
	log := c.stderr.String()
	for _, secret := range append(codes, "eyJ", "+1202555", "panic", "DATA RACE") {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
}
