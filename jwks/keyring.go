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

// refetch returns the fetch to wait for because of an unknown key id. All
// requests share one fetch. Where the next one is not due yet, it is one that has
// ended, so that a flood of made-up ids cannot tie up requests.
func (k *keyring) refetch() *flight {
	k.mu.Lock()
	defer k.mu.Unlock()
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
	k.forced = newFlight(true)
	k.asks <- k.forced // never blocks: the one before has been taken and has ended
	return k.forced
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
