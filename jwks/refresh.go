// The goroutine that fetches key sets and replaces the current one. Started by
// New, ended by Close.

package jwks

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

const (
	refreshEvery = 10 * time.Minute // ± 10 %
	retryEvery   = 30 * time.Second // after a failure, while keys are held

	// While no keys are held, every request fails: retry soon and often.
	minBackoff = 250 * time.Millisecond
	maxBackoff = 2 * time.Second

	// maxFlights bounds fetches that hang. While no keys are held, the next
	// fetch does not wait for them: otherwise a server that hung would cost
	// another 5 s after it recovered. At most 6 begin within those 5 s.
	maxFlights = 8
)

// result is the outcome of a flight.
type result struct {
	flight *flight
	body   []byte
	err    error
	took   time.Duration
}

// run keeps the keyring fresh until ctx is done. It is the only goroutine that
// starts fetches and replaces the set. Fetches belong to it and not to the
// request that caused them, so a client that hangs up cannot fail others.
func (k *keyring) run(ctx context.Context) {
	defer close(k.closed)
	var flights sync.WaitGroup
	defer flights.Wait()

	// Flights only deliver results; this goroutine handles them one by one.
	results := make(chan result)
	inFlight := 0
	start := func(f *flight) {
		inFlight++
		flights.Go(func() {
			body, err := k.fetcher.fetch(ctx)
			select {
			case results <- result{f, body, err, time.Since(f.begun)}:
			case <-ctx.Done():
			}
		})
	}

	backoff := minBackoff
	due := time.NewTimer(0)
	defer due.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-k.asks:
			start(f)
		case <-due.C:
			if inFlight < maxFlights {
				start(newFlight(false))
			}
			// When to retry if this fetch fails; success moves it further out.
			if k.current(time.Now()) != nil {
				due.Reset(jitter(retryEvery))
				continue
			}
			due.Reset(jitter(backoff))
			backoff = min(2*backoff, maxBackoff)
		case r := <-results:
			inFlight--
			if k.settle(r) {
				backoff = minBackoff
				due.Reset(refreshEvery*9/10 + rand.N(refreshEvery/5))
			}
		}
	}
}

// jitter returns between three quarters of d and d, so that instances that lost
// their keys together do not all ask at the same moment.
func jitter(d time.Duration) time.Duration { return d*3/4 + rand.N(d/4) }

// settle replaces the current set if the flight brought a good and newer one,
// wakes the requests that wait for it, and reports the events. It returns
// whether the flight brought a good set.
func (k *keyring) settle(r result) bool {
	old := k.set.Load()
	set, rejected, err := r.keys(old)
	k.mu.Lock()
	k.lastErr = err
	// Flights can overtake each other, and an older answer may lack a new key
	// or bring back a withdrawn one.
	if err == nil && (old == nil || !set.begun.Before(old.begun)) {
		k.set.Store(set)
		close(k.arrived)
		k.arrived = make(chan struct{})
	} else {
		set = old
	}
	k.mu.Unlock()
	close(r.flight.ended)

	event := Event{Kind: KeysFetched, Forced: r.flight.forced, Took: r.took}
	if err != nil {
		event.Kind, event.Err = FetchFailed, err
	}
	if set != nil {
		event.Keys, event.Added, event.Removed = len(set.byID), set.without(old), old.without(set)
	}
	k.onEvent(event)
	for _, s := range rejected {
		id := s.keyID[:min(len(s.keyID), maxKeyIDLength)]
		k.onEvent(Event{Kind: KeySkipped, Forced: r.flight.forced, Keys: event.Keys, KeyID: id, Err: s.why})
	}
	return err == nil
}

// keys makes a set of the flight's body, and returns the keys that it skipped.
func (r result) keys(old *keySet) (*keySet, []skipped, error) {
	if r.err != nil {
		return nil, nil, r.err
	}
	byID, rejected, err := admit(r.body)
	if err != nil {
		return nil, rejected, err
	}
	named := slices.Collect(maps.Keys(byID))
	for _, key := range rejected {
		if isKeyID(key.keyID) { // others are in no token that gets here, and may be long
			named = append(named, key.keyID)
		}
	}
	set, err := newKeySet(old, byID, named, r.flight.begun)
	return set, rejected, err
}
