// Package redislimit is the limiter for apps that run on more than one machine. It
// is like stepup.MemoryLimiter with its counters in Redis or Valkey, so that
// twenty instances behind a load balancer allow no more than one does.
//
//	client := redislimit.NewClient(&redis.Options{Addr: "localhost:6379"})
//	limiter, err := redislimit.New(client, redislimit.Config{})
//
// It fails closed: while Redis does not answer, no code is sent or checked. Members
// whose step-up is fresh notice nothing, because they need no limiter. A client
// of [NewClient] fails fast.
//
// # The server
//
// The server is Redis 6 or later, or Valkey, as one node, with Sentinel or as a
// Cluster. A limiter key is one Redis key with a hash tag and an expiry. Set
// maxmemory-policy to noeviction: with any other, somebody who fills the memory
// may make the server drop counters, and with them limits. [Limiter.Check] looks.
//
// # Round trips
//
// A far Redis must not cost a member the passcode: a guard waits 100 ms for all its
// counters. [Limiter.Take] and [Limiter.Forget] take one round trip for any number of
// keys, each as one script, which nothing can come in between. After a restart or
// SCRIPT FLUSH the first call takes one more, to send the script. So does a new
// connection: two more, and over TLS three. Where that is too long, keep some open
// with MinIdleConns.
//
// # Cluster
//
// Use [NewClusterClient]. A script may use the keys of one slot only, and the keys of
// a guard are in several. Take sends a script for each slot, all in one pipeline, to
// all nodes at once. If a slot has no room, or does not answer, a second pipeline
// takes back what the others have recorded. So a take costs one round trip, and a
// refused one at most two.
//
// Between the two, other callers see events that will not stay. They may be refused
// though there is room, or be told a longer wait and more events than there will be;
// of two callers that want the last event of two keys, both may be refused. They are
// never granted too many: a grant means that each slot had room and recorded the
// event, and only a take's own events are taken back. If the app dies between the two,
// or a node cannot be reached in time, what was recorded stays until it expires.
// Forget changes one slot after the other, and its error may mean that some are done.
//
// If the deadline of a take is over, the taking back still has 100 ms, so that Take
// may last that much longer.
//
// # TLS
//
// Counters are worth attacking: who can write to Redis can reset them. Use TLS or a
// network that nobody else is on, and set Options.TLSConfig, or an address that
// begins with rediss:// in redis.ParseURL.
//
// # Permissions
//
// The scripts need a user with these permissions and no more (with another prefix,
// another ~pattern):
//
//	ACL SETUSER limits on >password ~rung:* -@all
//	  +eval +evalsha +time +type +pttl +pexpire +del
//	  +llen +lindex +lset +ltrim +lrem +rpush +info +cluster|slots
//
// The last one is for a Cluster. Only Check needs info. What is missing makes takes
// fail, which denies; Check names it.
//
// # Failover, and what may be lost
//
// Replication is asynchronous, so a failover may forget the last events, and a
// restart without persistence forgets all. Each window may then grant up to n events
// more.
//
// While a master is dead, takes that need it fail. They succeed again about a second
// after a replica has taken over, with a client of [NewClusterClient]; with the
// options of go-redis it may be a minute. Takes whose keys are on other nodes go on.
//
// [New] refuses a redis.Ring. When a shard dies, a Ring looks for its keys on
// another, where they have no events: each limit is granted twice, and once more when
// the shard is back.
//
// The package does not import its parent module. Package limitertest tests that
// [Limiter] keeps the contract of stepup.Limiter.
package redislimit
