//go:build unix

package redislimit_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rungauth/rung/stepup/redislimit"
	"github.com/rungauth/rung/stepup/redislimit/internal/redistest"
)

// patientCluster returns a cluster client without short timeouts.
func patientCluster(t *testing.T, cluster *redistest.Cluster) *redis.ClusterClient {
	client := redislimit.NewClusterClient(&redis.ClusterOptions{
		Addrs:       cluster.Addrs(),
		DialTimeout: time.Minute, ReadTimeout: time.Minute, WriteTimeout: time.Minute, PoolTimeout: time.Minute,
	})
	t.Cleanup(func() { client.Close() })
	return client
}

// tunedCluster returns a cluster client as an app would use it.
func tunedCluster(t *testing.T, cluster *redistest.Cluster) *redis.ClusterClient {
	client := redislimit.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
	t.Cleanup(func() { client.Close() })
	return client
}

// masterOf returns which master of a new cluster holds a limiter key. It asks a node
// that no test stops.
func masterOf(t *testing.T, cluster *redistest.Cluster, key string) int {
	t.Helper()
	slot := cluster.Replicas[1].Do("CLUSTER", "KEYSLOT", "rung:{"+key+"}").(int64)
	return int(slot * 3 / 16384)
}

// spread returns n counts whose keys are on all three masters.
func spread(t *testing.T, cluster *redistest.Cluster, name string, n int) (counts []redislimit.Count, masters []int) {
	t.Helper()
	for i := range 9 {
		key := fmt.Sprint(name, " ", i)
		counts = append(counts, redislimit.Count{Key: key, Windows: perHour(n)})
		masters = append(masters, masterOf(t, cluster, key))
	}
	for master := range 3 {
		if !slices.Contains(masters, master) {
			t.Fatalf("master %d holds none of the keys of %q", master, name)
		}
	}
	return counts, masters
}

// loadScripts makes every node that counts are on know the scripts: they are sent
// with their text at their first use, which takes a round trip.
func loadScripts(t *testing.T, limiter *redislimit.Limiter, counts []redislimit.Count) {
	t.Helper()
	for i := range counts { // the first one is full, and the others are taken back
		loading := slices.Clone(counts)
		loading[i].Windows = perHour(1)
		take(t, limiter, loading[i].Key, perHour(1))
		eventually(t, func() bool {
			rooms, err := limiter.Take(t.Context(), loading)
			return err == nil && !hadRoom(loading, rooms)
		})
		forget(t, limiter, loading[i].Key, 1)
	}
}

// events returns how many events each key has, as far as the limiter tells.
func events(t *testing.T, limiter *redislimit.Limiter, counts []redislimit.Count) (told []int) {
	t.Helper()
	looks := slices.Clone(counts)
	for i := range looks {
		looks[i].LookOnly, looks[i].Advisory, looks[i].Windows = true, true, perHour(1_000_000)
	}
	rooms, err := limiter.Take(context.Background(), looks)
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range rooms {
		told = append(told, room.Events)
	}
	return told
}

// Starting a cluster takes seconds, so these tests share one. The last ones break
// it, and are in failover_test.go.
func TestCluster(t *testing.T) {
	cluster := redistest.StartCluster(t)
	t.Run("behaves", func(t *testing.T) { clusterBehaves(t, cluster) })
	t.Run("a shard hangs", func(t *testing.T) { shardHangs(t, cluster) })
	t.Run("a master dies and its replica takes over", func(t *testing.T) { masterDies(t, cluster) })
	t.Run("a shard dies", func(t *testing.T) { shardDies(t, cluster) })
}

