// One instance: which of its calls to Stytch are under way and which wait, as in
// stepup/internal/provider/slots.go, and which keys it holds. calls.go asks.

package morning

// class is what a call is for. Calls of a class wait for each other; the classes
// take turns.
type class uint8

const (
	classAsk class = iota
	classSend
	classProve
	classes
)

// host is one instance, a process behind the load balancer.
type host struct {
	underWay int
	waiting  [classes]queue
	turn     class
	keys     keys
}

// queue holds calls that wait, first come first served. Those that gave up stay
// until their turn comes.
type queue struct {
	calls []int32
	live  int
}

// load is how many calls are under way or wait.
func (in *host) load() (n int) {
	n = in.underWay
	for c := range in.waiting {
		n += in.waiting[c].live
	}
	return n
}

// mayBegin reports whether a call of the class may begin at once.
func (in *host) mayBegin(c class) bool {
	return in.underWay < CallsUnderWay && in.waiting[c].live == 0
}

// wait makes a call wait; false = too many do already.
func (in *host) wait(c class, call int32) bool {
	q := &in.waiting[c]
	if q.live >= maxWaiting {
		return false
	}
	q.calls = append(q.calls, call)
	q.live++
	return true
}

// next returns the call whose turn it is, or -1. isGone reports, and settles,
// that a call has given up.
func (in *host) next(isGone func(call int32) bool) int32 {
	for range classes {
		q := &in.waiting[in.turn]
		in.turn = (in.turn + 1) % classes
		for len(q.calls) > 0 {
			call := q.calls[0]
			q.calls = q.calls[1:]
			if isGone(call) {
				continue
			}
			q.live--
			return call
		}
	}
	return -1
}

// keys are what an instance knows of a new signing key.
type keys struct {
	held    bool
	lands   moment // when the fetch under way ends; 0 = none was made
	brings  bool   // whether it brings the new key
	next    moment // when the next fetch may begin
	spacing moment
	fetches int
}

// judge reports whether a token of the new key can be judged: the key is held or
// on its way. It fetches where it may. The set holds the key from published on.
func (k *keys) judge(now, published, took moment) bool {
	switch {
	case k.held:
		return true
	case k.fetches > 0 && now < k.lands:
		return k.brings && k.lands-now <= keyPatience
	case k.brings:
		k.held = true
		return true
	case now < k.next:
		return false
	}
	k.fetches++
	k.spacing = min(max(2*k.spacing, firstSpacing), lastSpacing)
	k.next, k.lands, k.brings = now+k.spacing, now+took, now >= published
	return k.brings && took <= keyPatience
}
