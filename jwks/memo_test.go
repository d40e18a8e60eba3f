package jwks_test

import (
	"context"
	"crypto/fips140"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/jwks"
)

// hasMemo reports whether verifiers remember tokens. They do not in FIPS 140-only
// mode, which forbids the digest that would find a token.
func hasMemo() bool { return !fips140.Enforced() }

// needMemo skips a test that is about the memo where there is none.
func needMemo(t *testing.T) {
	t.Helper()
	if !hasMemo() {
		t.Skip("no token is remembered in FIPS 140-only mode")
	}
}

func TestForgedTokensPushNothingOut(t *testing.T) {
	needMemo(t)
	key := newSigner(0)
	v := ready(t, serve(key), func(c *jwks.Config) { c.MemoTokens = 1 })
	good := key.mint(nil)
	session := expect(t, v, good, nil)
	forged := signer{key.kid, rsaKeys()[1]}.mint(nil)
	cut := strings.LastIndexByte(forged, '.') + 1
	for i := range 200 {
		token := forged[:cut] + encode(fmt.Sprintf("%0256d", i))
		if _, err := v.Verify(context.Background(), token); !errors.Is(err, jwks.ErrInvalidToken) {
			t.Fatal(err)
		}
	}
	for range 20 {
		expect(t, v, key.mint(map[string]any{"aud": "project-test-other"}), jwks.ErrInvalidToken)
		expect(t, v, key.mint(map[string]any{"exp": time.Now().Unix() - 60}), jwks.ErrExpired)
	}
	if expect(t, v, good, nil) != session {
		t.Error("the good token was verified again")
	}
	expect(t, v, key.mint(map[string]any{"sub": "member-test-2"}), nil)
	if expect(t, v, good, nil) == session {
		t.Error("a memo of one token holds two: the test shows nothing")
	}
}

func TestLikeTokensKeepTheirOwnSessions(t *testing.T) {
	key := newSigner(0)
	v := ready(t, serve(key))
	tokens := mintMany(key, 300)
	for round := range 2 {
		for i, token := range tokens {
			want := fmt.Sprintf("member-test-11111111-1111-1111-1111-%012d", i)
			if s := expect(t, v, token, nil); s.MemberID() != want {
				t.Fatalf("round %d: got %s, want %s", round, s.MemberID(), want)
			}
		}
	}
	// The same text with another end, middle or beginning.
	token := tokens[0]
	for _, changed := range []string{token[:len(token)-1], token + "A", token[:900] + token[901:], "A" + token} {
		expect(t, v, changed, jwks.ErrInvalidToken)
	}
}

func TestWithoutAMemo(t *testing.T) {
	key := newSigner(0)
	v := ready(t, serve(key), func(c *jwks.Config) { c.MemoTokens = -1 })
	token := key.mint(nil)
	first, second := expect(t, v, token, nil), expect(t, v, token, nil)
	if first == second {
		t.Error("the token was remembered")
	}
}

func TestAnExpiredTokenIsToldFromTheMemo(t *testing.T) {
	needMemo(t)
	synctest.Test(t, func(t *testing.T) {
		key := newSigner(0)
		v := ready(t, serve(key))
		token := key.mint(nil)
		session := expect(t, v, token, nil)
		time.Sleep(306 * time.Second)
		for range 3 {
			_, err := v.Verify(context.Background(), token)
			var expired *jwks.ExpiredError
			if !errors.As(err, &expired) || expired.Session != session {
				t.Fatalf("got %v, want the session that is remembered: the signature was checked again", err)
			}
		}
	})
}

func TestWarmVerifyDoesNotAllocate(t *testing.T) {
	key := newSigner(0)
	v := ready(t, serve(key))
	token := key.mint(nil)
	expect(t, v, token, nil)
	ctx := context.Background()
	if n := testing.AllocsPerRun(1000, func() { v.Verify(ctx, token) }); n != 0 && hasMemo() {
		t.Errorf("a token seen before costs %v allocations, want 0", n)
	}
	oversized := strings.Repeat("a", 1<<20)
	if n := testing.AllocsPerRun(1000, func() { v.Verify(ctx, oversized) }); n != 0 {
		t.Errorf("an oversized token costs %v allocations, want 0", n)
	}
}

// TestMemoryIsBounded verifies many different tokens, good and forged. By default
// there are few tokens and little room; with RUNG_MILLION=1 there are a million
// of each and the default configuration, which takes minutes.
func TestMemoryIsBounded(t *testing.T) {
	n, room, allowed := 2_000, 256<<10, int64(2<<20)
	if os.Getenv("RUNG_MILLION") != "" {
		n, room, allowed = 1_000_000, 0, 64<<20
	}
	key := newManyPrimeSigner(t)
	v := ready(t, serve(key.signer), func(c *jwks.Config) { c.MemoBytes = room })
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC() // the second one empties pools
	runtime.ReadMemStats(&before)
	ctx := context.Background()
	for i := range n {
		token := key.mint(map[string]any{"sub": fmt.Sprint("member-test-", i)})
		if _, err := v.Verify(ctx, token); err != nil {
			t.Fatal(err)
		}
		cut := strings.LastIndexByte(token, '.')
		for _, forged := range []string{
			token[:cut-1] + "A" + token[cut:],
			encode(fmt.Sprintf(`{"alg":"RS256","kid":"forged-%d"}`, i)) + token[strings.IndexByte(token, '.'):],
		} {
			if forged == token {
				continue
			}
			if _, err := v.Verify(ctx, forged); err == nil {
				t.Fatalf("accepted %s", forged)
			}
		}
	}
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > allowed {
		t.Errorf("%d good tokens and twice as many forged ones later the heap has grown by %d bytes, want at most %d", n, grown, allowed)
	} else {
		t.Logf("the heap has grown by %d bytes", grown)
	}
	runtime.KeepAlive(v)
}
