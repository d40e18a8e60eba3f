package stepup_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
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

func (m *limiterModel) take(now time.Time, counts []stepup.Count) ([]stepup.Room, error) {
	m.forget(now)
	rooms := make([]stepup.Room, len(counts))
	granted, unknown := true, 0
	for i, c := range counts {
		log := m.logs[c.Key]
		if log == nil {
			log = new(modelLog)
			if !c.LookOnly {
				unknown++
			}
		}
		longest := time.Duration(0)
		for per, n := range c.Windows {
			longest = max(longest, per)
			inside := log.within(now, per)
			if len(inside) >= n {
				rooms[i].Wait = max(rooms[i].Wait, inside[len(inside)-n].Add(per).Sub(now))
			}
		}
		rooms[i].Events = len(log.within(now, longest))
		if !c.LookOnly {
			log.keep = max(log.keep, longest)
		}
		if rooms[i].Wait > 0 && !c.Advisory {
			granted = false
		}
	}
	if !granted {
		return rooms, nil
	}
	if len(m.logs)+unknown > m.maxKeys {
		return nil, stepup.ErrLimiterFull
	}
	for i, c := range counts {
		if c.LookOnly || rooms[i].Wait > 0 {
			continue
		}
		if m.logs[c.Key] == nil {
			m.logs[c.Key] = &modelLog{}
			for per := range c.Windows {
				m.logs[c.Key].keep = max(m.logs[c.Key].keep, per)
			}
		}
		m.logs[c.Key].times = append(m.logs[c.Key].times, now)
		rooms[i].Events++
	}
	return rooms, nil
}

// within are the events that are younger than a span.
func (l *modelLog) within(now time.Time, span time.Duration) (inside []time.Time) {
	for _, t := range l.times {
		if now.Sub(t) < span {
			inside = append(inside, t)
		}
	}
	return inside
}

func (m *limiterModel) forgetNewest(now time.Time, newest map[string]int) {
	m.forget(now)
	for key, n := range newest {
		if log := m.logs[key]; log != nil {
			log.times = log.times[:max(len(log.times)-n, 0)]
		}
	}
	m.forget(now)
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
				ops[i] -= 0xc0 // take where there would be too much giving back
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
		granted := make(map[string][]time.Time) // and not given back; never dropped
		ctx := context.Background()
		var pending []stepup.Count // of a take of several keys
		for ops := ops[2:]; len(ops) > 0; ops = ops[1:] {
			now, key := time.Now(), fmt.Sprint(ops[0]&7)
			switch op := ops[0]; op >> 6 {
			case 0: // one more key of a take, which the key 6 or 7 ends
				windows := sets[first]
				if mixed {
					windows = sets[int(op>>4)%len(sets)]
				}
				c := stepup.Count{Key: key, Windows: windows, LookOnly: op&0x08 != 0, Advisory: len(ops) > 1 && ops[1]&0x08 != 0}
				if !slices.ContainsFunc(pending, func(p stepup.Count) bool { return p.Key == key }) {
					pending = append(pending, c)
				}
				if key < "6" && len(pending) < 5 && op&0x10 != 0 {
					continue
				}
				rooms, err := limiter.Take(ctx, pending)
				wantRooms, wantErr := model.take(now, pending)
				if !slices.Equal(rooms, wantRooms) || !errors.Is(err, wantErr) {
					t.Fatalf("Take(%v) = %v, %v, want %v, %v", pending, rooms, err, wantRooms, wantErr)
				}
				for i, c := range pending {
					if err != nil || c.LookOnly || rooms[i].Wait > 0 || !hadRoom(pending, rooms) {
						continue
					}
					granted[c.Key] = append(granted[c.Key], now)
					if !mixed {
						checkSpans(t, granted[c.Key], windows)
					}
				}
				pending = nil
			case 1: // let time pass, up to 4 minutes
				if len(ops) > 1 {
					step := []time.Duration{10, 100, 500, 1000}[op&3] * time.Millisecond
					time.Sleep(time.Duration(ops[1]) * step)
					ops = ops[1:]
				}
			default: // give back one, two or all events of two keys
				newest := map[string]int{key: 1 + int(op>>3)&1}
				if op>>6 == 3 {
					newest = map[string]int{key: 1000, fmt.Sprint(op >> 3 & 7): 1}
				}
				if err := limiter.Forget(ctx, newest); err != nil {
					t.Fatal(err)
				}
				model.forgetNewest(now, newest)
				for key, n := range newest {
					granted[key] = granted[key][:max(len(granted[key])-n, 0)]
				}
			}
		}
	})
}

func hadRoom(counts []stepup.Count, rooms []stepup.Room) bool {
	for i, room := range rooms {
		if room.Wait > 0 && !counts[i].Advisory {
			return false
		}
	}
	return true
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
