// Cookies that only this app can read and write, for what it has to remember
// between two requests of a sign-in. magiclink.go and organization.go use them.

package main

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"time"
)

// sealer encrypts and authenticates cookies. What is in them is a part of a
// sign-in: an attacker who could read one might go on with it, and one who could
// plant it might sign a member in to an account that is not theirs.
type sealer struct {
	aead   cipher.AEAD
	secure bool
}

// newSealer takes a secret of 32 bytes, the same on every instance, which is not
// used for anything else.
func newSealer(key []byte, secure bool) (*sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &sealer{aead, secure}, err
}

// set leaves a value in the browser for as long as life. The end is inside, since
// a browser need not respect the age of a cookie.
func (s *sealer) set(w http.ResponseWriter, name string, value any, life time.Duration) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	plain := binary.BigEndian.AppendUint64(nil, uint64(time.Now().Add(life).Unix()))
	sealed := s.aead.Seal(nil, nil, append(plain, text...), []byte(name))
	s.write(w, name, base64.RawURLEncoding.EncodeToString(sealed), int(life/time.Second))
	return nil
}

// open reads the value that set left. false = there is none, or none any more.
func (s *sealer) open(r *http.Request, name string, value any) bool {
	cookie, err := r.Cookie(s.cookieName(name))
	if err != nil {
		return false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return false
	}
	plain, err := s.aead.Open(nil, nil, sealed, []byte(name))
	if err != nil || len(plain) < 8 || time.Now().Unix() >= int64(binary.BigEndian.Uint64(plain)) {
		return false
	}
	return json.Unmarshal(plain[8:], value) == nil
}

// clear removes the value.
func (s *sealer) clear(w http.ResponseWriter, name string) { s.write(w, name, "", -1) }

// write sets a cookie that comes along when a member follows a link in a mail,
// which SameSite=Strict would prevent.
func (s *sealer) write(w http.ResponseWriter, name, value string, maxAge int) {
	w.Header().Set("Cache-Control", "no-store")
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: maxAge,
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// cookieName has the prefix that keeps other hosts of the domain from setting the
// cookie (RFC 6265bis, 4.1.3.2). It needs Secure.
func (s *sealer) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}
