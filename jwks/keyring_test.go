package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/jwks"
)

var errDown = errors.New("connection refused")

func down(*http.Request) (*http.Response, error) { return nil, errDown }

// timed is the outcome of a Verify and how long it took.
type timed struct {
	err  error
	took time.Duration
}

func verifyTimed(v *jwks.Verifier, token string) timed {
	begun := time.Now()
	_, err := v.Verify(context.Background(), token)
	return timed{err, time.Since(begun)}
}

func TestRotationUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const sessions = 200
		signers := []signer{newSigner(0), newSigner(1), newSigner(2)}
		s := new(keyServer)
		publish := func(keys ...signer) {
			s.answerWith(slow(200*time.Millisecond, respond(http.StatusOK, keySet(keys...))))
		}
		mint := func(key signer) []string {
			tokens := make([]string, sessions)
			for i := range tokens {
				tokens[i] = key.mint(map[string]any{"sub": fmt.Sprint("member-test-", i)})
			}
			return tokens
		}
		publish(signers[0])
		tokens := mint(signers[0])
		v := ready(t, s)
		before := s.fetchCount()

		var mu sync.Mutex
		var all []timed
		var wg sync.WaitGroup
		begun := time.Now()
		for i := range 60 * 500 {
			time.Sleep(time.Until(begun.Add(time.Duration(i) * 2 * time.Millisecond)))
			switch i {
			case 10 * 500:
				publish(signers[0], signers[1])
				tokens = mint(signers[1])
			case 41 * 500:
				publish(signers[1], signers[2])
				tokens = mint(signers[2])
			}
			token := tokens[i%sessions]
			wg.Go(func() {
				got := verifyTimed(v, token)
				mu.Lock()
				all = append(all, got)
				mu.Unlock()
			})
		}
		wg.Wait()
		waited := 0
		for _, got := range all {
			if got.err != nil || got.took > 300*time.Millisecond {
				t.Fatalf("got error %v after %v, want none within 300ms", got.err, got.took)
			}
			if got.took > 0 {
				waited++
			}
		}
		// Requests during the fetch of a new key waited for it. If none had, the
		// test would have rotated nothing.
		if waited == 0 || waited > 2*101 {
			t.Errorf("%d of %d requests waited for a key, want those of 2 × 200ms", waited, len(all))
		}
		if got := s.fetchCount() - before; got != 2 {
			t.Errorf("%d fetches, want one for each rotation", got)
		}
	})
}

// flood verifies tokens with n made-up key ids, one in each gap, and checks that
// none is accepted, called invalid, or kept waiting for long.
func flood(t *testing.T, v *jwks.Verifier, n int, gap time.Duration) {
	var wg sync.WaitGroup
	forger := rsaKeys()[3]
	rest := ""
	for i := range n {
		if time.Duration(i)*gap%time.Minute == 0 {
			// A later fetch is the last word on a token of over a minute ago.
			good := signer{"forged", forger}.mint(nil)
			rest = good[strings.IndexByte(good, '.'):]
		}
		token := encode(fmt.Sprintf(`{"alg":"RS256","kid":"jwk-test-forged-%d","typ":"JWT"}`, i)) + rest
		wg.Go(func() {
			got := verifyTimed(v, token)
			if !errors.Is(got.err, jwks.ErrUnavailable) || got.took > 300*time.Millisecond {
				t.Errorf("made-up key id: got %v after %v, want ErrUnavailable within 300ms", got.err, got.took)
			}
		})
		time.Sleep(gap)
	}
	wg.Wait()
}

func TestFloodOfMadeUpKeyIDs(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
		gap    time.Duration
		n      int
	}{
		{"the key server answers, and a thousand come in each second", respond(http.StatusOK, keySet(newSigner(0))), time.Millisecond, 10_000},
		{"the key server answers, and the flood goes on", respond(http.StatusOK, keySet(newSigner(0))), 50 * time.Millisecond, 20 * 200},
		{"the key server is slow", slow(4*time.Second, respond(http.StatusOK, keySet(newSigner(0)))), 50 * time.Millisecond, 20 * 200},
		{"the key server hangs", hang, 50 * time.Millisecond, 20 * 200},
		{"the key server is down", down, 50 * time.Millisecond, 20 * 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				key := newSigner(0)
				s := serve(key)
				v := ready(t, s)
				s.answerWith(c.answer)
				time.Sleep(time.Nanosecond)
				begun := time.Now()

				good := key.mint(map[string]any{"exp": begun.Unix() + 3600})
				stop := make(chan struct{})
				var wg sync.WaitGroup
				wg.Go(func() {
					for {
						select {
						case <-stop:
							return
						case <-time.After(10 * time.Millisecond):
							if got := verifyTimed(v, good); got.err != nil || got.took > 0 {
								t.Errorf("a good token: got %v after %v, want none at once", got.err, got.took)
							}
						}
					}
				})
				flood(t, v, c.n, c.gap)
				close(stop)
				wg.Wait()
				minutes := make([]int, 6)
				for _, at := range s.fetchesSince(begun) {
					minutes[at/time.Minute]++
				}
				if minutes[0] == 0 || minutes[0] > 8 || slices.Max(minutes[1:]) > 2 {
					t.Errorf("the flood caused %v fetches in its minutes, want 1 to 8 and then at most 2", minutes)
				}
			})
		})
	}
}

