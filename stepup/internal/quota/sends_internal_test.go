package quota

import (
	"testing"
	"time"
)

func TestTheCooldownIsKnownFromWhenMessagesWereSent(t *testing.T) {
	counters := &Counters{limits: Limits{Cooldown: map[time.Duration]int{30 * time.Second: 1, 90 * time.Second: 2, 210 * time.Second: 3}}}
	if !counters.ResendAt(nil).IsZero() {
		t.Error("without a message there is something to wait for")
	}
	start := time.Unix(1_800_000_000, 0)
	var sent []time.Time
	for i, want := range []time.Duration{30 * time.Second, 90 * time.Second, 210 * time.Second} {
		sent = append(sent, start.Add([]time.Duration{0, 30 * time.Second, 90 * time.Second}[i]))
		if got := counters.ResendAt(sent).Sub(start); got != want {
			t.Errorf("after message %d: again at %v, want %v", i+1, got, want)
		}
	}
}
