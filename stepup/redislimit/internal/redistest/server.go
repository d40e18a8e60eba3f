//go:build unix

// Package redistest starts Redis servers for tests. Each has its own directory and
// unix socket, so it cannot clash with another server. Those that other servers must
// reach, of a Cluster or with Sentinel, also have a port on loopback.
package redistest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is a running redis-server or valkey-server.
type Server struct {
	Socket string // where it listens
	Addr   string // and where else; "" = nowhere
	Dir    string // its own, which is removed with it

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
	s := prepare(t)
	s.args = append(s.args, args...)
	s.Run()
	return s
}

// StartPort is [Start] with a port on loopback as well. args gets the port and
// returns the extra arguments, which must make the server listen there.
func StartPort(t testing.TB, args func(s *Server, port string) []string) *Server {
	t.Helper()
	s := prepare(t)
	common := s.args
	// Another process may take a port before the server does.
	for range 10 {
		port := freePort(t)
		s.Addr = net.JoinHostPort("127.0.0.1", port)
		s.args = append(slices.Clip(common), "--bind", "127.0.0.1", "--protected-mode", "no")
		s.args = append(s.args, args(s, port)...)
		output, err := s.run()
		if err == nil {
			return s
		}
		if !strings.Contains(output, "ddress already in use") {
			t.Fatalf("%v:\n%s", err, output)
		}
	}
	t.Fatal("no free port")
	return nil
}

// freePort returns a port below those that the system gives to clients, whose
// connections would otherwise sit on it.
func freePort(t testing.TB) string {
	t.Helper()
	for range 1000 {
		port := strconv.Itoa(10000 + rand.IntN(20000))
		if listener, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			listener.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return ""
}

// prepare makes the directory of a server that is not running yet.
func prepare(t testing.TB) *Server {
	t.Helper()
	binary := find(t)
	dir, err := os.MkdirTemp("", "rl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Server{Socket: filepath.Join(dir, "s"), Dir: dir, t: t, binary: binary}
	if len(s.Socket) > 100 { // the system refuses paths over 104 or 108 bytes
		t.Fatalf("socket path %q is too long: set TMPDIR to a shorter one", s.Socket)
	}
	s.args = []string{
		"--port", "0", "--unixsocket", s.Socket, "--dir", dir,
		"--save", "", "--appendonly", "no",
	}
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
	if output, err := s.run(); err != nil {
		s.t.Fatalf("%v:\n%s", err, output)
	}
}

// run also returns what a server that ended at once has printed.
func (s *Server) run() (string, error) {
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
		return "", err
	}
	s.cmd, s.exited = cmd, exited

	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		select {
		case <-exited:
			return output.String(), fmt.Errorf("%s ended at once", s.binary)
		default:
		}
		if s.answers() {
			return "", nil
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("%s does not answer", s.binary)
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
	if s.cmd == nil {
		return // it never ran
	}
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
