//go:build unix

package redislimit_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rungauth/rung/stepup/redislimit/internal/redistest"
)

// relay returns the socket of a proxy before server that delays each answer, and
// counts round trips: one begins with what a client sends after an answer.
func relay(t *testing.T, server *redistest.Server, delay time.Duration) (socket string, trips *atomic.Int64) {
	t.Helper()
	trips = new(atomic.Int64)
	socket = listen(t, func(conn net.Conn) {
		upstream, err := net.Dial("unix", server.Socket)
		if err != nil {
			t.Error(err)
			return
		}
		defer upstream.Close()
		var asked atomic.Bool
		go func() {
			defer upstream.Close()
			buffer := make([]byte, 64<<10)
			for {
				n, err := conn.Read(buffer)
				if err != nil {
					return
				}
				if !asked.Swap(true) {
					trips.Add(1)
				}
				if _, err := upstream.Write(buffer[:n]); err != nil {
					return
				}
			}
		}()
		buffer := make([]byte, 64<<10)
		for {
			n, err := upstream.Read(buffer)
			if err != nil {
				return
			}
			asked.Store(false)
			time.Sleep(delay) // the network
			if _, err := conn.Write(buffer[:n]); err != nil {
				return
			}
		}
	})
	return socket, trips
}

// A guard takes nine keys before it sends a message. A far Redis must not be asked
// nine times.
func TestOneRoundTrip(t *testing.T) {
	_, client, server := started(t)
	socket, trips := relay(t, server, 0)
	limiter := open(t, patient(t, socket))
	ctx := t.Context()
	counts := nine("k", 20)
	counts[3].LookOnly, counts[4].Advisory = true, true
	take := func(want bool) {
		t.Helper()
		rooms, err := limiter.Take(ctx, counts)
		if err != nil || hadRoom(counts, rooms) != want {
			t.Fatalf("Take = %v, %v, want granted: %v", rooms, err, want)
		}
	}
	newest := make(map[string]int)
	for _, count := range counts {
		newest[count.Key] = 1
	}
	giveBack := func() {
		t.Helper()
		if err := limiter.Forget(ctx, newest); err != nil {
			t.Fatal(err)
		}
	}
	take(true) // opens the connection and loads the script
	giveBack()

	tests := []struct {
		name string
		call func()
		want int64
	}{
		{"a take that is granted", func() { take(true) }, 1},
		{"a take that is refused", func() {
			for i := range counts {
				counts[i].Windows = perHour(1)
			}
			take(false)
		}, 1},
		{"a forget", giveBack, 1},
		{"a take after the server has lost its scripts", func() {
			client.ScriptFlush(ctx)
			take(true)
		}, 2},
		{"a forget after the server has lost its scripts", func() {
			client.ScriptFlush(ctx)
			giveBack()
		}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client.ConfigResetStat(ctx)
			before := trips.Load()
			tt.call()
			if got := trips.Load() - before; got != tt.want {
				t.Errorf("%d round trips, want %d", got, tt.want)
			}
			stats := client.Info(ctx, "commandstats").Val()
			if !strings.Contains(stats, "cmdstat_evalsha:calls=1,") || strings.Contains(stats, "cmdstat_eval:") != (tt.want == 2) {
				t.Errorf("want one EVALSHA, and EVAL only where the script was lost:\n%s", stats)
			}
		})
	}
}

// The guard gives all takes of a request 100 ms. With a Redis that is 45 ms away
// there is time for two round trips.
func TestRedisThatIsFarAway(t *testing.T) {
	_, _, server := started(t)
	socket, _ := relay(t, server, 45*time.Millisecond)
	limiter := open(t, patient(t, socket))
	counts := nine("k", 1000)
	if _, err := limiter.Take(t.Context(), counts); err != nil { // opens the connection and loads the script
		t.Fatal(err)
	}
	// A busy machine may be late once or twice; three round trips are always late.
	for range 50 {
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		rooms, err := limiter.Take(ctx, counts)
		cancel()
		if err == nil && hadRoom(counts, rooms) {
			return
		}
		t.Logf("Take = %v, %v", rooms, err)
	}
	t.Error("no take of 50 was answered in time")
}

// hook counts what a cluster client sends.
type hook struct{ single, pipelines atomic.Int64 }

func (h *hook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.single.Add(1)
		return next(ctx, cmd)
	}
}

func (h *hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		h.pipelines.Add(1)
		return next(ctx, cmds)
	}
}
