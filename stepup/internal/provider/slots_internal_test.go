package provider

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func untilDone(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func TestCallsBeyondTheSlotsAreRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots()
		done := make(chan error)
		for range maxCallsInFlight {
			go func() { done <- s.call(t.Context(), time.Second, untilDone) }()
		}
		synctest.Wait()
		ran := false
		if err := s.call(t.Context(), time.Second, func(context.Context) error { ran = true; return nil }); err != errBusy || ran {
			t.Errorf("got %v, want %v", err, errBusy)
		}
		for range maxCallsInFlight {
			if err := <-done; !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the end of its patience", err)
			}
		}
		if err := s.call(t.Context(), time.Second, func(context.Context) error { return nil }); err != nil {
			t.Errorf("a slot was not given back: %v", err)
		}
	})
}

func TestACallOutlivesItsRequestButNotItsPatience(t *testing.T) {
	for _, tt := range []struct {
		name     string
		deadline time.Duration // of the request; 0 = none
		hangUp   time.Duration // 0 = never
		want     time.Duration
	}{
		{"its patience ends", 0, 0, 2 * time.Second},
		{"the deadline of the request, which others do not share, comes before", time.Second, 0, 2 * time.Second},
		{"the deadline of the request comes later", time.Minute, 0, 2 * time.Second},
		{"the client hangs up", 0, 500 * time.Millisecond, 2 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.deadline > 0 {
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				if tt.hangUp > 0 {
					time.AfterFunc(tt.hangUp, cancel)
				}
				s := newSlots()
				began := time.Now()
				err := s.call(ctx, 2*time.Second, untilDone)
				if took := time.Since(began); took != tt.want || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("it ended after %v with %v, want %v", took, err, tt.want)
				}
				if len(s.cancels) != 0 || len(s.free) != 0 {
					t.Errorf("%d calls and %d slots are still held", len(s.cancels), len(s.free))
				}
			})
		})
	}
}

func TestCloseCutsCallsShortAndWaitsForWhatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots()
		finished := false
		go func() {
			if !s.enter() {
				t.Error("open slots count as closed")
				return
			}
			defer s.leave()
			if err := s.call(context.Background(), time.Hour, untilDone); !errors.Is(err, context.Canceled) {
				t.Errorf("the call ended with %v, want it cut short", err)
			}
			time.Sleep(time.Second) // accounts for it
			finished = true
		}()
		synctest.Wait()
		began := time.Now()
		s.close()
		if took := time.Since(began); !finished || took != time.Second {
			t.Errorf("close returned after %v, and what follows the call was finished: %v", took, finished)
		}
		if err := s.call(t.Context(), time.Hour, func(context.Context) error { return nil }); err != errClosed {
			t.Errorf("a call afterwards: got %v, want %v", err, errClosed)
		}
		if s.enter() {
			t.Error("something could begin after close")
		}
		s.close() // twice is once
	})
}
