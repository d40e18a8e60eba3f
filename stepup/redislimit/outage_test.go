//go:build unix

package redislimit_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/redislimit"
)

// deadline is what the guard allows for all takes of a request; answered is how
// long they may take on a busy machine. With the defaults of go-redis they take
// five seconds.
const (
	deadline = 100 * time.Millisecond
	answered = 2500 * time.Millisecond
)

// wantDenied takes, forgets and checks. Each call must fail, and within the
// deadline.
func wantDenied(t *testing.T, limiter *redislimit.Limiter) {
	t.Helper()
	calls := map[string]func(context.Context) error{
		"Take": func(ctx context.Context) error {
			rooms, err := limiter.Take(ctx, nine("k", 1000))
			if rooms != nil {
				t.Errorf("rooms %v, want none with an error", rooms)
			}
			return err
		},
		"Forget": func(ctx context.Context) error { return limiter.Forget(ctx, map[string]int{"k": 1, "l": 2}) },
		"Check":  limiter.Check,
	}
	for name, call := range calls {
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		start := time.Now()
		err := call(ctx)
		took := time.Since(start)
		cancel()
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if took > answered {
			t.Errorf("%s took %v, its deadline is %v", name, took, deadline)
		}
	}
}

// listen returns the path of a unix socket whose connections serve handles.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() {
		cancel()
		listener.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				stop := context.AfterFunc(ctx, func() { conn.Close() })
				defer stop()
				serve(conn)
			})
		}
	})
	return socket
}

func TestRedisThatNeverAnswers(t *testing.T) {
	socket := listen(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	wantDenied(t, open(t, tuned(t, socket)))
}

func TestRedisThatHangsUpAtOnce(t *testing.T) {
	socket := listen(t, func(net.Conn) {})
	wantDenied(t, open(t, tuned(t, socket)))
}

func TestRedisThatTalksNonsense(t *testing.T) {
	for _, nonsense := range []string{"HTTP/1.1 400 Bad Request\r\n\r\n", ":0\r\n:-5\r\n:-5\r\n", "$-1\r\n", "\x00"} {
		socket := listen(t, func(conn net.Conn) {
			conn.Write([]byte(nonsense))
			io.Copy(io.Discard, conn)
		})
		wantDenied(t, open(t, tuned(t, socket)))
	}
}

func TestRedisThatIsNotThere(t *testing.T) {
	wantDenied(t, open(t, tuned(t, filepath.Join(t.TempDir(), "none"))))
}

// The client closes connections that it gives up: the whole app shares the file
// descriptors.
func TestHangingConnectionsAreClosed(t *testing.T) {
	var held, seen atomic.Int64
	socket := listen(t, func(conn net.Conn) {
		seen.Add(1)
		held.Add(1)
		io.Copy(io.Discard, conn)
		held.Add(-1)
	})
	limiter := open(t, tuned(t, socket))
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it would close forgotten connections
	for range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := limiter.Take(ctx, one("k", perHour(1))); err == nil {
			t.Error("Take: no error")
		}
		cancel()
	}
	eventually(t, func() bool { return held.Load() == 0 })
	if seen.Load() == 0 {
		t.Error("no connection was ever made")
	}
}

// Every request of a crowd is answered in time, even those that wait for one of
// the few connections.
func TestCrowdBeforeARedisThatNeverAnswers(t *testing.T) {
	socket := listen(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	limiter := open(t, tuned(t, socket))
	var wg sync.WaitGroup
	for range 500 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			start := time.Now()
			if _, err := limiter.Take(ctx, one("k", perHour(1000))); err == nil {
				t.Error("Take: no error")
			}
			if took := time.Since(start); took > answered {
				t.Errorf("Take took %v, its deadline is %v", took, deadline)
			}
		})
	}
	wg.Wait()
}

