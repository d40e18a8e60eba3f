// Measures a limiter key in Redis, if the machine has one. Called by
// measureMemory in memory.go; redisserver.go starts the server.

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/redislimit"
)

// perKey takes one event under each of n keys and returns how much more memory
// the server uses for each, and how many takes it answered in a second.
func (r *redisServer) perKey(ctx context.Context, n int) (bytes, perSecond int, err error) {
	client := redislimit.NewClient(&redis.Options{
		Network: "unix", Addr: r.socket,
		// It is measured, not depended on: a busy machine may take its time.
		DialTimeout: time.Minute, ReadTimeout: time.Minute, WriteTimeout: time.Minute, PoolTimeout: time.Minute,
	})
	defer client.Close()
	limiter, err := redislimit.New(client, redislimit.Config{})
	if err != nil {
		return 0, 0, err
	}
	counter, ok := any(limiter).(stepup.Limiter)
	if !ok {
		return 0, 0, errors.New("this redislimit is no stepup.Limiter")
	}
	if err := client.FlushAll(ctx).Err(); err != nil {
		return 0, 0, err
	}
	// First a few others, for the connections and the script.
	if err := takeEach(ctx, counter, "warm", 100); err != nil {
		return 0, 0, err
	}
	before, err := usedMemory(ctx, client)
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := takeEach(ctx, counter, "key", n); err != nil {
		return 0, 0, err
	}
	took := time.Since(began)
	after, err := usedMemory(ctx, client)
	return (after - before) / n, int(float64(n) / took.Seconds()), err
}

// takeEach takes from several goroutines at once, as the requests of an app do.
func takeEach(ctx context.Context, limiter stepup.Limiter, name string, n int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var takers sync.WaitGroup
	for range 16 {
		takers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if _, err := limiter.Take(ctx, []stepup.Count{{Key: keyName(name, i), Windows: memberWindows()}}); err != nil {
					cancel(err)
				}
			}
		})
	}
	takers.Wait()
	return context.Cause(ctx)
}

func usedMemory(ctx context.Context, client *redis.Client) (bytes int, err error) {
	info, err := client.Info(ctx, "memory").Result()
	if err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(strings.NewReader(info)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "used_memory:"); ok {
			_, err := fmt.Sscan(value, &bytes)
			return bytes, err
		}
	}
	return 0, errors.New("INFO names no used_memory")
}
