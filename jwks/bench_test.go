package jwks_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/rungauth/rung/jwks"
)

// BenchmarkVerify compares Verify with the same check written by hand, and with
// golang-jwt and keyfunc used as documented. The three take turns within one
// benchmark, so that a busy machine slows them all, and it prints ratios:
//
//	x-floor  by hand: RSA check, base64 and a JSON decode into a struct = 1
//	x-limit  x-floor divided by its limit; above 1 is a regression
//	x-naive  golang-jwt with keyfunc = 1
func BenchmarkVerify(b *testing.B) {
	key := newSigner(0)
	tokens := mintMany(key, 10_000)
	floor, naive := floorCheck(key), naiveCheck(b, key)

	for _, c := range []struct {
		name   string
		limit  float64 // of the floor; 0 = none
		tokens []string
		want   error
		config func(*jwks.Config)
		warm   bool // whether the tokens were verified before
	}{
		{name: "warm, 1 token", limit: 0.025, tokens: tokens[:1], warm: true},
		{name: "warm, 10000 tokens", limit: 0.025, tokens: tokens, warm: true},
		{name: "cold", limit: 1.05, tokens: tokens, config: func(c *jwks.Config) { c.MemoTokens = 16 }},
		{name: "expired, seen before", limit: 0.025, want: jwks.ErrExpired, warm: true},
		{name: "garbage, short", limit: 0.02, tokens: []string{"garbage"}, want: jwks.ErrInvalidToken},
		{name: "garbage, 1.9 KB without dots", limit: 0.02, tokens: []string{strings.Repeat("A", 1900)}, want: jwks.ErrInvalidToken},
		{name: "garbage, 1.9 KB of base64url", limit: 0.02, tokens: []string{garbled(tokens[0])}, want: jwks.ErrInvalidToken},
		{name: "garbage, alg none", limit: 0.02, tokens: []string{encode(`{"alg":"none"}`) + tokens[0][strings.IndexByte(tokens[0], '.'):]}, want: jwks.ErrInvalidToken},
		{name: "oversized, 9 KB", limit: 0.02, tokens: []string{strings.Repeat("A", 9<<10)}, want: jwks.ErrInvalidToken},
		{name: "oversized, 1 MB", limit: 0.02, tokens: []string{strings.Repeat("A", 1<<20)}, want: jwks.ErrInvalidToken},
		{name: "forged, our key id", tokens: []string{signer{key.kid, rsaKeys()[1]}.mint(nil)}, want: jwks.ErrInvalidToken},
	} {
		b.Run(c.name, func(b *testing.B) {
			config := c.config
			if config == nil {
				config = func(*jwks.Config) {}
			}
			v := ready(b, serve(key), config)
			if c.want == jwks.ErrExpired {
				c.tokens = []string{expiring(key)}
			}
			if c.warm {
				for _, token := range c.tokens {
					if _, err := v.Verify(context.Background(), token); err != nil {
						b.Fatal(err)
					}
				}
			}
			if c.want == jwks.ErrExpired {
				time.Sleep(1100 * time.Millisecond)
			}
			var n atomic.Int64
			compare(b, c.limit, tokens, floor, naive, func() error {
				i := int(n.Add(1)) % len(c.tokens)
				if _, err := v.Verify(context.Background(), c.tokens[i]); !errors.Is(err, c.want) {
					return fmt.Errorf("got %v, want %v", err, c.want)
				}
				return nil
			})
		})
	}
}

// compare runs own, floor and naive in turns and reports the ratios.
func compare(b *testing.B, limit float64, tokens []string, floor, naive func(string) error, own func() error) {
	const rounds = 20
	var n atomic.Int64
	of := func(check func(string) error) func() error {
		return func() error { return check(tokens[int(n.Add(1))%len(tokens)]) }
	}
	var ownTime, floorTime, naiveTime time.Duration
	perRound := (b.N + rounds - 1) / rounds
	b.ReportAllocs()
	b.ResetTimer()
	for range rounds {
		ownTime += parallel(b, perRound, own)
		b.StopTimer()
		floorTime += parallel(b, 40, of(floor))
		naiveTime += parallel(b, 40, of(naive))
		b.StartTimer()
	}
	b.StopTimer()
	perOp := float64(ownTime) / float64(perRound)
	ratio := perOp / (float64(floorTime) / 40)
	b.ReportMetric(ratio, "x-floor")
	b.ReportMetric(perOp/(float64(naiveTime)/40), "x-naive")
	if limit > 0 {
		b.ReportMetric(ratio/limit, "x-limit")
	}
}

