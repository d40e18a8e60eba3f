// Package seal holds the keys that are derived from Config.Key and what is
// made with them: sealed boxes and the names of sessions. It knows neither
// members nor forms; package stepup calls it and says what a box is bound to.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// Keyring holds one key for each use: what was made for one can never pass for
// another. Old keys open what they once sealed and seal nothing new. It never
// changes and may be used concurrently.
type Keyring struct {
	limiter []byte
	cookies [][]byte // hash key, block key, and so on for the old ones
	names   [][]byte
	claims  [][]byte
	boxes   []cipher.AEAD
}

// New derives the keys (HKDF-SHA256, RFC 5869).
func New(secret []byte, old [][]byte) (k Keyring, err error) {
	for i, secret := range append([][]byte{secret}, old...) {
		derived := make(map[string][]byte)
		for _, use := range []string{"limiter", "cookie authentication", "cookie encryption", "session names", "claims", "sealed forms"} {
			key, err := hkdf.Key(sha256.New, secret, nil, "rung stepup "+use, 32)
			if err != nil {
				return Keyring{}, fmt.Errorf("stepup: Config.Key: %w", err)
			}
			derived[use] = key
		}
		if i == 0 {
			k.limiter = derived["limiter"]
		}
		k.cookies = append(k.cookies, derived["cookie authentication"], derived["cookie encryption"])
		k.names = append(k.names, derived["session names"])
		k.claims = append(k.claims, derived["claims"])
		block, err := aes.NewCipher(derived["sealed forms"])
		if err != nil {
			return Keyring{}, fmt.Errorf("stepup: Config.Key: %w", err)
		}
		sealer, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return Keyring{}, fmt.Errorf("stepup: Config.Key: %w", err)
		}
		k.boxes = append(k.boxes, sealer)
	}
	return k, nil
}

// Limiter is the key that the names of counters are hashed with.
func (k Keyring) Limiter() []byte { return k.limiter }

// Cookies are the pairs of hash key and block key of our own cookie, the
// newest first, as gorilla/sessions takes them.
func (k Keyring) Cookies() [][]byte { return k.cookies }

// Name is how a form names its session without revealing the id: the form must
// come back in the session that the page was made for.
func (k Keyring) Name(session string) string { return nameWith(k.names[0], session) }

// IsName reports whether name was made for the session, with any of the keys.
func (k Keyring) IsName(session, name string) bool {
	for _, key := range k.names {
		if hmac.Equal([]byte(nameWith(key, session)), []byte(name)) {
			return true
		}
	}
	return false
}

func nameWith(key []byte, session string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(session))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// Tag is what a custom claim is signed with: nobody without the secret can make
// one for the same parts in the same order.
func (k Keyring) Tag(parts ...string) string { return tagWith(k.claims[0], parts) }

// IsTag reports whether tag was made for the parts, with any of the keys.
func (k Keyring) IsTag(tag string, parts ...string) bool {
	for _, key := range k.claims {
		if hmac.Equal([]byte(tagWith(key, parts)), []byte(tag)) {
			return true
		}
	}
	return false
}

func tagWith(key []byte, parts []string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(bind(nil, parts))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
