package jwks

import (
	"context"
	"crypto/fips140"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// numbered returns a digest for a number. The first byte chooses the shard.
func numbered(i int) (d digest) {
	binary.LittleEndian.PutUint64(d[:], uint64(i))
	return d
}

func sessionUntil(exp time.Time, custom int) *Session {
	return &Session{
		id:             fmt.Sprintf("session-test-%036d", exp.Unix()),
		memberID:       strings.Repeat("m", 48),
		organizationID: strings.Repeat("o", 54),
		factors:        make([]factorObject, 2),
		custom:         make([]byte, custom),
		tokenExpires:   exp.Unix(),
	}
}

func (m *memo) check(t *testing.T) {
	t.Helper()
	entries, bytes := 0, 0
	for i := range m.shards {
		entries += len(m.shards[i].byDigest)
		for _, e := range m.shards[i].byDigest {
			bytes += e.size
			if m.queue[e.index] != e {
				t.Fatal("an entry is not where it says in the queue")
			}
		}
	}
	if entries != len(m.queue) || bytes != m.bytes {
		t.Fatalf("%d entries with %d bytes in the maps, %d with %d by the books", entries, bytes, len(m.queue), m.bytes)
	}
	if entries > m.maxEntries || bytes > m.maxBytes {
		t.Fatalf("%d entries with %d bytes, want at most %d and %d", entries, bytes, m.maxEntries, m.maxBytes)
	}
}

func TestMemoDropsOneLivingEntryAtMost(t *testing.T) {
	now := time.Unix(1790000000, 0)
	key := new(rsa.PublicKey)
	small, large := sessionUntil(now.Add(time.Minute), 0), sessionUntil(now.Add(time.Minute), 4096)
	m := newMemo(100, 100*(small.size()+memoOverhead), 0)
	for i := range 100 {
		m.put(numbered(i), sessionUntil(now.Add(time.Duration(100+i)*time.Second), 0), key, now)
	}
	m.check(t)
	if len(m.queue) != 100 {
		t.Fatalf("%d entries, want 100", len(m.queue))
	}

	m.put(numbered(1000), large, key, now)
	m.check(t)
	if m.get(numbered(1000)) != nil || len(m.queue) != 100 {
		t.Error("a large token drove out several small ones")
	}
	m.put(numbered(1001), small, key, now)
	m.check(t)
	if m.get(numbered(1001)) == nil || m.get(numbered(0)) != nil || m.get(numbered(1)) == nil {
		t.Error("a new token did not take the place of the one that expires first")
	}

	// Expired entries make room for any number of new ones.
	later := now.Add(3 * time.Minute)
	m.put(numbered(1002), sessionUntil(later.Add(time.Minute), 4096), key, later)
	m.check(t)
	if m.get(numbered(1002)) == nil {
		t.Error("expired entries were kept, and a live one was not let in")
	}
}

func TestMemoForgetsExpiredEntries(t *testing.T) {
	now := time.Unix(1790000000, 0)
	key := new(rsa.PublicKey)
	m := newMemo(1000, 1<<30, 5*time.Second)
	for i := range 100 {
		m.put(numbered(i), sessionUntil(now.Add(300*time.Second), 0), key, now)
	}
	put := func(i int, at time.Duration) {
		m.put(numbered(i), sessionUntil(now.Add(time.Hour), 0), key, now.Add(at))
	}
	put(1000, 305*time.Second+keptAfterExpiry)
	if got := len(m.queue); got != 101 {
		t.Errorf("%d entries within a minute of their expiry, want 101: they answer bursts of expired tokens", got)
	}
	put(1001, 306*time.Second+keptAfterExpiry)
	m.check(t)
	if got := len(m.queue); got != 2 {
		t.Errorf("%d entries, want the 2 live ones", got)
	}
}

func TestMemoReplacesAnEntryAsAWhole(t *testing.T) {
	now := time.Unix(1790000000, 0)
	m := newMemo(10, 1<<20, 0)
	first, second := new(rsa.PublicKey), new(rsa.PublicKey)
	m.put(numbered(1), sessionUntil(now.Add(time.Minute), 0), first, now)
	before := m.get(numbered(1))
	m.put(numbered(1), sessionUntil(now.Add(time.Minute), 0), second, now)
	m.check(t)
	if before.key != first || m.get(numbered(1)).key != second || len(m.queue) != 1 {
		t.Error("the entry that a reader holds was changed, or the new one is not there")
	}
}

func TestMemoIsBounded(t *testing.T) {
	const n = 200_000
	m := newMemo(16384, 32<<20, 5*time.Second)
	key := new(rsa.PublicKey)
	now := time.Unix(1790000000, 0)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range n {
		// 500 a second, each for five minutes: nearly all are alive.
		at := now.Add(time.Duration(i) * 2 * time.Millisecond)
		m.put(numbered(i), sessionUntil(at.Add(300*time.Second), i%1500), key, at)
	}
	m.check(t)
	runtime.GC()
	runtime.ReadMemStats(&after)
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	if grown > 40<<20 {
		t.Errorf("the heap has grown by %d bytes, want about the 32 MiB allowed", grown)
	}
	if grown > int64(m.bytes)*11/10 {
		t.Errorf("the heap has grown by %d bytes, the memo counts %d", grown, m.bytes)
	}
	runtime.KeepAlive(m)
}

func TestDigestsOfLikeTokensDiffer(t *testing.T) {
	if fips140.Enforced() {
		t.Skip("no digests in FIPS 140-only mode: it forbids GCM with a fixed nonce")
	}
	h, other := newDigester(), newDigester()
	base := strings.Repeat("a", maxTokenLength)
	seen := map[digest]string{}
	for _, token := range []string{"", "a", "aa", "a\x00", "\x00", "\x00\x00", base, base[1:], "b" + base[1:], base[1:] + "b",
		base[:16], base[:17], base[:15] + "b", base[:16] + "\x00"} {
		d := h.digest(token)
		if before, ok := seen[d]; ok {
			t.Errorf("%.20q… and %.20q… have one digest", before, token)
		}
		seen[d] = token
		if h.digest(token) != d {
			t.Errorf("%.20q… has two digests", token)
		}
		if other.digest(token) == d {
			t.Errorf("%.20q… has one digest under two keys", token)
		}
	}
	s := h.scratch.Get().(*scratch)
	if strings.Trim(string(s.token[:]), "\x00") != "" {
		t.Error("a token was left behind in the pool")
	}
}

// FuzzAdmit reads arbitrary text as a key set. Every admitted key must be a sound
// RSA key under its own id.
func FuzzAdmit(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"oct","kid":"a","k":"AQAB"},{"kty":"oct","kid":"a"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","kid":"a","use":"sig","alg":"RS256","e":"AQAB","n":"` + strings.Repeat("x", 342) + `"}]}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		byID, _, err := admit(body)
		if (err == nil) != (len(byID) > 0) {
			t.Fatalf("%d keys and error %v", len(byID), err)
		}
		for id, key := range byID {
			public, ok := key.Key().(*rsa.PublicKey)
			if !ok || public.N.BitLen() < 2048 || public.N.BitLen() > 8192 || public.E < 3 || public.E&1 == 0 || !isKeyID(id) || key.Marshal().KID != id {
				t.Fatalf("let in %q", body)
			}
		}
	})
}

