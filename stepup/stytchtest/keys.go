package stytchtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"sync"
	"sync/atomic"
	"time"
)

// ring holds the RSA keys that the servers of a process sign with. Making a key
// takes 50 to 100 ms, and test suites start hundreds of servers, so the keys are
// made when they are first needed and then shared: each server walks the ring
// from a place of its own, under key ids of its own. One more key signs what
// must not verify. No key exists outside the process that made it.
var ring keyRing

const ringSize = 4

// keyRing makes each key once. Its zero value is ready, and nothing is made before
// it is asked for: many tests never sign anything.
type keyRing struct {
	servers atomic.Uint32
	slots   [ringSize + 1]struct {
		once sync.Once
		key  *rsa.PrivateKey
	}
}

// key may be called inside a testing/synctest bubble: it waits on a mutex, never
// on a channel of another bubble.
func (r *keyRing) key(slot int) *rsa.PrivateKey {
	held := &r.slots[slot]
	held.once.Do(func() {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err) // the reader of crypto/rand does not fail
		}
		held.key = key
	})
	return held.key
}

// foreign is the key that no JWKS lists.
func (r *keyRing) foreign() *rsa.PrivateKey { return r.key(ringSize) }

// keyset is what one server signs with and publishes.
type keyset struct {
	newKid func() string

	mu       sync.Mutex
	slot     int
	current  *signingKey // nil = not needed yet
	previous *signingKey // published beside current during an overlap
}

// signingKey is a key under the name that one server gave it.
type signingKey struct {
	kid  string
	slot int            // place in the ring
	jwk  func() jwkJSON // made once: the certificate in it is signed
}

// newKeyset takes the next place in the ring, so that two servers of one test,
// which stand for two projects, sign with different keys.
func newKeyset(newKid func() string) *keyset {
	return &keyset{newKid: newKid, slot: int(ring.servers.Add(1)) % ringSize}
}

// rotate replaces the signing key. With overlap the previous one stays published
// until the next rotation.
func (k *keyset) rotate(overlap bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.held()
	k.current, k.previous = k.next(), nil
	if overlap {
		k.previous = before
	}
}

// held returns the current key. k.mu must be held.
func (k *keyset) held() *signingKey {
	if k.current == nil {
		k.current = k.next()
	}
	return k.current
}

// next moves on in the ring. The name is new each time, also when the ring has
// come round to a key that served before.
func (k *keyset) next() *signingKey {
	k.slot = (k.slot + 1) % ringSize
	next := &signingKey{kid: k.newKid(), slot: k.slot}
	made := time.Now()
	next.jwk = sync.OnceValue(func() jwkJSON { return newJWK(next.kid, ring.key(next.slot), made) })
	return next
}

// published returns the keys of the JWKS, the current one first.
func (k *keyset) published() []*signingKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys := []*signingKey{k.held()}
	if k.previous != nil {
		keys = append(keys, k.previous)
	}
	return keys
}

// sign mints a JWT with the current key.
func (k *keyset) sign(claims map[string]any) string {
	current := k.published()[0]
	return signJWT(current.kid, ring.key(current.slot), claims)
}

// forge mints a JWT that names the current key and is signed by another.
func (k *keyset) forge(claims map[string]any) string {
	return signJWT(k.published()[0].kid, ring.foreign(), claims)
}

// signJWT makes a compact JWS (RFC 7515, section 7.1) with RS256. It is written
// out here because the library that the rest of the module verifies with should
// not also be the one that makes the tokens of its tests.
func signJWT(kid string, key *rsa.PrivateKey, claims map[string]any) string {
	header, err := json.Marshal(map[string]string{"alg": "RS256", "kid": kid, "typ": "JWT"})
	if err != nil {
		panic(err) // strings can be marshalled
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

// jwkJSON is one key of the JWKS. The thumbprint has the service's name for it,
// x5tS256, not that of RFC 7517, section 4.9.
type jwkJSON struct {
	Alg     string   `json:"alg"`
	E       string   `json:"e"`
	KeyOps  []string `json:"key_ops"`
	Kid     string   `json:"kid"`
	Kty     string   `json:"kty"`
	N       string   `json:"n"`
	Use     string   `json:"use"`
	X5C     []string `json:"x5c"`
	X5TS256 string   `json:"x5tS256"`
}

// newJWK publishes the public half of key.
func newJWK(kid string, key *rsa.PrivateKey, made time.Time) jwkJSON {
	certificate := certify(key, made)
	thumbprint := sha256.Sum256(certificate)
	return jwkJSON{
		Alg:     "RS256",
		E:       base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
		KeyOps:  []string{"verify"},
		Kid:     kid,
		Kty:     "RSA",
		N:       base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		Use:     "sig",
		X5C:     []string{base64.StdEncoding.EncodeToString(certificate)},
		X5TS256: base64.URLEncoding.EncodeToString(thumbprint[:]),
	}
}

// certify wraps the key as the service does: self-signed, for ten years.
func certify(key *rsa.PrivateKey, made time.Time) []byte {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{Organization: []string{"Stytch"}},
		NotBefore:    made,
		NotAfter:     made.AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err) // the template is complete
	}
	return der
}
