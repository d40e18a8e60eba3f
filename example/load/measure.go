// The clients that send requests and take times. Called by run in main.go for
// every line.

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// result is the outcome of a line.
type result struct {
	took  time.Duration   // from the first request to the last answer
	times []time.Duration // of all requests, ascending; never empty
}

// perSecond returns the number of answers per second.
func (r result) perSecond() float64 { return float64(len(r.times)) / r.took.Seconds() }

// quantile returns the time within which the fraction q of the requests was
// answered.
func (r result) quantile(q float64) time.Duration {
	return r.times[min(int(q*float64(len(r.times))), len(r.times)-1)]
}

// measure repeats the request of c with b.clients clients until the time is up or
// the requests are used up. Each client waits for an answer before it sends the
// next request, so slow answers also mean fewer requests.
func measure(ctx context.Context, c loadCase, b bounds) (result, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: b.clients, MaxConnsPerHost: b.clients, DisableCompression: true}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	var left atomic.Int64
	left.Store(int64(b.requests))
	began := time.Now()
	times := make([][]time.Duration, b.clients)
	var clients sync.WaitGroup
	for i := range times {
		clients.Go(func() {
			for ctx.Err() == nil && time.Since(began) < b.duration && left.Add(-1) >= 0 {
				start := time.Now()
				if err := ask(ctx, transport, c); err != nil {
					cancel(fmt.Errorf("%s: %w", c.name, err))
					return
				}
				times[i] = append(times[i], time.Since(start))
			}
		})
	}
	clients.Wait()
	r := result{took: time.Since(began), times: slices.Concat(times...)}
	if err := context.Cause(ctx); err != nil {
		return result{}, err
	}
	if len(r.times) == 0 {
		return result{}, fmt.Errorf("%s: no answer within %v", c.name, b.duration)
	}
	slices.Sort(r.times)
	return r, nil
}

// ask sends one request and reads the answer. It follows no redirects.
func ask(ctx context.Context, transport *http.Transport, c loadCase) error {
	resp, err := transport.RoundTrip(c.request.Clone(ctx))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != c.want {
		return fmt.Errorf("answered %s, want %d", resp.Status, c.want)
	}
	return nil
}