func TestFetchesForUnknownKeyIDsAreSpacedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(newSigner(0))
		v := ready(t, s)
		fetches := func(n int) []time.Duration {
			time.Sleep(time.Nanosecond)
			begun := time.Now()
			flood(t, v, n, 100*time.Millisecond)
			return s.fetchesSince(begun)
		}
		const s1 = time.Second
		if got, want := fetches(1000), []time.Duration{0, s1, 3 * s1, 7 * s1, 15 * s1, 31 * s1, 61 * s1, 91 * s1}; !slices.Equal(got, want) {
			t.Errorf("fetches at %v, want %v", got, want)
		}
		// Since the last unknown id it has been quiet for 100 ms.
		time.Sleep(59 * time.Second)
		if got, want := fetches(20), []time.Duration{0}; !slices.Equal(got, want) {
			t.Errorf("after less than a quiet minute, fetches at %v, want %v", got, want)
		}
		time.Sleep(60 * time.Second)
		if got, want := fetches(40), []time.Duration{0, s1, 3 * s1}; !slices.Equal(got, want) {
			t.Errorf("after a quiet minute, fetches at %v, want %v", got, want)
		}
	})
}

func TestOneMadeUpKeyIDHidesARotationForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, next := newSigner(0), newSigner(1)
		s := serve(key)
		v := ready(t, s)
		flood(t, v, 1, 0)
		s.publish(key, next)
		if took := untilAccepted(t, v, next); took > time.Second {
			t.Errorf("the new key was accepted after %v, want 1s at most", took)
		}
	})
}

// untilAccepted returns how long it takes until a token of a key is accepted.
// Until then it must be ErrUnavailable.
func untilAccepted(t *testing.T, v *jwks.Verifier, key signer) time.Duration {
	t.Helper()
	begun := time.Now()
	token := key.mint(nil)
	for {
		got := verifyTimed(v, token)
		if got.err == nil {
			return time.Since(begun)
		}
		if !errors.Is(got.err, jwks.ErrUnavailable) {
			t.Fatalf("a good token: got %v, want ErrUnavailable until its key is there", got.err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func TestRotationInTheMiddleOfAFlood(t *testing.T) {
	for _, c := range []struct {
		name        string
		after, most time.Duration
	}{
		{"it has just begun", 5 * time.Second, 2 * time.Second},
		{"it has gone on for long", 62 * time.Second, 30 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				key, next := newSigner(0), newSigner(1)
				s := serve(key)
				v := ready(t, s)
				var wg sync.WaitGroup
				wg.Go(func() { flood(t, v, 20_000, 5*time.Millisecond) })

				time.Sleep(c.after)
				s.publish(key, next)
				if took := untilAccepted(t, v, next); took > c.most {
					t.Errorf("the new key was accepted after %v, want %v at most", took, c.most)
				}
				wg.Wait()
			})
		})
	}
}

func TestHangingUpDuringAFetchChangesNothingForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, next := newSigner(0), newSigner(1)
		s := serve(key)
		v := ready(t, s)
		s.answerWith(slow(200*time.Millisecond, respond(http.StatusOK, keySet(key, next))))
		token := next.mint(nil)

		ctx, hangUp := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() { // the request that causes the fetch
			begun := time.Now()
			_, err := v.Verify(ctx, token)
			if !errors.Is(err, jwks.ErrUnavailable) || !errors.Is(err, context.Canceled) || time.Since(begun) > 100*time.Millisecond {
				t.Errorf("the one that hung up: got %v after %v", err, time.Since(begun))
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if got := verifyTimed(v, token); got.err != nil {
				t.Errorf("the one that stayed: got %v after %v, want a session", got.err, got.took)
			}
		})
		time.Sleep(100 * time.Millisecond)
		hangUp()
		wg.Wait()
		if got := s.fetchCount(); got != 2 {
			t.Errorf("%d fetches, want 2", got)
		}
	})
}

