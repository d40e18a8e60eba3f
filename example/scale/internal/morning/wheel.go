// The events that are still to come, in the order of their times. sim.go takes
// them out one by one.

package morning

type eventKind uint8

const (
	evRenew    eventKind = iota // a request of a member, if its JWT has expired
	evVisit                     // a member goes to a guarded page
	evGet                       // the same, again
	evSend                      // presses "Send code"
	evType                      // types the passcode
	evCallEnds                  // who = a call
	evWaitOver                  // who = a call that waited for its turn
	evRow                       // a row of the table is complete
)

type event struct {
	at   moment
	who  int32
	kind eventKind
}

// epoch is how many milliseconds have a list of their own.
const epoch = 1 << 16

// wheel holds events: those of the present epoch in a list for each millisecond,
// and those of a later one in a list for each epoch. Events of the same
// millisecond come out in the order in which they became known, so that a run
// can be repeated.
type wheel struct {
	now        moment
	head, tail [epoch]int32 // node + 1; 0 = none
	nodes      []node
	free       int32 // node + 1
	far        [][]event
}

type node struct {
	event
	next int32
}

func (w *wheel) add(at moment, kind eventKind, who int32) {
	e := event{max(at, w.now), who, kind}
	if e.at/epoch == w.now/epoch {
		w.put(e)
		return
	}
	for int(e.at/epoch) >= len(w.far) {
		w.far = append(w.far, nil)
	}
	w.far[e.at/epoch] = append(w.far[e.at/epoch], e)
}

func (w *wheel) put(e event) {
	n := w.free
	if n == 0 {
		w.nodes = append(w.nodes, node{})
		n = int32(len(w.nodes))
	} else {
		w.free = w.nodes[n-1].next
	}
	w.nodes[n-1] = node{event: e}
	slot := e.at % epoch
	if w.head[slot] == 0 {
		w.head[slot] = n
	} else {
		w.nodes[w.tail[slot]-1].next = n
	}
	w.tail[slot] = n
}

// next takes out the next event before a moment; false = there is none.
func (w *wheel) next(until moment) (event, bool) {
	for w.now < until {
		if n := w.head[w.now%epoch]; n != 0 {
			out := w.nodes[n-1]
			w.head[w.now%epoch] = out.next
			w.nodes[n-1].next, w.free = w.free, n
			return out.event, true
		}
		w.now++
		if w.now%epoch == 0 && int(w.now/epoch) < len(w.far) {
			for _, e := range w.far[w.now/epoch] {
				w.put(e)
			}
			w.far[w.now/epoch] = nil
		}
	}
	return event{}, false
}
