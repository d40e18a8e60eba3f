package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/jwks"
)

func TestAWithdrawnKeyIDIsRefusedAtOnce(t *testing.T) {
	// Unless a case says otherwise, a set of both keys is followed by one of
	// the second key alone, and then by an outage in which no fetch succeeds.
	first, second := newSigner(0), newSigner(1)
	for _, c := range []struct {
		name    string
		later   []string // the sets after the first one
		kid     string
		want    error
		fetches int // that the token causes
	}{
		{"it was in an earlier set", []string{keySet(second)}, first.kid, jwks.ErrInvalidToken, 0},
		{"it was in a set before that", []string{keySet(second), keySet(newSigner(2)), keySet(second)}, first.kid, jwks.ErrInvalidToken, 0},
		{"it came back and left again", []string{keySet(second), keySet(first), keySet(second)}, first.kid, jwks.ErrInvalidToken, 0},
		{"it was in an earlier set as a key for encryption", []string{
			toJSON(map[string]any{"keys": []any{second.jwk(), with(newSigner(2).jwk(), "use", "enc")}}), keySet(second),
		}, newSigner(2).kid, jwks.ErrInvalidToken, 0},
		{"it is still in the set, as a key that cannot be used", []string{
			toJSON(map[string]any{"keys": []any{second.jwk(), with(first.jwk(), "use", "enc")}}),
		}, first.kid, jwks.ErrUnavailable, 1},
		{"it was in no set", []string{keySet(second)}, "jwk-test-unknown", jwks.ErrUnavailable, 1},
		{"it was in a set that was refused as a whole", []string{
			toJSON(map[string]any{"keys": []any{with(newSigner(2).jwk(), "use", "enc")}}), keySet(second),
		}, newSigner(2).kid, jwks.ErrUnavailable, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(first, second)
				v := ready(t, s)
				for _, set := range c.later {
					s.answerWith(respond(http.StatusOK, set))
					time.Sleep(11 * time.Minute)
				}
				s.answerWith(down)
				before := s.fetchCount()
				for range 3 {
					expect(t, v, signer{c.kid, rsaKeys()[0]}.mint(nil), c.want)
				}
				if got := s.fetchCount() - before; got != c.fetches {
					t.Errorf("%d fetches, want %d", got, c.fetches)
				}
			})
		})
	}
}

func TestAWithdrawnKeyIDDoesNotWaitForAFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := newSigner(0), newSigner(1)
		s := serve(first, second)
		v := ready(t, s)
		s.publish(second)
		time.Sleep(11 * time.Minute)
		s.answerWith(hang)
		if got := verifyTimed(v, first.mint(nil)); !errors.Is(got.err, jwks.ErrInvalidToken) || got.took > 0 {
			t.Errorf("got %v after %v, want ErrInvalidToken at once", got.err, got.took)
		}
		// A made-up id with a hanging fetch changes nothing for it.
		if got := verifyTimed(v, signer{"made-up", first.key}.mint(nil)); !errors.Is(got.err, jwks.ErrUnavailable) || got.took == 0 {
			t.Errorf("a made-up id: got %v after %v, want ErrUnavailable after a wait", got.err, got.took)
		}
		if got := verifyTimed(v, first.mint(nil)); !errors.Is(got.err, jwks.ErrInvalidToken) || got.took > 0 {
			t.Errorf("during a fetch: got %v after %v, want ErrInvalidToken at once", got.err, got.took)
		}
	})
}

// issuedTimed is verifyTimed for a token that Stytch has just issued.
func issuedTimed(ctx context.Context, v *jwks.Verifier, token string) timed {
	begun := time.Now()
	session, err := v.VerifyIssued(ctx, token)
	if (session == nil) != (err != nil) {
		panic(fmt.Sprintf("session %v and error %v", session, err))
	}
	return timed{err, time.Since(begun)}
}

