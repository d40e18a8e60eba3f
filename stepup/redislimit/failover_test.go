//go:build unix

package redislimit_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rungauth/rung/stepup/redislimit"
	"github.com/rungauth/rung/stepup/redislimit/internal/redistest"
)

// A shard is dead, or hangs. Takes that need it fail, and what they recorded on the
// others is taken back; takes that do not need it go on.
func deniedWithoutShard(t *testing.T, cluster *redistest.Cluster, shard int, breakIt func()) {
	limiter := open(t, patientCluster(t, cluster))
	tuned := open(t, tunedCluster(t, cluster))
	counts, _ := spread(t, cluster, t.Name(), 9)
	loadScripts(t, limiter, counts)
	eventually(t, func() bool { // it opens connections
		_, err := tuned.Take(t.Context(), counts)
		return err == nil
	})
	breakIt()
	// On a busy machine the taking back may be late too. Then the events stay.
	for try := range 50 {
		counts, masters := spread(t, cluster, fmt.Sprint(t.Name(), try), 9)
		var living []redislimit.Count
		for i, count := range counts {
			if masters[i] != shard {
				living = append(living, count)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		start := time.Now()
		rooms, err := tuned.Take(ctx, counts)
		cancel()
		if err == nil || rooms != nil {
			t.Fatalf("Take = %v, %v, want an error", rooms, err)
		}
		if took := time.Since(start); took > answered {
			t.Errorf("Take took %v, its deadline is %v", took, deadline)
		}
		if got := events(t, limiter, living); slices.Equal(got, make([]int, len(living))) {
			if rooms, err := limiter.Take(t.Context(), living); err != nil || !hadRoom(living, rooms) {
				t.Errorf("Take of the others = %v, %v, want granted", rooms, err)
			}
			return
		}
	}
	t.Error("50 takes have left events behind")
}

func shardHangs(t *testing.T, cluster *redistest.Cluster) {
	defer cluster.Masters[1].Resume()
	deniedWithoutShard(t, cluster, 1, cluster.Masters[1].Pause)
}

func shardDies(t *testing.T, cluster *redistest.Cluster) {
	deniedWithoutShard(t, cluster, 0, func() {
		cluster.Replicas[0].Kill()
		cluster.Masters[0].Kill()
	})
}

// go-redis does not ask a Cluster for its new map when a node is dead, only every
// minute: an app would go on for a minute without a third of its counters.
func masterDies(t *testing.T, cluster *redistest.Cluster) {
	limiter := open(t, tunedCluster(t, cluster))
	ctx := t.Context()
	counts, masters := spread(t, cluster, t.Name(), 3)
	for range 2 {
		eventually(t, func() bool {
			rooms, err := limiter.Take(ctx, counts)
			return err == nil && hadRoom(counts, rooms)
		})
	}
	lost := counts[slices.Index(masters, 2)]
	before := events(t, open(t, patientCluster(t, cluster)), []redislimit.Count{lost})[0]
	eventually(t, func() bool { return replicated(cluster.Masters[2], cluster.Replicas[2]) })

	if got := eventsAfter(t, func() { cluster.FailOver(2) }, limiter, lost.Key); got != before {
		t.Errorf("%d events after the failover, want %d", got, before)
	}
}

// With Sentinel the client is told of a new master, or finds out when its
// connections break.
func TestSentinelFailover(t *testing.T) {
	sentinel := redistest.StartSentinel(t)
	client := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: "limits", SentinelAddrs: []string{sentinel.Addr},
		ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1,
		DialTimeout: deadline, ReadTimeout: deadline, WriteTimeout: deadline, PoolTimeout: deadline,
	})
	defer client.Close()
	limiter := open(t, client)
	counts := nine("k", 3)
	eventually(t, func() bool {
		rooms, err := limiter.Take(t.Context(), counts)
		return err == nil && hadRoom(counts, rooms)
	})
	eventually(t, func() bool { return replicated(sentinel.Master, sentinel.Replica) })
	before := events(t, open(t, patient(t, sentinel.Master.Socket)), counts[:1])[0]
	if got := eventsAfter(t, sentinel.FailOver, limiter, counts[0].Key); got != before {
		t.Errorf("%d events after the failover, want %d", got, before)
	}
}

// eventsAfter looks at a key all through a failover, and until the limiter answers.
// It returns how many events the key has then.
func eventsAfter(t *testing.T, failOver func(), limiter *redislimit.Limiter, key string) int {
	t.Helper()
	looks := []redislimit.Count{{Key: key, Windows: perHour(1000), LookOnly: true}}
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var over atomic.Bool
	events, last := make(chan int, 1), make(chan error, 1)
	wg.Go(func() {
		for tries := 0; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
			wasOver := over.Load()
			ctx, cancel := context.WithTimeout(ctx, deadline)
			rooms, err := limiter.Take(ctx, looks)
			cancel()
			select {
			case <-last:
			default:
			}
			last <- err
			switch {
			case err != nil:
				tries++
			case wasOver:
				t.Logf("%d takes failed in all", tries)
				events <- rooms[0].Events
				return
			}
		}
	})
	failOver()
	over.Store(true)
	start := time.Now()
	select {
	case n := <-events:
		t.Logf("takes succeed %v after the failover", time.Since(start))
		return n
	case <-time.After(30 * time.Second):
		t.Fatalf("30 s after the failover: %v", <-last)
		return 0
	}
}

// replicated reports whether a replica has all that its master has: replication is
// asynchronous.
func replicated(master, replica *redistest.Server) bool {
	offset := func(s *redistest.Server, field string) string {
		_, rest, _ := strings.Cut(s.Do("INFO", "replication").(string), field+":")
		value, _, _ := strings.Cut(rest, "\r")
		return value
	}
	return offset(master, "master_repl_offset") == offset(replica, "slave_repl_offset")
}