func TestMemoHoldsWhatTheDesignPromises(t *testing.T) {
	// A session of two factors and no custom claims must fit 16,384 times.
	s := sessionUntil(time.Unix(1790000000, 0), 0)
	for i := range s.factors {
		s.factors[i] = factorObject{
			Type: "magic_link", DeliveryMethod: "email", SequenceOrder: "PRIMARY",
			Email: EmailFactor{ID: "email-test-33333333-3333-3333-3333-333333333333", Address: "ada.lovelace@example.com"},
			Phone: PhoneFactor{ID: "phone-number-test-44444444-4444-4444-4444-444444444444", Number: "+14155550123"},
		}
	}
	s.roles, s.slug = []string{"stytch_member", "stytch_admin"}, "acme"
	if got := s.size() + memoOverhead; got > 32<<20/16384 {
		t.Errorf("an entry counts %d bytes, want at most 2048", got)
	}
}

func TestWithdrawnKeyIDsAreBounded(t *testing.T) {
	var set *keySet
	id := func(set, key int) string { return fmt.Sprintf("%0*d", maxKeyIDLength, set*maxKeys+key) }
	const sets = 100
	for i := range sets {
		var named []string
		for key := range maxKeys {
			named = append(named, id(i, key))
		}
		var err error
		if set, err = newKeySet(set, nil, named, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if len(set.withdrawn) > maxWithdrawn || cap(set.withdrawn) > 4*maxWithdrawn {
		t.Errorf("%d withdrawn ids are kept, with room for %d, want at most %d", len(set.withdrawn), cap(set.withdrawn), maxWithdrawn)
	}
	// What is forgotten was withdrawn first.
	if !set.hasWithdrawn(id(sets-2, 0)) || set.hasWithdrawn(id(0, 0)) || set.hasWithdrawn(id(sets-1, 0)) {
		t.Error("the newest withdrawn ids are not those that are kept")
	}
}

func TestOnlyKeyIDsThatTokensMayHaveAreRemembered(t *testing.T) {
	n := strings.Repeat("x", 342)
	body := `{"keys":[{"kty":"RSA","kid":"good","e":"AQAB","n":"` + n + `"},{"kty":"EC","kid":"other"},{"kty":"EC"},` +
		`{"kty":"EC","kid":"` + strings.Repeat("k", maxKeyIDLength+1) + `"}]}`
	set, rejected, err := result{flight: newFlight(false), body: []byte(body)}.keys(nil)
	if err != nil || len(rejected) != 3 || !slices.Equal(set.named, []string{"good", "other"}) {
		t.Errorf("got the ids %q, %d keys skipped and error %v", set.named, len(rejected), err)
	}
}

// A connection that swallows what is sent must not fail more than one fetch, as
// it would if fetches shared it (https://go.dev/issue/30702).
func TestNoTwoFetchesShareAConnection(t *testing.T) {
	var mu sync.Mutex
	begun := false
	connections := make(map[string]int)
	swallowed := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		connections[r.Proto+" "+r.RemoteAddr]++
		swallow := !begun
		begun = true
		mu.Unlock()
		if swallow {
			close(swallowed)
			<-r.Context().Done()
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()

	f := newFetcher(nil, server.URL)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	f.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: pool}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := f.fetch(ctx); err == nil {
			t.Error("the fetch that was swallowed has succeeded")
		}
	})
	<-swallowed
	for range 5 {
		if _, err := f.fetch(t.Context()); err != nil {
			t.Errorf("a fetch beside it: %v", err)
		}
	}
	cancel()
	wg.Wait()
	for connection, n := range connections {
		if n != 1 || !strings.HasPrefix(connection, "HTTP/2.0 ") {
			t.Errorf("%d fetches over %s, want one over HTTP/2", n, connection)
		}
	}
	if len(connections) != 6 {
		t.Errorf("%d connections, want 6", len(connections))
	}
}
