package morning

import (
	"math/rand/v2"
	"testing"
)

func TestEventsComeOutInTheOrderOfTheirTimes(t *testing.T) {
	var w wheel
	rng := rand.New(rand.NewPCG(3, 4))
	added, last := 0, moment(0)
	for range 1000 {
		w.add(rng.Int32N(10*epoch), evRenew, 0)
		added++
	}
	for taken := 0; ; taken++ {
		e, ok := w.next(20 * epoch)
		if !ok {
			if taken != added {
				t.Errorf("%d events came out, want %d", taken, added)
			}
			return
		}
		if e.at < last || e.at != w.now {
			t.Fatalf("at %d after %d comes an event of %d", w.now, last, e.at)
		}
		last = e.at
		if added < 3000 { // events add others, of now, soon and later
			w.add(e.at+rng.Int32N(3), evRenew, 0)
			w.add(e.at+rng.Int32N(3*epoch), evRenew, 0)
			added += 2
		}
	}
}

func TestEventsOfOneMomentKeepTheirOrder(t *testing.T) {
	var w wheel
	for who := range int32(5) {
		w.add(2*epoch, evVisit, who)
	}
	for who := range int32(5) {
		if e, ok := w.next(3 * epoch); !ok || e.who != who {
			t.Fatalf("got event %d (%v), want %d", e.who, ok, who)
		}
	}
}
