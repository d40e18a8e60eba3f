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

// forcedEvery is how often unknown key ids may cause a fetch. Anybody can make
// up such ids, a thousand a second.
const forcedEvery = 30 * time.Second

// keyring holds the current key set and asks for newer ones. Reading the set
// takes no lock; only the goroutine in refresh.go replaces it.
type keyring struct {
	fetcher  *fetcher
	maxStale time.Duration
	onEvent  func(Event)

	set    atomic.Pointer[keySet]
	asks   chan *flight  // forced fetches to start
	closed chan struct{} // closed when the goroutine has ended

	mu       sync.Mutex
	arrived  chan struct{} // closed, and replaced, when a good set arrives
	lastErr  error         // of the newest fetch; nil after a good one
	forced   *flight       // the newest forced fetch
	forcedAt time.Time
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
		asks:     make(chan *flight, 1),
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

// refetch asks for a newer set because of an unknown key id, and waits for it
// until ctx is done or patience fires. Concurrent callers share one fetch.
// After it has ended, and until forcedEvery has passed since it began, refetch
// returns at once, so a flood of made-up ids cannot tie up requests.
func (k *keyring) refetch(ctx context.Context, patience <-chan time.Time) {
	k.mu.Lock()
	f := k.forced
	if f == nil || time.Since(k.forcedAt) >= forcedEvery && f.hasEnded() {
		f = newFlight(true)
		k.forced, k.forcedAt = f, f.begun
		k.asks <- f // never blocks: the one before has been taken and has ended
	}
	k.mu.Unlock()
	select {
	case <-f.ended:
	case <-patience:
	case <-ctx.Done():
	case <-k.closed:
	}
}

func (f *flight) hasEnded() bool {
	select {
	case <-f.ended:
		return true
	default:
		return false
	}
}