func TestVerifyIssued(t *testing.T) {
	old, next := newSigner(0), newSigner(1)
	both := respond(http.StatusOK, keySet(old, next))
	for _, c := range []struct {
		name    string
		before  func(*jwks.Verifier, *keyServer) // before the rotation
		answer  func(*http.Request) (*http.Response, error)
		token   func() string
		within  time.Duration // the caller's; 0 = no limit
		want    error
		took    time.Duration
		fetches int // after the rotation
	}{
		{name: "a key that is known causes no fetch", answer: both, token: func() string { return old.mint(nil) }},
		{name: "a key that is new is fetched", answer: both, token: func() string { return next.mint(nil) }, fetches: 1},
		{name: "strangers have used up the fetches", answer: both,
			before: func(v *jwks.Verifier, _ *keyServer) { flood(t, v, 620, 100*time.Millisecond) },
			token:  func() string { return next.mint(nil) }, fetches: 1},
		{name: "a stranger has caused a fetch that hangs", answer: both,
			before: func(v *jwks.Verifier, s *keyServer) { s.answerWith(hang); flood(t, v, 1, 0) },
			token:  func() string { return next.mint(nil) }, fetches: 1},
		{name: "a fetch of two seconds is waited for", answer: slow(2*time.Second, both),
			token: func() string { return next.mint(nil) }, took: 2 * time.Second, fetches: 1},
		{name: "the caller gives up", answer: slow(2*time.Second, both),
			token: func() string { return next.mint(nil) }, within: time.Second, want: jwks.ErrUnavailable, took: time.Second, fetches: 1},
		{name: "a fetch that hangs", answer: hang,
			token: func() string { return next.mint(nil) }, want: jwks.ErrUnavailable, took: 5 * time.Second, fetches: 1},
		{name: "the key server is down", answer: down,
			token: func() string { return next.mint(nil) }, want: jwks.ErrUnavailable, fetches: 1},
		{name: "the key is not there yet", answer: respond(http.StatusOK, keySet(old)),
			token: func() string { return next.mint(nil) }, want: jwks.ErrUnavailable, fetches: 1},
		{name: "another key under the new id", answer: both,
			token: func() string { return signer{next.kid, rsaKeys()[2]}.mint(nil) }, want: jwks.ErrInvalidToken, fetches: 1},
		{name: "another key under the old id", answer: both,
			token: func() string { return signer{old.kid, rsaKeys()[2]}.mint(nil) }, want: jwks.ErrInvalidToken},
		{name: "another project", answer: both,
			token: func() string { return next.mint(map[string]any{"aud": "project-test-other"}) }, want: jwks.ErrInvalidToken, fetches: 1},
		{name: "expired", answer: both,
			token: func() string { return next.mint(map[string]any{"exp": time.Now().Unix() - 60}) }, want: jwks.ErrExpired, fetches: 1},
		{name: "an unknown key, issued in the future", answer: both,
			token: func() string { return next.mint(map[string]any{"iat": time.Now().Unix() + 60}) }, want: jwks.ErrInvalidToken},
		{name: "garbage", answer: both, token: func() string { return "garbage" }, want: jwks.ErrInvalidToken},
		{name: "over 8 KiB", answer: both, token: func() string { return next.mint(map[string]any{"x": string(make([]byte, 9000))}) }, want: jwks.ErrInvalidToken},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(old)
				v := ready(t, s)
				if c.before != nil {
					c.before(v, s)
				}
				s.answerWith(c.answer)
				before := s.fetchCount()
				ctx := context.Background()
				if c.within > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.within)
					defer cancel()
				}
				token := c.token()
				got := issuedTimed(ctx, v, token)
				for _, sentinel := range sentinels {
					if errors.Is(got.err, sentinel) != (sentinel == c.want) {
						t.Errorf("got error %v, want %v", got.err, c.want)
					}
				}
				if got.took != c.took {
					t.Errorf("took %v, want %v", got.took, c.took)
				}
				if got := s.fetchCount() - before; got != c.fetches {
					t.Errorf("%d fetches, want %d", got, c.fetches)
				}
				if c.want == nil {
					first := expect(t, v, token, nil)
					if again, err := v.VerifyIssued(ctx, token); err != nil || again != first && hasMemo() {
						t.Errorf("the token was not remembered: %v", err)
					}
				}
			})
		})
	}
}

func TestVerifyIssuedSharesItsFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, next := newSigner(0), newSigner(1)
		s := serve(old)
		v := ready(t, s)
		s.answerWith(slow(400*time.Millisecond, respond(http.StatusOK, keySet(old, next))))
		time.Sleep(time.Nanosecond)
		begun := time.Now()
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				token := next.mint(map[string]any{"sub": fmt.Sprint("member-test-", i)})
				if got := issuedTimed(context.Background(), v, token); got.err != nil {
					t.Errorf("got %v after %v, want a session", got.err, got.took)
				}
			})
			time.Sleep(time.Millisecond)
		}
		wg.Wait()
		if got := s.fetchesSince(begun); !slices.Equal(got, []time.Duration{0}) {
			t.Errorf("fetches at %v, want one", got)
		}
	})
}

