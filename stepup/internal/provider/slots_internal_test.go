package provider

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func untilDone(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func TestCallsWaitForTheirTurnInTheOrderInWhichTheyCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1)
		began := time.Now()
		var mu sync.Mutex
		var order []int
		done := make(chan error)
		for i := range 4 {
			go func() {
				done <- s.call(t.Context(), classAsk, 2*time.Second, func(context.Context) error {
					mu.Lock()
					order = append(order, i)
					mu.Unlock()
					time.Sleep(time.Second)
					return nil
				})
			}()
			synctest.Wait()
		}
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took != 4*time.Second {
			t.Errorf("four calls of a second, one at once, took %v", took)
		}
		if !slices.Equal(order, []int{0, 1, 2, 3}) {
			t.Errorf("they began in the order %v", order)
		}
	})
}

func TestWhatCannotBeServedInTimeIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1)
		go s.call(t.Context(), classAsk, time.Hour, untilDone)
		synctest.Wait()
		began := time.Now()
		if err := s.call(t.Context(), classAsk, time.Second, untilDone); err != errBusy || time.Since(began) != maxWait {
			t.Errorf("got %v after %v, want %v after %v", err, time.Since(began), errBusy, maxWait)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		if err := s.callAlone(ctx, classSend, time.Minute, untilDone); err != errBusy || time.Since(began) != time.Second {
			t.Errorf("got %v after %v, want %v at the deadline of the request", err, time.Since(began), errBusy)
		}
		for range maxWaiting {
			go s.call(t.Context(), classProve, time.Second, untilDone)
		}
		synctest.Wait()
		began = time.Now()
		if err := s.call(t.Context(), classProve, time.Second, untilDone); err != errBusy || time.Since(began) != 0 {
			t.Errorf("got %v after %v, want that the queue is full", err, time.Since(began))
		}
		time.Sleep(2 * time.Hour)
		s.close()
		synctest.Wait()
		for c := range s.waiting {
			if len(s.waiting[c]) != 0 {
				t.Errorf("%d calls still wait", len(s.waiting[c]))
			}
		}
	})
}

// After a deploy everybody renews. Who types a passcode must not wait for all of
// them.
func TestOneClassOfCallsDoesNotStarveAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(10)
		second := func(context.Context) error { time.Sleep(time.Second); return nil }
		done := make(chan error)
		for range 1000 {
			go func() { s.call(t.Context(), classAsk, 2*time.Second, second) }()
		}
		synctest.Wait()
		began := time.Now()
		for range 5 {
			go func() { done <- s.call(t.Context(), classProve, 2*time.Second, second) }()
			go func() { done <- s.call(t.Context(), classSend, 2*time.Second, second) }()
		}
		for range 10 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("ten calls of two other classes took %v", took)
		}
		time.Sleep(time.Minute) // the renewals end
		s.close()
	})
}

func TestStrangersGetFewCallsAndNoneThatAMemberNeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(100)
		var mu sync.Mutex
		underWay, most, ran := 0, 0, 0
		stranger := func(context.Context) error {
			mu.Lock()
			ran++
			underWay++
			most = max(most, underWay)
			mu.Unlock()
			time.Sleep(1500 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			underWay--
			return nil
		}
		began := time.Now()
		for time.Since(began) < 10*time.Second {
			for range 100 {
				go s.call(t.Context(), classStranger, 2*time.Second, stranger)
			}
			synctest.Wait()
			if err := s.call(t.Context(), classAsk, time.Second, func(context.Context) error { return nil }); err != nil {
				t.Fatalf("a member: %v", err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Minute) // the last ones end
		mu.Lock()
		if most > 5 || ran > 55 || ran < 20 {
			t.Errorf("%d calls of strangers ran in ten seconds, up to %d at once, want 5 a second and 5 at once at most", ran, most)
		}
		mu.Unlock()
		s.close()
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
				s := newSlots(100)
				began := time.Now()
				err := s.call(ctx, classAsk, 2*time.Second, untilDone)
				if took := time.Since(began); took != tt.want || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("it ended after %v with %v, want %v", took, err, tt.want)
				}
				if len(s.cancels) != 0 || s.total != 0 {
					t.Errorf("%d calls and %d slots are still held", len(s.cancels), s.total)
				}
			})
		})
	}
}

func TestCloseCutsCallsShortAndWaitsForWhatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(100)
		finished := false
		go func() {
			if !s.enter() {
				t.Error("open slots count as closed")
				return
			}
			defer s.leave()
			if err := s.call(context.Background(), classAsk, time.Hour, untilDone); !errors.Is(err, context.Canceled) {
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
		if err := s.call(t.Context(), classAsk, time.Hour, func(context.Context) error { return nil }); err != errClosed {
			t.Errorf("a call afterwards: got %v, want %v", err, errClosed)
		}
		if s.enter() {
			t.Error("something could begin after close")
		}
		s.close() // twice is once
	})
}
