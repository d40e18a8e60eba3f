// The processes of the instances. Started and ended by runCluster in main.go.

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// instanceArg, as the only argument, makes the command run one instance.
const instanceArg = "instance"

// fleet runs each instance in a process of its own, and restarts those that end.
type fleet struct {
	log       *slog.Logger
	listeners []*net.TCPListener
	cancel    context.CancelFunc
	running   sync.WaitGroup
}

func startFleet(log *slog.Logger, shared settings) (*fleet, error) {
	ctx, cancel := context.WithCancel(context.Background())
	f := &fleet{log: log, cancel: cancel}
	for i := range instances {
		// The socket belongs to this process, so that connections wait while
		// the instance restarts, instead of being refused.
		ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			f.end()
			return nil, err
		}
		f.listeners = append(f.listeners, ln)
		own := shared
		own.Name = strconv.Itoa(i + 1)
		f.running.Go(func() { f.keep(ctx, ln, own) })
	}
	return f, nil
}

func (f *fleet) addresses() []net.Addr {
	var all []net.Addr
	for _, ln := range f.listeners {
		all = append(all, ln.Addr())
	}
	return all
}

// end lets the instances finish their requests, and returns when they are gone.
func (f *fleet) end() {
	f.cancel()
	f.running.Wait()
	for _, ln := range f.listeners {
		ln.Close()
	}
}

// keep runs one instance until ctx is done, and restarts it whenever it ends.
func (f *fleet) keep(ctx context.Context, ln *net.TCPListener, s settings) {
	runtime.LockOSThread() // see attached
	for ctx.Err() == nil {
		err := f.run(ctx, ln, s)
		if ctx.Err() != nil {
			return
		}
		f.log.Warn("an instance ended and is restarted", "instance", s.Name, "error", err)
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// run starts the process and waits for its end. Others on the machine can read
// arguments and the environment, so the process gets its settings on standard
// input. The end of that input tells it to end.
func (f *fleet) run(ctx context.Context, ln *net.TCPListener, s settings) error {
	binary, err := os.Executable()
	if err != nil {
		return err
	}
	socket, err := ln.File()
	if err != nil {
		return err
	}
	defer socket.Close()
	cmd := exec.CommandContext(ctx, binary, instanceArg)
	cmd.Stderr = os.Stderr
	cmd.ExtraFiles = []*os.File{socket}
	cmd.SysProcAttr = attached()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	cmd.Cancel = stdin.Close
	cmd.WaitDelay = 15 * time.Second
	if err := cmd.Start(); err != nil {
		return err
	}
	fmt.Printf("Instance %s   process %d\n", s.Name, cmd.Process.Pid)
	if err := json.NewEncoder(stdin).Encode(s); err != nil {
		f.log.Warn("settings", "instance", s.Name, "error", err) // the process is gone, and Wait says why
	}
	return cmd.Wait()
}

// untilEnd returns a context that is done at the end of r.
func untilEnd(ctx context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, r)
		cancel()
	}()
	return ctx
}
