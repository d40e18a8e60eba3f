// Clients whose calls fail fast while Redis is down. The app passes one to New,
// which checks it.

package redislimit

import (
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// timeout bounds each step of a call: waiting for a connection, dialing, writing,
// reading. A take is one short script on a nearby server. If its answer takes
// longer, it is not coming.
const timeout = 100 * time.Millisecond

// NewClient returns a client for [New] with options that suit a limiter. With the
// defaults of go-redis, a request waits five seconds for a Redis that hangs and
// 1.7 seconds for one that is down. NewClient always sets
//
//   - ContextTimeoutEnabled to true, or the request's deadline would be ignored;
//   - MaxRetries to -1, which means none: a take whose answer was lost may have
//     been recorded, and a retry would count it twice;
//   - DialerRetries to 1, which means one attempt;
//
// and sets these where options leaves them zero:
//
//   - DialTimeout, ReadTimeout, WriteTimeout and PoolTimeout to 100 ms;
//   - MaintNotificationsConfig to off: it costs a round trip per connection and
//     serves only Redis Enterprise.
//
// The pool size is that of options, by default ten connections per CPU. Options
// may come from [redis.ParseURL] and are not changed. The caller closes the
// client.
//
// With Sentinel, use redis.NewFailoverClient and set the same fields, all but the
// last, which [redis.FailoverOptions] does not have. The example of [New] shows it.
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

// reload is how old the map of a Cluster may become while there are calls. go-redis
// asks for it anew when a node redirects a call, but not when a node is dead: with
// its default of a minute, an app goes on calling a dead master for a minute after
// the replica has taken over.
const reload = time.Second

// NewClusterClient is [NewClient] for a Redis Cluster. It also sets, where options
// leaves it zero, ClusterStateReloadInterval to 1 s, so that the app follows a
// failover within about a second.
//
// go-redis still repeats a take that the Cluster redirects (MaxRedirects) or whose
// node breaks off. Such a take may count twice, so a limit may refuse too early, but
// never too late.
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
	if tuned.ClusterStateReloadInterval == 0 {
		tuned.ClusterStateReloadInterval = reload
	}
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

// heedsContext reports whether client stops at the deadline of a context. A client
// of a type that is not go-redis's is assumed to.
func heedsContext(client redis.Scripter) bool {
	switch c := client.(type) {
	case *redis.Client:
		return c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		return c.Options().ContextTimeoutEnabled
	}
	return true
}