func TestUnknownKeyIDs(t *testing.T) {
	key, other := newSigner(0), signer{"jwk-test-unknown", nil}
	other.key = rsaKeys()[1]
	for _, c := range []struct {
		name   string
		iat    time.Duration // relative to now
		exp    time.Duration // default: 5 minutes
		want   error
		forced int // fetches that the token causes
	}{
		{"issued now", 0, 0, jwks.ErrUnavailable, 1},
		{"issued within the leeway", 4 * time.Second, 0, jwks.ErrUnavailable, 1},
		{"issued in the future", 6 * time.Second, 0, jwks.ErrInvalidToken, 0},
		{"issued 61 s ago, after the last fetch", -61 * time.Second, 0, jwks.ErrInvalidToken, 1},
		{"issued a minute before the last fetch", -120 * time.Second, 0, jwks.ErrInvalidToken, 0},
		{"expired, and its key not yet looked for", -50 * time.Second, -6 * time.Second, jwks.ErrInvalidToken, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(key)
				v := ready(t, s)
				time.Sleep(time.Minute)
				if c.exp == 0 {
					c.exp = 5 * time.Minute
				}
				now := time.Now()
				token := other.mint(map[string]any{
					"iat": now.Add(c.iat).Unix(), "nbf": now.Add(c.iat).Unix(), "exp": now.Add(c.exp).Unix()})
				expect(t, v, token, c.want)
				if got := s.fetchCount() - 1; got != c.forced {
					t.Errorf("%d forced fetches, want %d", got, c.forced)
				}
			})
		})
	}
}

// badAnswers are answers that bring no good key set.
func badAnswers() map[string]func(*http.Request) (*http.Response, error) {
	key := newSigner(0)
	weak := with(key.jwk(), "n", key.jwk()["n"].(string)[:170])
	ok := func(body string) func(*http.Request) (*http.Response, error) { return respond(http.StatusOK, body) }
	stream := func(body func() io.Reader) func(*http.Request) (*http.Response, error) {
		return func(request *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(body()), ContentLength: -1, Request: request}, nil
		}
	}
	return map[string]func(*http.Request) (*http.Response, error){
		"an empty object":     ok(`{}`),
		"null":                ok(`null`),
		"no keys":             ok(`{"keys":[]}`),
		"an error object":     ok(`{"status_code":500,"error_type":"internal_server_error","error_message":"Oops"}`),
		"HTML":                ok(`<!DOCTYPE html><title>Maintenance</title>`),
		"64 MiB":              stream(func() io.Reader { return io.LimitReader(letters{}, 64<<20) }),
		"two keys of one id":  ok(toJSON(map[string]any{"keys": []any{key.jwk(), with(newSigner(1).jwk(), "kid", key.kid)}})),
		"weak keys only":      ok(toJSON(map[string]any{"keys": []any{weak}})),
		"one byte a second":   stream(func() io.Reader { return &drip{text: keySet(newSigner(1))} }),
		"half a set":          ok(keySet(newSigner(1))[:300]),
		"two sets":            ok(keySet(newSigner(1)) + keySet(newSigner(1))),
		"keys twice":          ok(`{"keys":[],` + keySet(newSigner(1))[1:]),
		"more than 64 keys":   ok(`{"keys":[` + strings.Repeat("{},", 64) + toJSON(newSigner(1).jwk()) + `]}`),
		"a redirect":          redirect,
		"status 204":          respond(http.StatusNoContent, keySet(newSigner(1))),
		"status 500 and keys": respond(http.StatusInternalServerError, keySet(newSigner(1))),
	}
}

func redirect(r *http.Request) (*http.Response, error) {
	response, err := respond(http.StatusFound, keySet(newSigner(1)))(r)
	response.Header.Set("Location", "https://evil.example/jwks")
	return response, err
}

// letters is an endless JSON string.
type letters struct{}

func (letters) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// drip sends its text at one byte a second.
type drip struct{ text string }

func (d *drip) Read(b []byte) (int, error) {
	if d.text == "" {
		return 0, io.EOF
	}
	time.Sleep(time.Second)
	b[0], d.text = d.text[0], d.text[1:]
	return 1, nil
}

