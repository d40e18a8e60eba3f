package stytchtest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
)

// id makes an id in the service's form, such as member-test-<uuid>.
func (s *Server) id(kind string) string {
	return kind + "-" + s.environment() + "-" + newUUID()
}

// newUUID returns a random UUID (RFC 9562, section 5.4). crypto/rand.Read never
// fails, since Go 1.24 it ends the program instead.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// newToken returns a session token or intermediate session token: 44 characters
// of base64url, as the service's are.
func newToken() string {
	var b [33]byte
	rand.Read(b[:])
	return base64.URLEncoding.EncodeToString(b[:])
}

// newDigits draws a six-digit code that differs from the one before, so that a
// superseded code never works by chance. Codes that people type as wrong ones in
// tests and demonstrations are never drawn. Leading zeros are: they catch whoever
// treats a code as a number.
func newDigits(before string) string {
	for {
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			panic(err) // the reader of crypto/rand does not fail
		}
		code := fmt.Sprintf("%06d", n)
		switch code {
		case before, "000000", "111111", "123456", "654321", "999999":
			continue
		}
		return code
	}
}
