//go:build unix

// Package redistest starts Redis servers for tests. Each has its own directory and
// unix socket, so it cannot clash with another server.
package redistest

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is a running redis-server or valkey-server.
type Server struct {
	Socket string // where it listens

	t      testing.TB
	binary string
	args   []string
	cmd    *exec.Cmd
	exited chan struct{}
}

// Start starts a server with extra arguments, and stops it when the test ends. The
// binary is $REDIS_SERVER, redis-server or valkey-server. If there is none, the
// test is skipped, or fails if the environment variable RUNG_REQUIRE is "all" or
// contains "redis".
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	binary := find(t)
	dir, err := os.MkdirTemp("", "rl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Server{Socket: filepath.Join(dir, "s"), t: t, binary: binary}
	if len(s.Socket) > 100 { // the system refuses paths over 104 or 108 bytes
		t.Fatalf("socket path %q is too long: set TMPDIR to a shorter one", s.Socket)
	}
	s.args = append([]string{
		"--port", "0", "--unixsocket", s.Socket, "--dir", dir,
		"--save", "", "--appendonly", "no",
	}, args...)
	s.Run()
	t.Cleanup(s.Kill)
	return s
}

func find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{os.Getenv("REDIS_SERVER"), "redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if need := os.Getenv("RUNG_REQUIRE"); need == "all" || strings.Contains(need, "redis") {
		t.Fatal("no redis-server found, and RUNG_REQUIRE demands it: apt-get install redis-server")
	}
	t.Skip("no redis-server found: apt-get install redis-server, or set REDIS_SERVER to its path")
	return ""
}

// Run starts the server again after [Server.Kill], and returns when it answers.
func (s *Server) Run() {
	s.t.Helper()
	output := new(strings.Builder)
	cmd := exec.Command(s.binary, s.args...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = dieWithParent()

	started, exited := make(chan error), make(chan struct{})
	go func() {
		// The kernel takes the end of the thread that started the server for the
		// end of the parent, so the thread must live as long as the server.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
		}
		close(exited)
	}()
	if err := <-started; err != nil {
		s.t.Fatal(err)
	}
	s.cmd, s.exited = cmd, exited

	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		select {
		case <-exited:
			s.t.Fatalf("%s ended at once:\n%s", s.binary, output)
		default:
		}
		if s.answers() {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s does not answer", s.binary)
		}
	}
}

func (s *Server) answers() bool {
	conn, err := net.Dial("unix", s.Socket)
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	answer := make([]byte, len("+PONG\r\n"))
	n, _ := conn.Read(answer)
	return string(answer[:n]) == "+PONG\r\n"
}

// Kill kills the server, and returns when it is gone.
func (s *Server) Kill() {
	s.signal(syscall.SIGKILL)
	<-s.exited
}

// Pause makes the server hang: connections stay open and get no answer.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume undoes [Server.Pause].
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Errorf("signal %v: %v", sig, err)
	}
}
