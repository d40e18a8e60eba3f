package redislimit

import (
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// timeout bounds each step of a call: to wait for a connection, to dial, to
// write, to read. A take is one short script on a server nearby; one that needs
// longer is not coming.
const timeout = 100 * time.Millisecond

// NewClient returns a client for [New] with what a limiter needs in place of the
// defaults of go-redis, with which a request waits five seconds for a Redis that
// hangs and 1.7 seconds for one that is down:
//
//   - ContextTimeoutEnabled is true, or the deadline of the request is ignored;
//   - DialTimeout, ReadTimeout, WriteTimeout and PoolTimeout are 100 ms where
//     options leaves them 0;
//   - MaxRetries is -1, which means none: the take whose answer was lost may have
//     been recorded, and a retry would count it twice;
//   - DialerRetries is 1, which means one attempt;
//   - MaintNotificationsConfig is off where options leaves it nil: it costs a round
//     trip for each connection and serves Redis Enterprise only.
//
// The first, third and fourth are set whatever options says. The pool keeps the
// size that options gives it, by default ten connections for each CPU. Options
// may come from [redis.ParseURL] and are not changed. The caller closes the
// client.
//
// With Sentinel, set the same fields in [redis.FailoverOptions].
func NewClient(options *redis.Options) *redis.Client {
	tuned := *options
	tuned.ContextTimeoutEnabled = true
	tuned.MaxRetries = -1
	tuned.DialerRetries = 1
	tuned.DialTimeout = orTimeout(options.DialTimeout)
	tuned.ReadTimeout = orTimeout(options.ReadTimeout)
	tuned.WriteTimeout = orTimeout(options.WriteTimeout)
	tuned.PoolTimeout = orTimeout(options.PoolTimeout)
	tuned.MaintNotificationsConfig = orNoNotifications(options.MaintNotificationsConfig)
	return redis.NewClient(&tuned)
}

// NewClusterClient is [NewClient] for a Redis Cluster. A take is still repeated
// when the cluster redirects it (MaxRedirects), and also when a node breaks off:
// then it may be counted twice, which refuses too early and never too late.
func NewClusterClient(options *redis.ClusterOptions) *redis.ClusterClient {
	tuned := *options
	tuned.ContextTimeoutEnabled = true
	tuned.MaxRetries = -1
	tuned.DialerRetries = 1
	tuned.DialTimeout = orTimeout(options.DialTimeout)
	tuned.ReadTimeout = orTimeout(options.ReadTimeout)
	tuned.WriteTimeout = orTimeout(options.WriteTimeout)
	tuned.PoolTimeout = orTimeout(options.PoolTimeout)
	tuned.MaintNotificationsConfig = orNoNotifications(options.MaintNotificationsConfig)
	return redis.NewClusterClient(&tuned)
}

func orTimeout(d time.Duration) time.Duration {
	if d == 0 {
		return timeout
	}
	return d
}

func orNoNotifications(config *maintnotifications.Config) *maintnotifications.Config {
	if config == nil {
		return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	}
	return config
}

// heedsContext reports whether client gives up when the context does. Of a
// client that go-redis did not make nothing is known, and it is believed.
func heedsContext(client redis.Scripter) bool {
	switch c := client.(type) {
	case *redis.Client:
		return c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		return c.Options().ContextTimeoutEnabled
	case *redis.Ring:
		return c.Options().ContextTimeoutEnabled
	}
	return true
}
