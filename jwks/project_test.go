package jwks_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rungauth/rung/jwks"
)

const (
	projectID = "project-test-00000000-0000-0000-0000-000000000000"
	baseURL   = "https://test.stytch.com"
)

// rsaKeys are made once, because making one takes longer than most tests.
var rsaKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	keys := make([]*rsa.PrivateKey, 4)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
				panic(err)
			}
		})
	}
	wg.Wait()
	return keys
})

// signer is a key of the project.
type signer struct {
	kid string
	key *rsa.PrivateKey
}

func newSigner(i int) signer {
	return signer{fmt.Sprintf("jwk-test-%08d-0000-0000-0000-000000000000", i), rsaKeys()[i]}
}

// jwk returns the signer's public key as Stytch publishes it.
func (s signer) jwk() map[string]any {
	return map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "key_ops": []string{"verify"}, "kid": s.kid,
		"n":       base64.RawURLEncoding.EncodeToString(s.key.N.Bytes()),
		"e":       base64.RawURLEncoding.EncodeToString(big.NewInt(int64(s.key.E)).Bytes()),
		"x5c":     []string{"bm90IGEgY2VydGlmaWNhdGU="},
		"x5tS256": "cGFkZGVkIGFuZCB1bnVzZWQ=",
	}
}

// sign makes a JWS of the two JSON texts.
func (s signer) sign(header, payload string) string {
	signed := encode(header) + "." + encode(payload)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (s signer) header() string {
	return fmt.Sprintf(`{"alg":"RS256","kid":%q,"typ":"JWT"}`, s.kid)
}

// manyPrimeSigner signs a hundred times faster than others, with a key of eight
// primes, so that tests can afford many tokens. Its signatures look like any
// other.
type manyPrimeSigner struct {
	signer
	primes []*big.Int
}

func newManyPrimeSigner(t *testing.T) manyPrimeSigner {
	e, one := big.NewInt(65537), big.NewInt(1)
	for {
		n, phi := big.NewInt(1), big.NewInt(1)
		var primes []*big.Int
		for range 8 {
			var p *big.Int
			var err error
			// FIPS 140-only mode makes no such keys, but verifies with them.
			fips140.WithoutEnforcement(func() { p, err = rand.Prime(rand.Reader, 256) })
			if err != nil {
				t.Fatal(err)
			}
			primes = append(primes, p)
			n.Mul(n, p)
			phi.Mul(phi, new(big.Int).Sub(p, one))
		}
		d := new(big.Int).ModInverse(e, phi)
		if d != nil && n.BitLen() == 2048 {
			public := rsa.PublicKey{N: n, E: 65537}
			return manyPrimeSigner{signer{"jwk-test-many-primes", &rsa.PrivateKey{PublicKey: public, D: d}}, primes}
		}
	}
}

// mint is like signer.mint, by the Chinese remainder theorem.
// https://www.rfc-editor.org/rfc/rfc8017#section-9.2
func (s manyPrimeSigner) mint(changes map[string]any) string {
	signed := encode(s.header()) + "." + encode(payload(changes))
	sum := sha256.Sum256([]byte(signed))
	prefix := []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
	padded := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 256-3-len(prefix)-len(sum))...)
	padded = append(append(append(padded, 0), prefix...), sum[:]...)
	m := new(big.Int).SetBytes(padded)

	result, product := new(big.Int), big.NewInt(1)
	for _, p := range s.primes {
		exponent := new(big.Int).Mod(s.key.D, new(big.Int).Sub(p, big.NewInt(1)))
		part := new(big.Int).Exp(new(big.Int).Mod(m, p), exponent, p)
		part.Sub(part, result).Mul(part, new(big.Int).ModInverse(product, p)).Mod(part, p)
		result.Add(result, part.Mul(part, product))
		product = new(big.Int).Mul(product, p)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(result.FillBytes(make([]byte, 256)))
}

// mint makes a good token with changes: a claim that replaces another, or nil to
// remove it.
func (s signer) mint(changes map[string]any) string {
	return s.sign(s.header(), payload(changes))
}

// payload returns the claims of a good token as JSON, with changes.
func payload(changes map[string]any) string {
	claims := goodClaims(time.Now())
	for name, value := range changes {
		if value == nil {
			delete(claims, name)
		} else {
			claims[name] = value
		}
	}
	return toJSON(claims)
}

const (
	sessionClaim      = "https://stytch.com/session"
	organizationClaim = "https://stytch.com/organization"
)

