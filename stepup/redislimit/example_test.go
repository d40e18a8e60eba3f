package redislimit_test

import (
	"log"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rungauth/rung/stepup/redislimit"
)

// With Sentinel the options that NewClient sets have to be set by hand.
func ExampleNew_sentinel() {
	client := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName:    "limits",
		SentinelAddrs: []string{"sentinel-a.internal:26379", "sentinel-b.internal:26379", "sentinel-c.internal:26379"},

		ContextTimeoutEnabled: true,
		MaxRetries:            -1,
		DialerRetries:         1,
		DialTimeout:           100 * time.Millisecond,
		ReadTimeout:           100 * time.Millisecond,
		WriteTimeout:          100 * time.Millisecond,
		PoolTimeout:           100 * time.Millisecond,
	})
	defer client.Close()
	limiter, err := redislimit.New(client, redislimit.Config{})
	if err != nil {
		log.Fatal(err)
	}
	_ = limiter // goes into stepup.Config
}
