// Command cluster runs an app behind a guard on three instances, as in production:
// separate processes, a load balancer in front, and one Redis that counts for all
// of them.
//
//	go run -C example/cluster .
//
// This needs only redis-server or valkey-server. It starts one on its own unix
// socket, an emulated Stytch, the three instances and the balancer, and prints
// the addresses of the app and of the simulated phone. Every page names the
// instance that made it. An instance whose process ends or is killed is
// restarted. It runs on Linux and macOS.
//
// The instances share all that an app has to share: the Key, the Stytch project
// and the limiter. instance.go sets them; the other files do what a platform does
// for an app.
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The number of instances.
const instances = 3

// idleTime is how long the balancer keeps an idle connection to an instance. The
// instances keep it longer, so that none closes a connection on which the
// balancer is about to send a request.
const idleTime = 10 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once

	var err error
	if len(os.Args) == 2 && os.Args[1] == instanceArg {
		err = runInstance(ctx, os.Stdin)
	} else {
		err = runCluster(ctx, os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

// runCluster serves until ctx is done. It ends what it started in reverse order, so
// that no request meets an instance that is gone, and no instance a Redis that
// is gone.
func runCluster(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("cluster", flag.ExitOnError)
	addr := flags.String("addr", "127.0.0.1:8080", "address to listen on; port 0 picks a free one")
	patience := flags.Duration("redis-timeout", 100*time.Millisecond, "how long one call to Redis may take; more on a machine that is busy with other work")
	if err := flags.Parse(args); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))

	front, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	defer front.Close()
	redis, err := startRedis()
	if err != nil {
		return err
	}
	defer redis.end()
	emulator, members, err := openEmulator()
	if err != nil {
		return err
	}
	defer emulator.Close()

	key := make([]byte, 32)
	rand.Read(key)
	shared := settings{
		ProjectID: emulator.ProjectID, Secret: emulator.Secret, BaseURL: emulator.URL,
		Key: key, RedisSocket: redis.socket, Patience: *patience, Members: members,
	}
	fmt.Printf("Ledgerline   http://%s/\n", front.Addr())
	fmt.Printf("Phone        %s/_emulator/phone\n", emulator.URL)
	fmt.Printf("Redis        process %d, socket %s\n", redis.process.Pid, redis.socket)
	fleet, err := startFleet(log, shared)
	if err != nil {
		return err
	}
	defer fleet.end()
	transport := &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: idleTime}
	defer transport.CloseIdleConnections() // or the instances would wait for requests on them
	return serve(ctx, front, balance(fleet.addresses(), transport), 10*time.Second)
}

// serve answers requests until ctx is done, and then lets those under way finish.
// A client must send its request within readTimeout of connecting.
func serve(ctx context.Context, ln net.Listener, handler http.Handler, readTimeout time.Duration) error {
	server := &http.Server{
		Handler:     handler,
		ReadTimeout: readTimeout,
		// Longer than the guard ever waits for Stytch, or a step-up that
		// succeeded there might be cut off on the way to the browser.
		WriteTimeout:   readTimeout + 30*time.Second,
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 32 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		return server.Close()
	}
	return nil
}
