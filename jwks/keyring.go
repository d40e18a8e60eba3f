// The current key set, and how Verify waits for a newer one. Filled by the
// goroutine in refresh.go.

package jwks

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Anybody can make up key ids, a thousand a second, so the fetches that unknown
// ids cause are spaced out: by minSpacing at first and by twice as much each
// time, up to maxSpacing. A single made-up id hides a rotation for a second
// only, and a flood causes six fetches in its first minute and two in each later
// one. Once no unknown id has come for quietAfter, it starts over.
const (
	minSpacing = time.Second
	maxSpacing = 30 * time.Second
	quietAfter = time.Minute
)

// hungAfter is when a fetch for a token that Stytch issued is not shared any
// longer and the next one may begin beside it.
const hungAfter = time.Second

// source is where a token came from.
type source bool

const (
	fromStranger source = false // a request
	fromStytch   source = true  // an answer of Stytch over TLS
)

// keyring holds the current key set and asks for newer ones. Reading the set
// takes no lock; only the goroutine in refresh.go replaces it.
type keyring struct {
	fetcher  *fetcher
	maxStale time.Duration
	onEvent  func(Event)

	set    atomic.Pointer[keySet]
	asks   chan *flight  // forced fetches to start
	closed chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex
	arrived chan struct{} // closed, and replaced, when a good set arrives
	lastErr error         // of the newest fetch; nil after a good one
	forced  *flight       // the newest fetch that an unknown id caused
	spacing time.Duration // from the beginning of forced to the next one's
	askedAt time.Time     // when an unknown id last came
	issued  *flight       // the newest fetch that a token from Stytch caused
}

// flight is one fetch, shared by all requests that wait for it.
type flight struct {
	forced bool
	begun  time.Time
	ended  chan struct{}
}

func newFlight(forced bool) *flight {
	return &flight{forced: forced, begun: time.Now(), ended: make(chan struct{})}
}

func newKeyring(f *fetcher, maxStale time.Duration, onEvent func(Event)) *keyring {
	return &keyring{
		fetcher:  f,
		maxStale: maxStale,
		onEvent:  onEvent,
		asks:     make(chan *flight, maxFlights),
		closed:   make(chan struct{}),
		arrived:  make(chan struct{}),
	}
}

// current returns the keys to use at now, or nil if there are none or they are
// too old.
func (k *keyring) current(now time.Time) *keySet {
	set := k.set.Load()
	if set == nil || now.Sub(set.begun) > k.maxStale {
		return nil
	}
	return set
}

// wait returns the keys to use as soon as there are any. It gives up when ctx
// is done, when patience fires (nil = never) or when the keyring is closed.
func (k *keyring) wait(ctx context.Context, patience <-chan time.Time) (*keySet, error) {
	for {
		k.mu.Lock()
		arrived := k.arrived
		k.mu.Unlock()
		if set := k.current(time.Now()); set != nil {
			return set, nil
		}
		select {
		case <-arrived:
		case <-patience:
			return nil, &unavailable{"no keys", k.lastError()}
		case <-ctx.Done():
			return nil, &unavailable{"no keys", k.why(ctx.Err())}
		case <-k.closed:
			return nil, &unavailable{"closed", nil}
		}
	}
}

func (k *keyring) lastError() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.lastErr
}

// why joins the reason why there are no keys with the reason why waiting for
// them ended.
func (k *keyring) why(ended error) error {
	if err := k.lastError(); err != nil {
		return fmt.Errorf("%w (%w)", err, ended)
	}
	return ended
}

// refetch returns the fetch to wait for because of an unknown key id.
func (k *keyring) refetch(from source) *flight {
	k.mu.Lock()
	defer k.mu.Unlock()
	if from == fromStytch {
		return k.fetchAtOnce()
	}
	return k.fetchSpaced()
}

// fetchSpaced is for ids that may be made up. All requests share one fetch. Where
// the next one is not due yet, it is one that has ended, so that a flood cannot
// tie up requests.
func (k *keyring) fetchSpaced() *flight {
	now := time.Now()
	quiet := now.Sub(k.askedAt) >= quietAfter
	k.askedAt = now
	if k.forced != nil && (!k.forced.hasEnded() || now.Sub(k.forced.begun) < k.spacing) {
		return k.forced
	}
	if k.forced == nil || quiet {
		k.spacing = minSpacing
	} else {
		k.spacing = min(2*k.spacing, maxSpacing)
	}
	return k.begin(&k.forced)
}

// fetchAtOnce is for ids that Stytch itself used. Nobody else can cause these
// fetches, and there is at most one for each call to Stytch, so they keep no
// distance. They do not share those that strangers cause, which may hang.
func (k *keyring) fetchAtOnce() *flight {
	if k.issued == nil || k.issued.hasEnded() || time.Since(k.issued.begun) >= hungAfter {
		return k.begin(&k.issued)
	}
	return k.issued
}

// begin asks for a fetch, which becomes the newest of its kind. If the goroutine
// that starts them has ended or lags far behind, it asks for none.
func (k *keyring) begin(newest **flight) *flight {
	f := newFlight(true)
	select {
	case k.asks <- f:
		*newest = f
	default:
	}
	return f
}

// land waits until a fetch has ended. It gives up when patience fires, when ctx
// is done or when the keyring is closed, and reports whether the fetch has ended.
func (k *keyring) land(ctx context.Context, f *flight, patience <-chan time.Time) bool {
	select {
	case <-f.ended:
		return true
	case <-patience:
	case <-ctx.Done():
	case <-k.closed:
	}
	return false
}

func (f *flight) hasEnded() bool {
	select {
	case <-f.ended:
		return true
	default:
		return false
	}
}