func TestVerifyIssuedTrustsNoFetchThatBeganBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, next, last := newSigner(0), newSigner(1), newSigner(2)
		s := serve(old)
		v := ready(t, s)
		s.answerWith(slow(400*time.Millisecond, respond(http.StatusOK, keySet(old))))
		var wg sync.WaitGroup
		wg.Go(func() {
			if got := issuedTimed(context.Background(), v, next.mint(nil)); !errors.Is(got.err, jwks.ErrUnavailable) {
				t.Errorf("the first: got %v, want ErrUnavailable", got.err)
			}
		})
		time.Sleep(100 * time.Millisecond)
		s.answerWith(slow(400*time.Millisecond, respond(http.StatusOK, keySet(old, last))))
		before := s.fetchCount()
		for range 10 {
			wg.Go(func() {
				if got := issuedTimed(context.Background(), v, last.mint(nil)); got.err != nil || got.took != 700*time.Millisecond {
					t.Errorf("the second: got %v after %v, want a session after 700ms", got.err, got.took)
				}
			})
		}
		wg.Wait()
		if got := s.fetchCount() - before; got != 1 {
			t.Errorf("%d fetches, want 1", got)
		}
	})
}

func TestVerifyIssuedDoesNotWaitForAFetchThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, next := newSigner(0), newSigner(1)
		s := serve(old)
		v := ready(t, s)
		s.answerWith(hang)
		var wg sync.WaitGroup
		for range 3000 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				if got := issuedTimed(ctx, v, next.mint(nil)); !errors.Is(got.err, jwks.ErrUnavailable) {
					t.Errorf("got %v, want ErrUnavailable", got.err)
				}
			})
			time.Sleep(10 * time.Millisecond)
		}
		wg.Wait()
		if got := s.fetchCount() - 1; got > 31 {
			t.Errorf("%d fetches in 30 s, want one a second", got)
		}
		s.publish(old, next)
		time.Sleep(time.Second)
		if got := issuedTimed(context.Background(), v, next.mint(nil)); got.err != nil || got.took > 0 {
			t.Errorf("got %v after %v, want a session at once", got.err, got.took)
		}
	})
}

func TestVerifyIssuedBringsAWithdrawnKeyBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := newSigner(0), newSigner(1)
		s := serve(first)
		v := ready(t, s)
		s.publish(second)
		time.Sleep(11 * time.Minute)
		token := first.mint(nil)
		if got := issuedTimed(context.Background(), v, token); !errors.Is(got.err, jwks.ErrInvalidToken) {
			t.Errorf("still withdrawn: got %v, want ErrInvalidToken", got.err)
		}
		s.answerWith(down)
		time.Sleep(time.Nanosecond)
		if got := issuedTimed(context.Background(), v, token); !errors.Is(got.err, jwks.ErrUnavailable) {
			t.Errorf("nobody knows: got %v, want ErrUnavailable", got.err)
		}
		// Stytch has gone back to the key before.
		s.publish(first)
		expect(t, v, token, jwks.ErrInvalidToken)
		if got := issuedTimed(context.Background(), v, token); got.err != nil {
			t.Errorf("brought back: got %v, want a session", got.err)
		}
		expect(t, v, token, nil)
	})
}

func TestVerifyIssuedWithoutKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := newSigner(0)
		s := new(keyServer)
		s.answerWith(slow(time.Second, respond(http.StatusOK, keySet(key))))
		v := newVerifier(t, s)
		if got := issuedTimed(context.Background(), v, key.mint(nil)); got.err != nil || got.took != time.Second {
			t.Errorf("got %v after %v, want a session once the first set is there", got.err, got.took)
		}
		v.Close()
		for range 20 {
			if got := issuedTimed(context.Background(), v, newSigner(1).mint(nil)); !errors.Is(got.err, jwks.ErrUnavailable) || got.took > 0 {
				t.Errorf("closed: got %v after %v, want ErrUnavailable at once", got.err, got.took)
			}
			time.Sleep(2 * time.Second)
		}
		expect(t, v, newSigner(1).mint(nil), jwks.ErrUnavailable)
	})
}
