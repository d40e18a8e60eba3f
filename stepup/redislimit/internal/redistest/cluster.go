//go:build unix

// Clusters and sentinels: servers that know each other. Their timeouts are short,
// and yet long enough for a busy machine not to take a slow server for a dead one.

package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Cluster is a running Redis Cluster on loopback: three masters, and a replica of
// each.
type Cluster struct {
	Masters  [3]*Server
	Replicas [3]*Server // in the same order
}

// StartCluster starts a Cluster and returns when all its nodes agree on its slots.
func StartCluster(t testing.TB) *Cluster {
	t.Helper()
	var nodes []*Server
	var buses []string
	for range 6 {
		var bus string
		nodes = append(nodes, StartPort(t, func(s *Server, port string) []string {
			bus = freePort(t)
			return []string{
				"--port", port, "--cluster-enabled", "yes", "--cluster-port", bus,
				"--cluster-node-timeout", "3000", "--cluster-replica-validity-factor", "0",
				"--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0",
			}
		}))
		buses = append(buses, bus)
	}
	c := &Cluster{Masters: [3]*Server(nodes[:3]), Replicas: [3]*Server(nodes[3:])}
	for i, node := range nodes {
		node.Do("CLUSTER", "SET-CONFIG-EPOCH", i+1)
	}
	for i, node := range nodes {
		host, port, _ := net.SplitHostPort(node.Addr)
		for _, other := range nodes[:i] { // they would hear of each other, in the end
			other.Do("CLUSTER", "MEET", host, port, buses[i])
		}
	}
	for i, master := range c.Masters {
		master.Do("CLUSTER", "ADDSLOTSRANGE", i*16384/3, (i+1)*16384/3-1)
	}
	for _, node := range nodes {
		node.until("CLUSTER INFO", "cluster_known_nodes:6", "cluster_state:ok")
	}
	for i, replica := range c.Replicas {
		id := c.Masters[i].Do("CLUSTER", "MYID")
		// It may not know its master's slots yet.
		replica.until("CLUSTER NODES", fmt.Sprint(id, " 127.0.0.1:"))
		replica.Do("CLUSTER", "REPLICATE", id)
	}
	for _, replica := range c.Replicas {
		replica.until("INFO replication", "role:slave", "master_link_status:up")
	}
	for _, node := range nodes {
		node.untilDo("every shard has a replica", func() bool {
			slots, ok := node.Do("CLUSTER", "SLOTS").([]any)
			for _, shard := range slots {
				if shard, _ := shard.([]any); len(shard) != 4 { // first, last, master, replica
					return false
				}
			}
			return ok && len(slots) == 3
		})
	}
	return c
}

// Addrs are where the nodes listen.
func (c *Cluster) Addrs() []string {
	var addrs []string
	for i := range c.Masters {
		addrs = append(addrs, c.Masters[i].Addr, c.Replicas[i].Addr)
	}
	return addrs
}

// FailOver kills a master, and returns when its replica is one.
func (c *Cluster) FailOver(i int) {
	c.Masters[i].Kill()
	c.Replicas[i].until("INFO replication", "role:master")
}

// Sentinel is a master, its replica and a sentinel that watches them under the name
// "limits", on loopback.
type Sentinel struct {
	Addr            string // of the sentinel
	Master, Replica *Server
}

// StartSentinel returns when the sentinel knows the replica.
func StartSentinel(t testing.TB) *Sentinel {
	t.Helper()
	s := new(Sentinel)
	s.Master = StartPort(t, func(_ *Server, port string) []string {
		return []string{"--port", port, "--repl-diskless-sync-delay", "0"}
	})
	masterHost, masterPort, _ := net.SplitHostPort(s.Master.Addr)
	s.Replica = StartPort(t, func(_ *Server, port string) []string {
		return []string{"--port", port, "--replicaof", masterHost + " " + masterPort}
	})
	s.Replica.until("INFO replication", "master_link_status:up")
	sentinel := StartPort(t, func(s *Server, port string) []string {
		file := filepath.Join(s.Dir, "sentinel.conf")
		config := strings.Join([]string{
			"sentinel monitor limits " + masterHost + " " + masterPort + " 1",
			"sentinel down-after-milliseconds limits 2000",
			"sentinel failover-timeout limits 10000", "",
		}, "\n")
		if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		s.args = []string{file, "--sentinel", "--unixsocket", s.Socket, "--bind", "127.0.0.1", "--protected-mode", "no"}
		return []string{"--port", port}
	})
	s.Addr = sentinel.Addr
	sentinel.until("SENTINEL MASTER limits", "num-slaves 1")
	return s
}

// FailOver kills the master, and returns when the replica is one.
func (s *Sentinel) FailOver() {
	s.Master.Kill()
	s.Replica.until("INFO replication", "role:master")
}

// Do sends a command by the unix socket and returns the answer.
func (s *Server) Do(args ...any) any {
	s.t.Helper()
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: s.Socket, Protocol: 2, DisableIdentity: true})
	defer client.Close()
	answer, err := client.Do(context.Background(), args...).Result()
	if err != nil {
		s.t.Fatalf("%v: %v", args, err)
	}
	return answer
}

// until sends a command until the answer contains all parts.
func (s *Server) until(command string, parts ...string) {
	s.t.Helper()
	var args []any
	for _, word := range strings.Fields(command) {
		args = append(args, word)
	}
	s.untilDo(fmt.Sprintf("%s says %q", command, parts), func() bool {
		text := strings.Trim(fmt.Sprint(s.Do(args...)), "[]")
		for _, part := range parts {
			if !strings.Contains(text, part) {
				return false
			}
		}
		return true
	})
}

func (s *Server) untilDo(what string, done func() bool) {
	s.t.Helper()
	for start := time.Now(); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > 2*time.Minute {
			s.t.Fatalf("it does not happen that %s", what)
		}
	}
}
