// A look at the servers and at what their user may do. Called by the app at
// startup.

package redislimit

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

//go:embed check.lua
var checkScript string

// Check returns an error if limits would be unreliable or every take would fail:
//
//   - a server cannot be reached;
//   - its user may not call a command that the scripts need; the error names it;
//   - it drops keys when its memory is full (maxmemory is set and maxmemory-policy
//     is not noeviction), so that an attacker who fills it reopens every limit. Where
//     INFO is not allowed, that cannot be told, and Check says so;
//   - it is a node of a Cluster, and the client is no [redis.ClusterClient].
//
// On a Cluster it asks every master. It writes one key for a moment, which is none
// of a limiter.
//
// Call it at startup, not from a readiness probe: an instance without Redis still
// serves every member whose step-up is fresh. An app that cannot change its
// server may log the error and go on.
func (l *Limiter) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("redislimit: check: %w", err)
	}
	if err := l.check(ctx); err != nil {
		return fmt.Errorf("redislimit: check: %w", err)
	}
	return nil
}

func (l *Limiter) check(ctx context.Context) error {
	// Not the name of any limiter: those have a brace.
	names := []string{l.prefix + "check"}
	if l.cluster != nil {
		// In a pipeline, go-redis does not ask for COMMAND first, which is one more
		// permission.
		var slots *redis.ClusterSlotsCmd
		l.cluster.Pipelined(ctx, func(pipeline redis.Pipeliner) error {
			slots = pipeline.ClusterSlots(ctx)
			return nil
		})
		if err := slots.Err(); err != nil {
			return fmt.Errorf("CLUSTER SLOTS: %w", err)
		}
		names = nil
		for _, shard := range slots.Val() {
			names = append(names, l.nameIn(shard.Start, shard.End))
		}
	}
	calls := l.split(names, func(int) []any { return nil })
	script := redis.NewScript(checkScript)
	// EVAL and EVALSHA are two permissions. The first loads the script.
	var cmds []*redis.Cmd
	for _, eval := range []evaluate{script.Eval, script.EvalSha} {
		cmds = l.once(ctx, eval, calls)
		if err := failed(cmds); redis.HasErrorPrefix(err, "MOVED") {
			return errNoClusterClient()
		} else if err != nil {
			return err
		}
	}
	for _, cmd := range cmds {
		if err := l.judge(cmd); err != nil {
			return err
		}
	}
	return nil
}

// nameIn finds a key in one of the slots from first to last.
func (l *Limiter) nameIn(first, last int) string {
	for i := 0; ; i++ {
		name := l.prefix + "check " + strconv.Itoa(i)
		if s := slot(name); s >= first && s <= last {
			return name
		}
	}
}

// judge says what is wrong with the answer of one server.
func (l *Limiter) judge(cmd *redis.Cmd) error {
	answer, err := cmd.StringSlice()
	if err != nil {
		return err
	}
	if len(answer)%2 == 0 {
		return fmt.Errorf("answer %q", answer)
	}
	var errs []error
	for i := 1; i < len(answer); i += 2 {
		name, said := answer[i], answer[i+1]
		if name == "INFO" {
			errs = append(errs, fmt.Errorf("%s failed, so nobody knows whether the server drops counters: %s", name, said))
		} else {
			errs = append(errs, fmt.Errorf("%s failed, and takes need it: %s", name, said))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	return l.judgeInfo(answer[0])
}

func (l *Limiter) judgeInfo(info string) error {
	var limit, policy, cluster string
	for lines := bufio.NewScanner(strings.NewReader(info)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		switch name {
		case "maxmemory":
			limit = value
		case "maxmemory_policy":
			policy = value
		case "cluster_enabled":
			cluster = value
		}
	}
	if limit != "0" && policy != "noeviction" {
		return fmt.Errorf("maxmemory-policy is %q, so a full server forgets limits: want noeviction", policy)
	}
	if cluster == "1" && l.cluster == nil {
		return errNoClusterClient()
	}
	return nil
}

func errNoClusterClient() error {
	return errors.New("the server is a node of a Cluster: use NewClusterClient")
}
