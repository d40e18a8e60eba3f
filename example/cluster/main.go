// Command cluster runs an app behind a guard on three instances, as an app runs
// in production: processes of their own, a load balancer in front, and one
// Redis that counts for all of them.
//
//	go run -C example/cluster .
//
// needs redis-server or valkey-server and nothing else: it starts one on a unix
// socket of its own, an emulated Stytch, the three instances and the balancer,
// and prints the address of the app and of the simulated phone. Every page says
// which instance made it. An instance that ends, for instance because somebody
// kills its process, is started again. It runs on Linux and macOS.
//
// What the instances share is all that an app has to share: the Key, the Stytch
// project and the limiter. instance.go is where that is said; the other files
// are what a platform does for an app.
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

// How many instances there are.
const instances = 3

// idleTime is how long the balancer keeps a connection to an instance that it
// does not use. The instances keep it longer: whoever gives it up first must not
// be the one who is about to be sent a request.
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

// runCluster serves until ctx ends. What it starts is ended in reverse order:
// no request meets an instance that is gone, and no instance a Redis that is.
func runCluster(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("cluster", flag.ExitOnError)
	addr := flags.String("addr", "127.0.0.1:8080", "address to listen on; port 0 picks a free one")
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
		Key: key, RedisSocket: redis.socket, Members: members,
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
	defer transport.CloseIdleConnections() // or the instances wait for requests on them
	return serve(ctx, front, balance(fleet.addresses(), transport), 10*time.Second)
}

// serve answers requests until ctx ends, and then lets those under way finish.
// A client has readTimeout from the moment it connects to send its request.
func serve(ctx context.Context, ln net.Listener, handler http.Handler, readTimeout time.Duration) error {
	server := &http.Server{
		Handler:     handler,
		ReadTimeout: readTimeout,
		// Longer than the guard ever waits for Stytch: a step-up that
		// succeeded there must not be cut off on the way to the browser.
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
