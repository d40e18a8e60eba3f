// Measures the memory that a verified session and a limiter key take. Called by
// run in main.go.

package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// The bound of the memo, as Config.MemoTokens of package jwks has it by default.
const memoTokens = 16384

func measureMemory(ctx context.Context, o options, out io.Writer) error {
	fmt.Fprintf(out, "\nBytes for each one, of a session in the memo and of a limiter key with one event.\n\n")
	writeRow(out, "entries", "session, memo", "key, MemoryLimiter", "key, Redis", "Redis, takes/s")
	writeRow(out, "---:", "---:", "---:", "---:", "---:")
	redis, err := startRedis()
	if err == nil {
		defer redis.end()
	}
	missing := err
	memos := make(map[int]int) // bytes by number of sessions
	for _, n := range o.sizes {
		memo, known := memos[min(n, memoTokens)]
		if !known {
			if memo, err = memoPerSession(ctx, min(n, memoTokens)); err != nil {
				return err
			}
			memos[min(n, memoTokens)] = memo
		}
		cells := []any{number(n), fmt.Sprintf("%d", memo), 0, "-", "-"}
		if n > memoTokens {
			cells[1] = fmt.Sprintf("%d, %s of them", memo, number(memoTokens))
		}
		if cells[2], err = limiterPerKey(ctx, n); err != nil {
			return err
		}
		if redis != nil {
			used, perSecond, err := redis.perKey(ctx, n)
			if err != nil {
				missing = err
			} else {
				cells[3], cells[4] = used, number(perSecond)
			}
		}
		writeRow(out, cells...)
	}
	fmt.Fprintf(out, "\nThe memo is bounded: it holds %s sessions or 32 MiB, whichever is less. A session beyond them costs a signature check.\n", number(memoTokens))
	if missing != nil {
		fmt.Fprintf(out, "Redis was not measured: %v\n", missing)
	}
	return nil
}

// memoPerSession verifies n tokens and returns how much the heap has grown for
// each.
func memoPerSession(ctx context.Context, n int) (int, error) {
	emulator := stytchtest.NewUnstartedServer()
	verifier, err := jwks.New(jwks.Config{ProjectID: emulator.ProjectID, BaseURL: emulator.URL, HTTPClient: emulator.Client()})
	if err != nil {
		return 0, err
	}
	defer verifier.Close()
	if err := verifier.Ready(ctx); err != nil {
		return 0, err
	}
	// Tokens of the same session are different ones to the memo, which holds no
	// strings of theirs in common. The emulator's signatures are the slow part.
	member := emulator.AddMember()
	tokens := make([]string, n)
	for i := range tokens {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		tokens[i] = emulator.SignIn(member).JWT
	}
	before := heap()
	for _, token := range tokens {
		if _, err := verifier.Verify(ctx, token); err != nil {
			return 0, err
		}
	}
	after := heap()
	runtime.KeepAlive(tokens)
	runtime.KeepAlive(emulator)
	runtime.KeepAlive(verifier)
	return (after - before) / n, nil
}

// limiterPerKey takes one event under each of n keys and returns how much the
// heap has grown for each.
func limiterPerKey(ctx context.Context, n int) (int, error) {
	limiter := &stepup.MemoryLimiter{MaxKeys: n}
	before := heap()
	for i := range n {
		if _, err := limiter.Take(ctx, []stepup.Count{{Key: keyName("key", i), Windows: memberWindows()}}); err != nil {
			return 0, err
		}
	}
	after := heap()
	runtime.KeepAlive(limiter)
	return (after - before) / n, nil
}

// keyName is as long as the keys of a guard: the purpose and a hash.
func keyName(name string, i int) string { return fmt.Sprintf("send-%s:%045d", name, i) }

// memberWindows are those of messages to a member, stepup.Limits.SendsPerMember.
func memberWindows() map[time.Duration]int {
	return map[time.Duration]int{time.Hour: 5, 24 * time.Hour: 10}
}

// heap is how many bytes are in use.
func heap() int {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one finalized
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}
