package stepup

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/rungauth/rung/jwks"
)

// keyring holds the keys that are derived from Config.Key, one for each use:
// what was made for one can then never be shown for another. Keys of
// Config.OldKeys open what they once sealed and seal nothing new.
type keyring struct {
	limiter []byte
	cookies [][]byte // hash key, block key, and so on for the old ones
	names   [][]byte // of sessions in forms
	forms   []cipher.AEAD
}

func newKeyring(secret []byte, old [][]byte) (k keyring, err error) {
	for i, secret := range append([][]byte{secret}, old...) {
		derived := make(map[string][]byte)
		for _, use := range []string{"limiter", "cookie authentication", "cookie encryption", "session names", "sealed forms"} {
			key, err := hkdf.Key(sha256.New, secret, nil, "rung stepup "+use, 32)
			if err != nil {
				return keyring{}, fmt.Errorf("stepup: Config.Key: %w", err)
			}
			derived[use] = key
		}
		if i == 0 {
			k.limiter = derived["limiter"]
		}
		k.cookies = append(k.cookies, derived["cookie authentication"], derived["cookie encryption"])
		k.names = append(k.names, derived["session names"])
		block, err := aes.NewCipher(derived["sealed forms"])
		if err != nil {
			return keyring{}, fmt.Errorf("stepup: Config.Key: %w", err)
		}
		sealer, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return keyring{}, fmt.Errorf("stepup: Config.Key: %w", err)
		}
		k.forms = append(k.forms, sealer)
	}
	return k, nil
}

// nameOf is how a form names the session that it is for: whoever is signed in
// when the form comes back must be the one whom the page spoke to.
func (k keyring) nameOf(s *jwks.Session) string { return nameWith(k.names[0], s) }

// isNameOf tells whether a form names the session, with any of the keys.
func (k keyring) isNameOf(s *jwks.Session, name string) bool {
	for _, key := range k.names {
		if hmac.Equal([]byte(nameWith(key, s)), []byte(name)) {
			return true
		}
	}
	return false
}

func nameWith(key []byte, s *jwks.Session) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(s.ID()))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}
