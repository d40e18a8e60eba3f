// The signing keys of session JWTs. The last step of an authenticate call signs
// with them; the JWKS endpoint publishes them.

package stytchtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"
)

// ring holds the RSA keys that the servers of a process share. It is the only
// package state: generating a key takes 50 to 100 ms, and test suites start
// hundreds of servers. Each server starts at its own place in the ring and gives
// the keys its own ids. One more key signs forged JWTs. No key leaves the process that
// made it.
var ring keyRing

const ringSize = 4

// keyRing generates each key when it is first needed, since many tests sign
// nothing. Its zero value is ready to use. It is safe for concurrent use.
type keyRing struct {
	servers atomic.Uint32
	slots   [ringSize + 1]struct {
		once sync.Once
		key  *rsa.PrivateKey
	}
}

// key may be called inside a testing/synctest bubble: it waits on a mutex and never
// on a channel of another bubble.
func (r *keyRing) key(slot int) *rsa.PrivateKey {
	held := &r.slots[slot]
	held.once.Do(func() {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err) // crypto/rand does not fail
		}
		held.key = key
	})
	return held.key
}

// foreign returns the key that is in no JWKS.
func (r *keyRing) foreign() *rsa.PrivateKey { return r.key(ringSize) }

// keyset holds the keys of one server. It has a lock of its own, since JWTs are
// signed after the state is unlocked.
type keyset struct {
	newKid func() string

	mu sync.Mutex
	heldKeys
}

// heldKeys are the keys of one server at one time.
type heldKeys struct {
	slot     int
	current  *signingKey // nil = not needed yet
	previous *signingKey // published beside current during an overlap
}

// signingKey is a key of the ring under the id that one server gave it.
type signingKey struct {
	kid  string
	slot int            // place in the ring
	jwk  func() jwkJSON // makes it once, since its certificate has to be signed
}

// newKeyset takes the next place in the ring, so that two servers in one test, which
// stand for two projects, sign with different keys.
func newKeyset(newKid func() string) *keyset {
	return &keyset{newKid: newKid, heldKeys: heldKeys{slot: int(ring.servers.Add(1)) % ringSize}}
}

// held returns the keys as they are now.
func (k *keyset) held() heldKeys {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.heldKeys
}

// hold goes back to the keys of another time. If none had been needed then, those of
// now stay: a client that has fetched them may not look again for minutes.
func (k *keyset) hold(keys heldKeys) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if keys.current != nil {
		k.heldKeys = keys
	}
}

// rotate replaces the signing key. With overlap the previous one stays published
// until the next rotation.
func (k *keyset) rotate(overlap bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.signer()
	k.current, k.previous = k.next(), nil
	if overlap {
		k.previous = before
	}
}

// signer returns the current key. k.mu must be held.
func (k *keyset) signer() *signingKey {
	if k.current == nil {
		k.current = k.next()
	}
	return k.current
}

// next moves on in the ring. The id is new each time, even if the ring has come
// around to a key that was in use before. k.mu must be held.
func (k *keyset) next() *signingKey {
	k.slot = (k.slot + 1) % ringSize
	next := &signingKey{kid: k.newKid(), slot: k.slot}
	made := time.Now()
	next.jwk = sync.OnceValue(func() jwkJSON { return newJWK(next.kid, ring.key(next.slot), made) })
	return next
}

// published returns the keys in the JWKS, the current one first.
func (k *keyset) published() []*signingKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys := []*signingKey{k.signer()}
	if k.previous != nil {
		keys = append(keys, k.previous)
	}
	return keys
}

// sign returns a JWT signed with the current key.
func (k *keyset) sign(claims map[string]any) string {
	current := k.published()[0]
	return signJWT(current.kid, ring.key(current.slot), claims)
}

// forge returns a JWT that names the current key but is signed with another.
func (k *keyset) forge(claims map[string]any) string {
	return signJWT(k.published()[0].kid, ring.foreign(), claims)
}

// signJWT makes a compact JWS (RFC 7515, section 7.1) with RS256. It uses no JWT
// library, because the one that the module verifies with should not also make the
// tokens that it is tested with.
func signJWT(kid string, key *rsa.PrivateKey, claims map[string]any) string {
	header, err := json.Marshal(map[string]string{"alg": "RS256", "kid": kid, "typ": "JWT"})
	if err != nil {
		panic(err) // strings can be marshaled
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err) // custom claims came from JSON
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode(header) + "." + encode(payload)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		panic(err) // the key is long enough for the digest
	}
	return signed + "." + encode(signature)
}