func clusterBehaves(t *testing.T, cluster *redistest.Cluster) {
	client := patientCluster(t, cluster)
	counter := new(hook)
	client.AddHook(counter)
	limiter := open(t, client)
	ctx := t.Context()
	zeros := make([]int, 9)

	t.Run("one pipeline takes or looks, and one more takes back", func(t *testing.T) {
		counts, _ := spread(t, cluster, "trips", 3)
		take := func(want bool, pipelines int64) {
			t.Helper()
			before := counter.pipelines.Load()
			rooms, err := limiter.Take(ctx, counts)
			if err != nil || hadRoom(counts, rooms) != want {
				t.Fatalf("Take = %v, %v, want granted: %v", rooms, err, want)
			}
			if got := counter.pipelines.Load() - before; got != pipelines {
				t.Errorf("%d pipelines, want %d", got, pipelines)
			}
		}
		loadScripts(t, limiter, counts)
		take(true, 1)
		take(true, 1)
		counts[4].Windows = perHour(2)
		take(false, 2)
		counts[4].LookOnly = true
		take(false, 2)
		counts[4].Advisory = true
		take(true, 1)
		for i := range counts {
			counts[i].Windows = perHour(1)
			counts[i].Advisory = false
		}
		take(false, 1) // nothing was recorded anywhere
		newest := make(map[string]int)
		for _, count := range counts {
			newest[count.Key] = 9
		}
		before := counter.pipelines.Load()
		if err := limiter.Forget(ctx, newest); err != nil {
			t.Fatal(err)
		}
		if err := limiter.Forget(ctx, newest); err != nil {
			t.Fatal(err)
		}
		if got := counter.pipelines.Load() - before; got != 2 {
			t.Errorf("%d pipelines for two Forgets, want 2", got)
		}
		if got := events(t, limiter, counts); !slices.Equal(got, zeros) {
			t.Errorf("%v events are left", got)
		}
		if got := counter.single.Load(); got != 0 {
			t.Errorf("%d commands outside of pipelines", got)
		}
	})

	t.Run("a refused take leaves nothing in any slot", func(t *testing.T) {
		for place := range 9 {
			counts, masters := spread(t, cluster, fmt.Sprint("all or none ", place), 5)
			take(t, limiter, counts[place].Key, perHour(5))
			counts[place].Windows = perHour(1)
			counts[(place+1)%9].Advisory = true
			counts[(place+2)%9].LookOnly = true
			rooms, err := limiter.Take(ctx, counts)
			if err != nil || hadRoom(counts, rooms) {
				t.Fatalf("Take = %v, %v, want refused", rooms, err)
			}
			want := slices.Clone(zeros)
			want[place] = 1
			var told []int
			for _, room := range rooms {
				told = append(told, room.Events)
			}
			if !slices.Equal(told, want) {
				t.Errorf("%v events are told, want %v", told, want)
			}
			if got := events(t, limiter, counts); !slices.Equal(got, want) {
				t.Errorf("%v events, want %v", got, want)
			}
			for i, count := range counts {
				name := "rung:{" + count.Key + "}"
				stays := cluster.Masters[masters[i]].Do("EXISTS", name).(int64) == 1
				if stays != (want[i] == 1) {
					t.Errorf("%q: it is there: %v, with %d events", name, stays, want[i])
				}
			}
		}
	})

	// A refused take is taken back in a second round trip, and others may come in
	// between. After it there must be neither one event more nor one less than theirs,
	// and the times must be theirs too: an earlier one would end too early.
	t.Run("what is taken back is the take's own event, whatever came in between", func(t *testing.T) {
		tests := []struct {
			name    string
			before  int                                         // events under each key
			between func(t *testing.T, key string) (stays bool) // what others do; whether their event stays
			older   int                                         // how many of the events from before stay
		}{
			{"nobody", 2, func(t *testing.T, key string) bool { return false }, 2},
			{"a take", 1, func(t *testing.T, key string) bool { take(t, limiter, key, perHour(5)); return true }, 1},
			{"a forget, which means an older event and gets this one", 2, func(t *testing.T, key string) bool {
				forget(t, limiter, key, 1)
				return false
			}, 1},
			{"a forget of two", 3, func(t *testing.T, key string) bool {
				forget(t, limiter, key, 2)
				return false
			}, 1},
			{"a forget and a take", 2, func(t *testing.T, key string) bool {
				forget(t, limiter, key, 1)
				take(t, limiter, key, perHour(5))
				return true
			}, 1},
			{"a forget of all and a take", 2, func(t *testing.T, key string) bool {
				forget(t, limiter, key, 1000)
				take(t, limiter, key, perHour(5))
				return true
			}, 0},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				counts, _ := spread(t, cluster, tt.name, 5)
				log := func(i int) []string {
					return client.LRange(ctx, "rung:{"+counts[i].Key+"}", 1, -1).Val()
				}
				want := make([][]string, 8)
				for i := range want {
					for range tt.before {
						take(t, limiter, counts[i].Key, perHour(5))
					}
					want[i] = log(i)[:tt.older]
				}
				take(t, limiter, counts[8].Key, perHour(1))
				counts[8].Windows = perHour(1)
				met := false
				meddled := patientCluster(t, cluster)
				meddled.AddHook(&meddler{beforeSecond: func() {
					met = true
					for i := range want {
						if stays := tt.between(t, counts[i].Key); stays {
							now := log(i)
							want[i] = append(slices.Clip(want[i]), now[len(now)-1])
						}
					}
				}})
				rooms, err := open(t, meddled).Take(ctx, counts)
				if err != nil || hadRoom(counts, rooms) || !met {
					t.Fatalf("Take = %v, %v, want refused in two pipelines", rooms, err)
				}
				for i := range want {
					if got := log(i); !slices.Equal(got, want[i]) {
						t.Errorf("the log is %q, want %q", got, want[i])
					}
				}
			})
		}
	})

	// If the limiter is wrong about a slot, the server refuses the script.
	t.Run("any two keys can be taken at once", func(t *testing.T) {
		var counts []redislimit.Count
		for _, key := range []string{
			"a", "A", "", "}", "{", "{}", "}{", "{a}", "a}b", "{a", "a}", "x{a}", "\x00", "é", "\xff", "k\r\n", strings.Repeat("k", 1000),
		} {
			for _, suffix := range []string{"", "1", "}", "}2", "{3}"} {
				if key+suffix != "" {
					counts = append(counts, redislimit.Count{Key: key + suffix, Windows: perHour(1)})
				}
			}
		}
		seen := make(map[string]bool)
		counts = slices.DeleteFunc(counts, func(c redislimit.Count) bool {
			twice := seen[c.Key]
			seen[c.Key] = true
			return twice
		})
		for _, want := range []bool{true, false} {
			if rooms, err := limiter.Take(ctx, counts); err != nil || hadRoom(counts, rooms) != want {
				t.Fatalf("Take = %v, %v, want granted: %v", rooms, err, want)
			}
		}
	})

	t.Run("lost scripts are sent again", func(t *testing.T) {
		counts, _ := spread(t, cluster, "flush", 2)
		for _, want := range []bool{true, true, false} {
			client.ForEachMaster(ctx, func(ctx context.Context, master *redis.Client) error { return master.ScriptFlush(ctx).Err() })
			rooms, err := limiter.Take(ctx, counts)
			if err != nil || hadRoom(counts, rooms) != want {
				t.Fatalf("Take = %v, %v, want granted: %v", rooms, err, want)
			}
		}
	})

	t.Run("check asks every master", func(t *testing.T) {
		if err := limiter.Check(ctx); err != nil {
			t.Fatal(err)
		}
		for i, master := range cluster.Masters {
			master.Do("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru")
			if err := limiter.Check(ctx); err == nil || !strings.Contains(err.Error(), "allkeys-lru") {
				t.Errorf("Check with an evicting master %d: %v", i, err)
			}
			master.Do("CONFIG", "SET", "maxmemory", "0", "maxmemory-policy", "noeviction")
		}
		if err := limiter.Check(ctx); err != nil {
			t.Error(err)
		}
	})

	t.Run("a user with the documented permissions suffices", func(t *testing.T) {
		for i := range cluster.Masters {
			allow(cluster.Masters[i], permissions(t))
			allow(cluster.Replicas[i], permissions(t))
		}
		client := redislimit.NewClusterClient(&redis.ClusterOptions{
			Addrs: cluster.Addrs(), Username: "limits", Password: "secret",
			DialTimeout: time.Minute, ReadTimeout: time.Minute, WriteTimeout: time.Minute, PoolTimeout: time.Minute,
		})
		defer client.Close()
		limiter := open(t, client)
		if err := limiter.Check(ctx); err != nil {
			t.Error(err)
		}
		counts, _ := spread(t, cluster, "permissions", 2)
		for _, want := range []bool{true, true, false} {
			if rooms, err := limiter.Take(ctx, counts); err != nil || hadRoom(counts, rooms) != want {
				t.Errorf("Take = %v, %v, want granted: %v", rooms, err, want)
			}
		}
		counts[0].Windows = perHour(9)
		if rooms, err := limiter.Take(ctx, counts); err != nil || hadRoom(counts, rooms) { // and takes back
			t.Errorf("Take = %v, %v, want refused", rooms, err)
		}
		forget(t, limiter, counts[0].Key, 2)
		cluster.Masters[1].Do("ACL", "SETUSER", "limits", "-lrem")
		if err := limiter.Check(ctx); err == nil || !strings.Contains(err.Error(), "LREM") {
			t.Errorf("Check: %v, want an error with LREM", err)
		}
	})

	t.Run("a client of one node is told to be a cluster client", func(t *testing.T) {
		for _, master := range cluster.Masters {
			single := open(t, patient(t, master.Socket))
			if err := single.Check(ctx); err == nil || !strings.Contains(err.Error(), "NewClusterClient") {
				t.Errorf("Check: %v, want an error with NewClusterClient", err)
			}
		}
		single := open(t, patient(t, cluster.Masters[0].Socket))
		counts, _ := spread(t, cluster, "single", 1)
		if rooms, err := single.Take(ctx, counts); err == nil {
			t.Errorf("Take = %v, want an error", rooms)
		}
		if got := events(t, limiter, counts); !slices.Equal(got, zeros) {
			t.Errorf("%v events are left", got)
		}
	})
}

// meddler does something before the second pipeline of a client.
type meddler struct {
	hook
	beforeSecond func()
}

func (m *meddler) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if m.pipelines.Add(1) == 2 {
			m.beforeSecond()
		}
		return next(ctx, cmds)
	}
}