func TestBadAnswersKeepTheLastGoodSet(t *testing.T) {
	for name, answer := range badAnswers() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				key := newSigner(0)
				s := serve(key)
				var events recorder
				v := ready(t, s, events.record)
				s.answerWith(answer)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				time.Sleep(11*time.Minute + 10*time.Second)
				runtime.ReadMemStats(&after)
				failures := events.all()[1:]
				if len(failures) == 0 {
					t.Fatal("no fetch has failed: the test shows nothing")
				}
				for _, e := range failures {
					if e.Kind == jwks.KeysFetched || e.Keys != 1 || e.Added != nil || e.Removed != nil {
						t.Errorf("event %+v, want a failure, and 1 key as before", e)
					}
				}
				if got := (after.TotalAlloc - before.TotalAlloc) / uint64(len(failures)); got > 1<<20 {
					t.Errorf("a bad answer costs %d bytes, want at most 1 MiB", got)
				}
				expect(t, v, key.mint(nil), nil)
				for _, request := range s.hosts() {
					if request != "test.stytch.com" {
						t.Errorf("a request went to %s", request)
					}
				}
				s.publish(key, newSigner(2))
				time.Sleep(31 * time.Second)
				expect(t, v, newSigner(2).mint(nil), nil)
			})
		})
	}
}

func TestStartDuringAnOutage(t *testing.T) {
	answers := badAnswers()
	answers["down"] = down
	answers["hanging"] = hang
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				key := newSigner(0)
				s := new(keyServer)
				s.answerWith(answer)
				begun := time.Now()
				v := newVerifier(t, s)
				if took := time.Since(begun); took > 0 {
					t.Errorf("New took %v, want it to return at once", took)
				}
				for range 80 {
					got := verifyTimed(v, key.mint(nil))
					if !errors.Is(got.err, jwks.ErrUnavailable) || errors.Is(got.err, jwks.ErrInvalidToken) || got.took > 300*time.Millisecond {
						t.Fatalf("got %v after %v, want ErrUnavailable within 300ms", got.err, got.took)
					}
					time.Sleep(337 * time.Millisecond)
				}
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				err := v.Ready(ctx)
				if !errors.Is(err, jwks.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Ready: got %v, want ErrUnavailable", err)
				}
				if name == "down" && !errors.Is(err, errDown) {
					t.Errorf("Ready: got %v, want the reason in it", err)
				}
				// A token that cannot be judged is not called expired or
				// invalid, even if it is.
				expect(t, v, key.mint(map[string]any{"exp": time.Now().Unix() - 60}), jwks.ErrUnavailable)
				expect(t, v, "garbage", jwks.ErrInvalidToken)

				s.publish(key)
				time.Sleep(2 * time.Second)
				if got := verifyTimed(v, key.mint(nil)); got.err != nil || got.took > 0 {
					t.Errorf("2 s after the recovery: got %v after %v, want a session at once", got.err, got.took)
				}
				if err := v.Ready(context.Background()); err != nil {
					t.Errorf("Ready: got %v", err)
				}
			})
		})
	}
}

func TestAttemptsWithoutKeysAreBounded(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){"down": down, "hanging": hang} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := new(keyServer)
				s.answerWith(answer)
				v := newVerifier(t, s)
				var wg sync.WaitGroup
				for range 1000 {
					wg.Go(func() { v.Verify(context.Background(), newSigner(0).mint(nil)) })
				}
				time.Sleep(time.Minute)
				wg.Wait()
				if got := s.fetchCount(); got < 25 || got > 70 {
					t.Errorf("%d fetches in a minute, want one in 1 to 2 s", got)
				}
			})
		})
	}
}

func TestKeysOutliveAnOutageOfADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := newSigner(0)
		s := serve(key)
		v := ready(t, s)
		fetched := time.Now()
		s.answerWith(down)
		for time.Since(fetched) < 24*time.Hour-10*time.Minute {
			expect(t, v, key.mint(nil), nil)
			time.Sleep(9 * time.Minute)
		}
		remembered := key.mint(map[string]any{"exp": time.Now().Unix() + 86400})
		time.Sleep(time.Until(fetched.Add(24*time.Hour - time.Minute)))
		expect(t, v, remembered, nil)

		time.Sleep(2 * time.Minute)
		expect(t, v, key.mint(nil), jwks.ErrUnavailable)
		expect(t, v, remembered, jwks.ErrUnavailable)

		s.publish(key)
		time.Sleep(2 * time.Second)
		expect(t, v, remembered, nil)
		expect(t, v, key.mint(nil), nil)
	})
}

func TestAWithdrawnKeyIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, next := newSigner(0), newSigner(1)
		s := serve(key, next)
		v := ready(t, s)
		token := key.mint(map[string]any{"exp": time.Now().Unix() + 3600})
		kept := next.mint(map[string]any{"exp": time.Now().Unix() + 3600})
		expect(t, v, token, nil)
		session := expect(t, v, kept, nil)

		s.publish(next)
		time.Sleep(11 * time.Minute)
		expect(t, v, token, jwks.ErrInvalidToken)
		if again := expect(t, v, kept, nil); again != session && hasMemo() {
			t.Error("a token of the key that stayed was verified again")
		}
		// The id comes back with another key. Tokens of the old key stay
		// refused.
		s.publish(next, signer{key.kid, rsaKeys()[2]})
		time.Sleep(11 * time.Minute)
		expect(t, v, token, jwks.ErrInvalidToken)
		expect(t, v, signer{key.kid, rsaKeys()[2]}.mint(nil), nil)
	})
}

func TestAnOlderAnswerDoesNotReplaceANewerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		withdrawn, key := newSigner(0), newSigner(1)
		s := new(keyServer)
		s.answerWith(slow(4*time.Second, respond(http.StatusOK, keySet(withdrawn))))
		v := newVerifier(t, s)
		synctest.Wait()
		s.publish(key)
		time.Sleep(5 * time.Second)
		expect(t, v, key.mint(nil), nil)
		expect(t, v, withdrawn.mint(nil), jwks.ErrUnavailable)
	})
}

func TestRefreshEveryTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(newSigner(0))
		ready(t, s)
		time.Sleep(24 * time.Hour)
		s.mu.Lock()
		defer s.mu.Unlock()
		var gaps []time.Duration
		for i := range s.fetches[1:] {
			gaps = append(gaps, s.fetches[i+1].Sub(s.fetches[i]))
		}
		if lo, hi := slices.Min(gaps), slices.Max(gaps); lo < 9*time.Minute || hi > 11*time.Minute || hi-lo < 10*time.Second {
			t.Errorf("fetches are %v to %v apart, want 10 min ± 10 %%, and not all alike", lo, hi)
		}
	})
}

func TestClose(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"keys": respond(http.StatusOK, keySet(newSigner(0))), "down": down, "hanging": hang,
	} {
		t.Run(name, func(t *testing.T) {
			// The bubble fails if a goroutine is left in it.
			synctest.Test(t, func(t *testing.T) {
				s := new(keyServer)
				s.answerWith(answer)
				v := newVerifier(t, s)
				time.Sleep(10 * time.Second)
				var wg sync.WaitGroup
				if name != "keys" {
					wg.Go(func() {
						if err := v.Ready(context.Background()); !errors.Is(err, jwks.ErrUnavailable) {
							t.Errorf("Ready: got %v, want ErrUnavailable once closed", err)
						}
					})
					synctest.Wait()
				}
				v.Close()
				v.Close()
				wg.Wait()

				unknown := verifyTimed(v, newSigner(1).mint(nil))
				if !errors.Is(unknown.err, jwks.ErrUnavailable) || unknown.took > 300*time.Millisecond {
					t.Errorf("an unknown key after Close: got %v after %v", unknown.err, unknown.took)
				}
				want := jwks.ErrUnavailable
				if name == "keys" {
					want = nil
				}
				expect(t, v, newSigner(0).mint(nil), want)
			})
		})
	}
}

func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, next := newSigner(0), newSigner(1)
		var events recorder
		s := serve(key)
		v := ready(t, s, events.record)
		last := func() jwks.Event {
			synctest.Wait()
			all := events.all()
			return all[len(all)-1]
		}
		if e := last(); e.Kind != jwks.KeysFetched || e.Forced || e.Keys != 1 || !slices.Equal(e.Added, []string{key.kid}) || e.Removed != nil || e.Err != nil {
			t.Errorf("the first set: got %+v", e)
		}
		s.answerWith(slow(50*time.Millisecond, respond(http.StatusOK, keySet(next))))
		expect(t, v, next.mint(nil), nil)
		if e := last(); e.Kind != jwks.KeysFetched || !e.Forced || e.Took != 50*time.Millisecond || !slices.Equal(e.Added, []string{next.kid}) || !slices.Equal(e.Removed, []string{key.kid}) {
			t.Errorf("a rotation: got %+v", e)
		}
		s.answerWith(down)
		time.Sleep(11 * time.Minute)
		if e := last(); e.Kind != jwks.FetchFailed || !errors.Is(e.Err, errDown) || e.Keys != 1 {
			t.Errorf("an outage: got %+v", e)
		}
		s.answerWith(respond(http.StatusOK, toJSON(map[string]any{"keys": []any{next.jwk(), with(key.jwk(), "use", "enc")}})))
		time.Sleep(31 * time.Second)
		if e := last(); e.Kind != jwks.KeySkipped || e.KeyID != key.kid || e.Err == nil || e.Keys != 1 {
			t.Errorf("a key for encryption: got %+v", e)
		}
	})
}