// goodClaims are the claims of a member who signed in by magic link and has just
// entered a code from a text message. They are as long as real ones.
func goodClaims(now time.Time) map[string]any {
	at := func(ago time.Duration) string { return now.Add(-ago).UTC().Format(time.RFC3339) }
	return map[string]any{
		"iss": "stytch.com/" + projectID,
		"aud": []string{projectID},
		"sub": "member-test-11111111-1111-1111-1111-111111111111",
		"iat": now.Unix(),
		"nbf": now.Unix(),
		"exp": now.Unix() + 300,
		sessionClaim: map[string]any{
			"id":               "session-test-22222222-2222-2222-2222-222222222222",
			"started_at":       at(10 * time.Minute),
			"last_accessed_at": at(0),
			"expires_at":       at(-50 * time.Minute),
			"attributes":       map[string]any{"user_agent": "", "ip_address": ""},
			"roles":            []string{"stytch_member", "stytch_admin"},
			"authentication_factors": []any{
				map[string]any{
					"type": "magic_link", "delivery_method": "email",
					"last_authenticated_at": at(10 * time.Minute), "created_at": at(10 * time.Minute),
					"updated_at": at(10 * time.Minute), "sequence_order": "PRIMARY",
					"email_factor": map[string]any{
						"email_id":      "email-test-33333333-3333-3333-3333-333333333333",
						"email_address": "ada@example.com",
					},
				},
				map[string]any{
					"type": "otp", "delivery_method": "sms",
					"last_authenticated_at": at(0), "created_at": at(0),
					"updated_at": at(0), "sequence_order": "SECONDARY",
					"phone_number_factor": map[string]any{
						"phone_id":     "phone-number-test-44444444-4444-4444-4444-444444444444",
						"phone_number": "+14155550123",
					},
				},
			},
		},
		organizationClaim: map[string]any{
			"organization_id": "organization-test-55555555-5555-5555-5555-555555555555",
			"slug":            "acme",
		},
	}
}

func toJSON(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// with returns a copy of an object with one member set.
func with(object any, name string, value any) map[string]any {
	changed := maps.Clone(object.(map[string]any))
	changed[name] = value
	return changed
}

// keyServer is an in-process transport that serves a key set, so that tests run
// inside a synctest bubble.
type keyServer struct {
	mu      sync.Mutex
	answer  func(*http.Request) (*http.Response, error)
	fetches []time.Time
	asked   []string // hosts
}

// serve returns a server for a set of these keys.
func serve(keys ...signer) *keyServer {
	s := new(keyServer)
	s.publish(keys...)
	return s
}

func (s *keyServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.fetches = append(s.fetches, time.Now())
	s.asked = append(s.asked, r.URL.Host)
	answer := s.answer
	s.mu.Unlock()
	return answer(r)
}

func (s *keyServer) fetchCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.fetches)
}

// fetchesSince returns when fetches have begun since a time, relative to it.
func (s *keyServer) fetchesSince(begun time.Time) []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var since []time.Duration
	for _, at := range s.fetches {
		if !at.Before(begun) {
			since = append(since, at.Sub(begun))
		}
	}
	return since
}

func (s *keyServer) hosts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func (s *keyServer) answerWith(f func(*http.Request) (*http.Response, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

func (s *keyServer) publish(keys ...signer) {
	s.answerWith(respond(http.StatusOK, keySet(keys...)))
}

func keySet(keys ...signer) string {
	set := []any{}
	for _, k := range keys {
		set = append(set, k.jwk())
	}
	return toJSON(map[string]any{"keys": set, "request_id": "request-id-test-1", "status_code": 200})
}

// respond returns an answer for keyServer.
func respond(status int, body string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode:    status,
			Header:        http.Header{"Content-Type": {"application/json"}},
			Body:          io.NopCloser(bytes.NewReader([]byte(body))),
			ContentLength: int64(len(body)),
			Request:       r,
		}, nil
	}
}

// hang answers only once the request's context is done.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// slow delays an answer.
func slow(d time.Duration, answer func(*http.Request) (*http.Response, error)) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(d):
			return answer(r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// newVerifier returns a verifier with keys from s, which is closed when the test
// ends.
func newVerifier(t testing.TB, s *keyServer, changes ...func(*jwks.Config)) *jwks.Verifier {
	t.Helper()
	config := jwks.Config{ProjectID: projectID, HTTPClient: &http.Client{Transport: s}}
	for _, change := range changes {
		change(&config)
	}
	v, err := jwks.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

// ready is newVerifier for tests that start once the keys are there.
func ready(t testing.TB, s *keyServer, changes ...func(*jwks.Config)) *jwks.Verifier {
	t.Helper()
	v := newVerifier(t, s, changes...)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := v.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return v
}

// recorder records the events of a verifier.
type recorder struct {
	mu     sync.Mutex
	events []jwks.Event
}

// record makes newVerifier send events to the recorder.
func (r *recorder) record(c *jwks.Config) {
	c.OnEvent = func(e jwks.Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
	}
}

func (r *recorder) all() []jwks.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}
