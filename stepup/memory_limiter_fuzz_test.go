package stepup_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
)

// limiterModel is MemoryLimiter written without any care for speed: it looks
// at each event of each key every time.
type limiterModel struct {
	maxKeys int
	logs    map[string]*modelLog
}

type modelLog struct {
	times []time.Time
	keep  time.Duration
}

// forget drops the expired events of all keys.
func (m *limiterModel) forget(now time.Time) {
	for key, log := range m.logs {
		var live []time.Time
		for _, t := range log.times {
			if now.Sub(t) < log.keep {
				live = append(live, t)
			}
		}
		log.times = live
		if len(live) == 0 {
			delete(m.logs, key)
		}
	}
}

func (m *limiterModel) take(now time.Time, key string, windows map[time.Duration]int) (time.Duration, error) {
	m.forget(now)
	log := m.logs[key]
	if log == nil {
		if len(m.logs) >= m.maxKeys {
			return 0, stepup.ErrLimiterFull
		}
		log = new(modelLog)
		m.logs[key] = log
	}
	var wait time.Duration
	for per, n := range windows {
		log.keep = max(log.keep, per)
		var inside []time.Time
		for _, t := range log.times {
			if now.Sub(t) < per {
				inside = append(inside, t)
			}
		}
		if len(inside) >= n {
			wait = max(wait, inside[len(inside)-n].Add(per).Sub(now))
		}
	}
	if wait == 0 {
		log.times = append(log.times, now)
	}
	return wait, nil
}

func (m *limiterModel) undo(now time.Time, key string) {
	m.forget(now)
	if log := m.logs[key]; log != nil {
		log.times = log.times[:len(log.times)-1]
		m.forget(now)
	}
}

// FuzzMemoryLimiter runs random calls against the model.
func FuzzMemoryLimiter(f *testing.F) {
	f.Add([]byte{0, 3, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{1, 2, 0, 0, 0x40, 9, 0x80, 0, 0, 0x44, 200, 0xc0})
	f.Add([]byte{0x81, 1, 0, 1, 2, 3, 4, 5, 0x41, 50, 0, 1, 2, 3, 0x42, 255, 0, 1, 2})
	f.Add([]byte{0x80, 0, 0x10, 0, 0x43, 61, 0x20, 0x10, 0x30, 0x43, 255, 0x30, 0x80, 0x20, 0, 0x3f})
	f.Fuzz(compareWithModel)
}

// The same with a fixed list of calls, long enough to reach every corner.
func TestMemoryLimiterAgreesWithItsModel(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 400 {
		ops := make([]byte, 2+random.IntN(400))
		for i := range ops {
			ops[i] = byte(random.Uint32())
			if i >= 2 && ops[i] >= 0xc0 && random.IntN(4) > 0 {
				ops[i] -= 0xc0 // take where there would be too many resets
			}
		}
		compareWithModel(t, ops)
	}
}

// compareWithModel runs the calls that ops encode, in a bubble. It also checks
// by itself the one property that matters most: if all calls have the same
// windows, no span of a window holds more than n events.
func compareWithModel(t *testing.T, ops []byte) {
	if len(ops) < 2 {
		return
	}
	sets := []map[time.Duration]int{
		{time.Second: 1, 30 * time.Second: 3, time.Minute: 4},
		{time.Minute: 2},
		{10 * time.Second: 1},
		{3 * time.Minute: 2},
	}
	mixed, first, maxKeys := ops[0]&0x80 != 0, int(ops[0])%len(sets), 1+int(ops[1])%6
	synctest.Test(t, func(t *testing.T) {
		limiter := &stepup.MemoryLimiter{MaxKeys: maxKeys}
		model := &limiterModel{maxKeys: maxKeys, logs: make(map[string]*modelLog)}
		granted := make(map[string][]time.Time) // and not undone; never forgotten
		ctx := context.Background()
		for ops := ops[2:]; len(ops) > 0; ops = ops[1:] {
			now, key := time.Now(), fmt.Sprint(ops[0]&7)
			switch op := ops[0]; op >> 6 {
			case 0: // take
				windows := sets[first]
				if mixed {
					windows = sets[int(op>>4)%len(sets)]
				}
				wait, err := limiter.Take(ctx, key, windows)
				wantWait, wantErr := model.take(now, key, windows)
				if wait != wantWait || !errors.Is(err, wantErr) {
					t.Fatalf("Take(%s, %v) = %v, %v, want %v, %v", key, windows, wait, err, wantWait, wantErr)
				}
				if wait == 0 && err == nil {
					granted[key] = append(granted[key], now)
					if !mixed {
						checkSpans(t, granted[key], windows)
					}
				}
			case 1: // let time pass, up to 4 minutes
				if len(ops) > 1 {
					step := []time.Duration{10, 100, 500, 1000}[op&3] * time.Millisecond
					time.Sleep(time.Duration(ops[1]) * step)
					ops = ops[1:]
				}
			case 2:
				if err := limiter.Undo(ctx, key); err != nil {
					t.Fatal(err)
				}
				model.undo(now, key)
				granted[key] = granted[key][:max(len(granted[key])-1, 0)]
			case 3:
				if err := limiter.Reset(ctx, key); err != nil {
					t.Fatal(err)
				}
				delete(model.logs, key)
				delete(granted, key)
			}
		}
	})
}

// checkSpans fails if the newest event is one too many in any window.
func checkSpans(t *testing.T, log []time.Time, windows map[time.Duration]int) {
	t.Helper()
	newest := log[len(log)-1]
	for per, n := range windows {
		count := 0
		for _, event := range log {
			if newest.Sub(event) < per {
				count++
			}
		}
		if count > n {
			t.Fatalf("%d events within %v, want %d at most", count, per, n)
		}
	}
}