// parallel runs op n times on as many goroutines as there are CPUs, and
// returns how long that took.
func parallel(b *testing.B, n int, op func() error) time.Duration {
	workers := runtime.GOMAXPROCS(0)
	begun := time.Now()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for range (n + workers - 1 - w) / workers {
				if err := op(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begun)
}

func mintMany(key signer, n int) []string {
	tokens := make([]string, n)
	var wg sync.WaitGroup
	workers := runtime.NumCPU()
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				tokens[i] = key.mint(map[string]any{
					"sub": fmt.Sprintf("member-test-11111111-1111-1111-1111-%012d", i),
					"exp": time.Now().Unix() + 3600,
				})
			}
		})
	}
	wg.Wait()
	return tokens
}

// expiring returns a token that the default leeway accepts for one more second.
func expiring(key signer) string {
	return key.mint(map[string]any{"exp": time.Now().Unix() - 4})
}

// garbled returns text in the shape of a token whose first segment is garbage.
func garbled(token string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' {
			return r
		}
		return 'A'
	}, token)
}

// typedClaims is what a user would write to decode the claims.
type typedClaims struct {
	jwt.RegisteredClaims
	Session struct {
		ID             string    `json:"id"`
		StartedAt      time.Time `json:"started_at"`
		LastAccessedAt time.Time `json:"last_accessed_at"`
		ExpiresAt      time.Time `json:"expires_at"`
		Roles          []string  `json:"roles"`
		Factors        []struct {
			Type                string    `json:"type"`
			DeliveryMethod      string    `json:"delivery_method"`
			LastAuthenticatedAt time.Time `json:"last_authenticated_at"`
			CreatedAt           time.Time `json:"created_at"`
			UpdatedAt           time.Time `json:"updated_at"`
			SequenceOrder       string    `json:"sequence_order"`
			Email               struct {
				ID      string `json:"email_id"`
				Address string `json:"email_address"`
			} `json:"email_factor"`
			Phone struct {
				ID     string `json:"phone_id"`
				Number string `json:"phone_number"`
			} `json:"phone_number_factor"`
		} `json:"authentication_factors"`
	} `json:"https://stytch.com/session"`
	Organization struct {
		ID   string `json:"organization_id"`
		Slug string `json:"slug"`
	} `json:"https://stytch.com/organization"`
}

// floorCheck is the least possible work: the RSA check, base64 and a typed
// decode, with no check of the claims.
func floorCheck(key signer) func(string) error {
	public := &key.key.PublicKey
	return func(token string) error {
		cut := strings.LastIndexByte(token, '.')
		signature, err := base64.RawURLEncoding.DecodeString(token[cut+1:])
		if err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(token[:cut]))
		if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature); err != nil {
			return err
		}
		payload, err := base64.RawURLEncoding.DecodeString(token[strings.IndexByte(token, '.')+1 : cut])
		if err != nil {
			return err
		}
		return json.Unmarshal(payload, new(typedClaims))
	}
}

// naiveCheck is golang-jwt and keyfunc as their READMEs show them, with the
// options that make them check the same.
func naiveCheck(b *testing.B, key signer) func(string) error {
	k, err := keyfunc.NewJWKSetJSON(json.RawMessage(strings.ReplaceAll(keySet(key), `"x5c"`, `"unused"`)))
	if err != nil {
		b.Fatal(err)
	}
	return func(token string) error {
		_, err := jwt.ParseWithClaims(token, new(typedClaims), k.Keyfunc,
			jwt.WithValidMethods([]string{"RS256"}), jwt.WithAudience(projectID),
			jwt.WithIssuer("stytch.com/"+projectID), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
		return err
	}
}