// Without a deadline, the client's timeouts bound a call.
func TestRedisThatNeverAnswersAndNoDeadline(t *testing.T) {
	socket := listen(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	limiter := open(t, tuned(t, socket))
	start := time.Now()
	if _, err := limiter.Take(context.Background(), one("k", perHour(1))); err == nil {
		t.Error("Take: no error")
	}
	if took := time.Since(start); took > answered {
		t.Errorf("Take took %v", took)
	}
}

// The deadline holds whatever the client's timeouts are.
func TestDeadlineIsShorterThanTheClientsTimeouts(t *testing.T) {
	socket := listen(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	wantDenied(t, open(t, patient(t, socket)))
}

// The server stalls while connections are open, and recovers.
func TestRedisThatStalls(t *testing.T) {
	limiter, _, server := started(t)
	hurried := open(t, tuned(t, server.Socket))
	take(t, limiter, "before", perHour(1))
	server.Pause()
	wantDenied(t, hurried)
	server.Resume()
	if take(t, limiter, "before", perHour(1)) == 0 {
		t.Error("granted: the stall made it forget")
	}
	eventually(t, func() bool {
		_, err := hurried.Take(t.Context(), one("after", perHour(1000)))
		return err == nil
	})
}

// The server dies while takes are under way. Each take gets an answer or an error,
// and no more are granted than allowed.
func TestRedisThatDies(t *testing.T) {
	_, _, server := started(t)
	limiter := open(t, tuned(t, server.Socket))
	var granted, failed, done atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for failed.Load() < 50 {
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				start := time.Now()
				rooms, err := limiter.Take(ctx, one("k", perHour(5)))
				cancel()
				if took := time.Since(start); took > answered {
					t.Errorf("Take took %v, its deadline is %v", took, deadline)
				}
				switch {
				case err != nil:
					failed.Add(1)
				case rooms[0].Wait == 0:
					granted.Add(1)
				}
				done.Add(1)
			}
		})
	}
	eventually(t, func() bool { return done.Load() > 20 })
	server.Kill()
	wg.Wait()
	if got := granted.Load(); got > 5 {
		t.Errorf("%d were granted, want 5 at most", got)
	}
	wantDenied(t, limiter)

	server.Run() // without its data: nothing was on disk
	eventually(t, func() bool {
		_, err := limiter.Take(t.Context(), one("k", perHour(1000)))
		return err == nil
	})
}

// A take is recorded and its answer is lost. That is an error. The take is not sent
// again, which would count it twice.
func TestLostAnswerIsNotRetried(t *testing.T) {
	limiter, _, server := started(t)
	if wait := take(t, limiter, "loads the script", perHour(1)); wait != 0 {
		t.Fatal(wait)
	}
	var scripts atomic.Int64
	socket := listen(t, func(conn net.Conn) {
		upstream, err := net.Dial("unix", server.Socket)
		if err != nil {
			t.Error(err)
			return
		}
		defer upstream.Close()
		var cut atomic.Bool
		go func() {
			buffer := make([]byte, 64<<10)
			for {
				n, err := conn.Read(buffer)
				if err != nil {
					upstream.Close()
					return
				}
				if bytes.Contains(bytes.ToLower(buffer[:n]), []byte("evalsha")) {
					scripts.Add(1)
					cut.Store(true)
				}
				upstream.Write(buffer[:n])
			}
		}()
		buffer := make([]byte, 64<<10)
		for {
			n, err := upstream.Read(buffer)
			if err != nil || cut.Load() {
				return // hang up instead of answering
			}
			conn.Write(buffer[:n])
		}
	})
	// A patient client, so that no timeout ends the call.
	if _, err := open(t, patient(t, socket)).Take(t.Context(), one("k", perHour(2))); !errors.Is(err, io.EOF) {
		t.Errorf("Take: %v, want an error that wraps EOF", err)
	}
	if got := scripts.Load(); got != 1 {
		t.Errorf("the script was sent %d times, want once", got)
	}
	if wait := take(t, limiter, "k", perHour(2)); wait != 0 {
		t.Errorf("wait %v: the lost take was counted twice", wait)
	}
	if take(t, limiter, "k", perHour(2)) == 0 {
		t.Error("the lost take was not counted")
	}
}

// A server that cannot write must not grant.
func TestRedisThatRefusesWrites(t *testing.T) {
	t.Run("it is full", func(t *testing.T) {
		limiter, client, _ := started(t)
		take(t, limiter, "k", perHour(2))
		client.ConfigSet(t.Context(), "maxmemory", "1")
		for _, key := range []string{"k", "new"} {
			if _, err := limiter.Take(t.Context(), one(key, perHour(2))); err == nil {
				t.Errorf("Take(%q): no error", key)
			}
		}
		client.ConfigSet(t.Context(), "maxmemory", "0")
		if wait := take(t, limiter, "k", perHour(2)); wait != 0 {
			t.Errorf("wait %v: the refused write left an event", wait)
		}
	})
	t.Run("it is a replica", func(t *testing.T) {
		limiter, client, _ := started(t)
		take(t, limiter, "k", perHour(2))
		if err := client.ReplicaOf(t.Context(), "127.0.0.1", "1").Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := limiter.Take(t.Context(), one("k", perHour(2))); err == nil {
			t.Error("Take: no error")
		}
	})
}

// eventually waits for a condition that other processes bring about.
func eventually(t *testing.T, done func() bool) {
	t.Helper()
	for start := time.Now(); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatal("it does not happen")
		}
	}
}
