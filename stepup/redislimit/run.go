// How scripts reach the servers: one call on a single node, and one pipeline of a
// call for each slot on a Cluster. Called by the methods of Limiter.

package redislimit

import (
	"context"
	"errors"
	"slices"

	"github.com/redis/go-redis/v9"
)

// A call is one run of a script. All its keys are on one node; on a Cluster, in one
// slot.
type call struct {
	keys   []string
	args   []any
	places []int // of its keys in what the caller asked for
}

// split groups names into calls: one on a single node, one per slot on a Cluster.
// args returns the arguments that belong to the name at a place.
func (l *Limiter) split(names []string, args func(place int) []any) []call {
	var calls []call
	bySlot := make(map[int]int) // the index in calls
	for place, name := range names {
		group := 0
		if l.cluster != nil {
			group = slot(name)
		}
		i, known := bySlot[group]
		if !known {
			i = len(calls)
			bySlot[group] = i
			calls = append(calls, call{})
		}
		c := &calls[i]
		c.keys = append(c.keys, name)
		c.args = append(c.args, args(place)...)
		c.places = append(c.places, place)
	}
	return calls
}

// run runs a script for each call, all at once, and returns what the servers said,
// in order. Where one has lost the script, it is sent once more with its text.
//
// An answer is there even if the error that belongs to it is not nil: go-redis
// gives a context's error to the whole pipeline when it ends while another node is
// tried again.
func (l *Limiter) run(ctx context.Context, script *redis.Script, calls []call) []*redis.Cmd {
	cmds := l.once(ctx, script.EvalSha, calls)
	var lost []int
	var again []call
	for i, cmd := range cmds {
		if redis.HasErrorPrefix(cmd.Err(), "NOSCRIPT") {
			lost, again = append(lost, i), append(again, calls[i])
		}
	}
	for j, cmd := range l.once(ctx, script.Eval, again) {
		cmds[lost[j]] = cmd
	}
	return cmds
}

// evaluate is a method of [redis.Script] that runs it.
type evaluate func(ctx context.Context, client redis.Scripter, keys []string, args ...any) *redis.Cmd

// once takes one round trip.
func (l *Limiter) once(ctx context.Context, eval evaluate, calls []call) []*redis.Cmd {
	cmds := make([]*redis.Cmd, len(calls))
	if l.cluster == nil {
		for i, c := range calls { // never more than one
			cmds[i] = eval(ctx, l.client, c.keys, c.args...)
		}
		return cmds
	}
	if len(calls) == 0 {
		return nil
	}
	pipeline := l.cluster.Pipeline()
	for i, c := range calls {
		cmds[i] = eval(ctx, pipeline, c.keys, c.args...)
	}
	pipeline.Exec(ctx) // each command has its own error
	return cmds
}

// failed joins the errors of several calls, each once.
func failed(cmds []*redis.Cmd) error {
	var errs []error
	for _, cmd := range cmds {
		err := cmd.Err()
		if err == nil || slices.ContainsFunc(errs, func(e error) bool { return e.Error() == err.Error() }) {
			continue
		}
		errs = append(errs, err)
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
