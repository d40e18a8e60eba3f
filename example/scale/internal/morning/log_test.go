package morning

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
)

func TestALogCountsLikeTheMemoryLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := new(stepup.MemoryLimiter)
		keys := []string{"a", "b", "c"}
		spans := []map[time.Duration]int{
			{30 * time.Second: 1, 90 * time.Second: 2, 210 * time.Second: 3}, {time.Hour: 5, 24 * time.Hour: 10}, {10 * time.Minute: 3},
		}
		logs := make([]log, len(keys))
		rng := rand.New(rand.NewPCG(1, 2))
		began := time.Now()
		for i := range 5000 {
			time.Sleep(time.Duration(rng.IntN(200)) * time.Second)
			now := of(time.Since(began))
			if rng.IntN(4) == 0 {
				k, n := rng.IntN(len(keys)), 1+rng.IntN(3)
				if err := limiter.Forget(t.Context(), map[string]int{keys[k]: n}); err != nil {
					t.Fatal(err)
				}
				logs[k].forget(n)
				continue
			}
			var asked []stepup.Count
			var counts []count
			for k := range keys {
				lookOnly, advisory := rng.IntN(4) == 0, rng.IntN(4) == 0
				asked = append(asked, stepup.Count{Key: keys[k], Windows: spans[k], LookOnly: lookOnly, Advisory: advisory})
				counts = append(counts, count{log: &logs[k], windows: compact(spans[k]), lookOnly: lookOnly, advisory: advisory})
			}
			rooms, err := limiter.Take(t.Context(), asked)
			if err != nil {
				t.Fatal(err)
			}
			take(now, counts)
			for k, room := range rooms {
				if got := span(counts[k].wait); got != room.Wait {
					t.Fatalf("step %d: %s has to wait %v, want %v", i, keys[k], got, room.Wait)
				}
				if got := logs[k].within(now, counts[k].windows.longest()); got != room.Events {
					t.Fatalf("step %d: %s has %d events, want %d", i, keys[k], got, room.Events)
				}
			}
		}
	})
}
