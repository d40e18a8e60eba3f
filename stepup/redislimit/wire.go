// What Take sends to take.lua and what it answers. Called in limiter.go.

package redislimit

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/redis/go-redis/v9"
)

// checkCounts refuses whatever could be read as "no limit".
func checkCounts(counts []Count) error {
	if len(counts) == 0 {
		return errors.New("no counts")
	}
	keys := make(map[string]bool, len(counts))
	for _, c := range counts {
		if c.Key == "" {
			return errors.New("empty key")
		}
		if keys[c.Key] {
			return errors.New("a key comes twice")
		}
		keys[c.Key] = true
		if len(c.Windows) == 0 {
			return errors.New("no windows")
		}
		for per, n := range c.Windows {
			if per <= 0 || n <= 0 {
				return fmt.Errorf("window of %d events per %v: both must be positive", n, per)
			}
		}
	}
	return nil
}

// takeArgs are the arguments of take.lua that belong to one key.
func takeArgs(c Count) []any {
	args := make([]any, 0, 3+2*len(c.Windows))
	args = append(args, flag(c.LookOnly), flag(c.Advisory), len(c.Windows))
	for per, n := range c.Windows {
		args = append(args, microseconds(per), n)
	}
	return args
}

func flag(set bool) int {
	if set {
		return 1
	}
	return 0
}

// An answer is what take.lua returns for one call.
type answer struct {
	granted bool
	time    int64 // of the events that it recorded
	rooms   []Room
}

// readAnswer reads the answer to a call with so many keys. Its error is for one
// that makes no sense, or is not there; that of cmd is not looked at.
func readAnswer(cmd *redis.Cmd, keys int) (answer, error) {
	numbers, ok := cmd.Val().([]any)
	if !ok || len(numbers) != 2+2*keys {
		return answer{}, fmt.Errorf("answer %v", cmd.Val())
	}
	var ints []int64
	for _, number := range numbers {
		n, ok := number.(int64)
		if !ok || n < 0 {
			return answer{}, fmt.Errorf("answer %v", numbers)
		}
		ints = append(ints, n)
	}
	a := answer{granted: ints[0] == 1, time: ints[1]}
	for i := 2; i < len(ints); i += 2 {
		a.rooms = append(a.rooms, Room{Wait: duration(ints[i]), Events: int(ints[i+1])})
	}
	return a, nil
}

// microseconds rounds up. Rounding down would allow n+1 events in a span.
func microseconds(d time.Duration) int64 {
	us := d / time.Microsecond
	if d%time.Microsecond != 0 {
		us++
	}
	return int64(us)
}

// duration is the inverse of microseconds. It is capped, because rounding up may
// have made the number too large for a Duration.
func duration(us int64) time.Duration {
	return time.Duration(min(us, math.MaxInt64/int64(time.Microsecond))) * time.Microsecond
}
