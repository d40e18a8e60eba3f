//go:build unix

package redislimit_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rungauth/rung/stepup/redislimit"
	"github.com/rungauth/rung/stepup/redislimit/internal/redistest"
)

// BenchmarkTake is one round trip over a unix socket. Compare it with ping, the
// cheapest one.
func BenchmarkTake(b *testing.B) {
	server := redistest.Start(b)
	client := redislimit.NewClient(&redis.Options{Network: "unix", Addr: server.Socket})
	defer client.Close()
	limiter, err := redislimit.New(client, redislimit.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ping", func(b *testing.B) {
		for b.Loop() {
			if err := client.Ping(b.Context()).Err(); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, held := range []int{1, 1000} {
		windows := map[time.Duration]int{time.Minute: held, time.Hour: held, 24 * time.Hour: held}
		key := strconv.Itoa(held)
		for range held {
			limiter.Take(b.Context(), one(key, windows))
		}
		b.Run(fmt.Sprintf("refused/events=%d", held), func(b *testing.B) {
			for b.Loop() {
				if rooms, err := limiter.Take(b.Context(), one(key, windows)); err != nil || rooms[0].Wait == 0 {
					b.Fatal(rooms, err)
				}
			}
		})
	}
	i := 0
	b.Run("granted to new keys", func(b *testing.B) {
		windows := map[time.Duration]int{time.Second: 1, 2 * time.Second: 5, 3 * time.Second: 10}
		for b.Loop() {
			i++
			if rooms, err := limiter.Take(b.Context(), one(fmt.Sprint("new ", i), windows)); err != nil || rooms[0].Wait != 0 {
				b.Fatal(rooms, err)
			}
		}
	})
	b.Run("granted to nine new keys", func(b *testing.B) {
		for b.Loop() {
			i++
			counts := nine(strconv.Itoa(i), 5)
			if rooms, err := limiter.Take(b.Context(), counts); err != nil || !hadRoom(counts, rooms) {
				b.Fatal(rooms, err)
			}
		}
	})
}
