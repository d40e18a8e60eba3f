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

// instanceArg as the only argument makes the command an instance.
const instanceArg = "instance"

// fleet runs the instances, each in a process of its own, and starts those
// again that end.
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
		// The instance listens on a socket of ours: while it is started again,
		// connections wait there and are not refused.
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

// end lets the instances finish what they do, and returns when they are gone.
func (f *fleet) end() {
	f.cancel()
	f.running.Wait()
	for _, ln := range f.listeners {
		ln.Close()
	}
}

// keep runs one instance until ctx ends, however often it takes.
func (f *fleet) keep(ctx context.Context, ln *net.TCPListener, s settings) {
	runtime.LockOSThread() // see attached
	for ctx.Err() == nil {
		err := f.run(ctx, ln, s)
		if ctx.Err() != nil {
			return
		}
		f.log.Warn("an instance ended and starts again", "instance", s.Name, "error", err)
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// run starts the process and waits for its end. It gets its settings on
// standard input, since arguments and environment can be read by others on the
// machine; the end of that input is the word to end.
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
		f.log.Warn("settings", "instance", s.Name, "error", err) // it is gone, as Wait will tell
	}
	return cmd.Wait()
}

// untilEnd returns a context that ends with r.
func untilEnd(ctx context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, r)
		cancel()
	}()
	return ctx
}
