// First step of Verify: splitting and decoding a token. Called by verify for
// tokens that the memo lacks.

package jwks

import (
	"encoding/base64"
	"strings"
)

// maxTokenLength bounds the work that an unauthenticated client can cause. A
// session JWT has 1 to 2 KB, or up to 7 KB with the 4 KB of custom claims that
// Stytch allows.
const maxTokenLength = 8 << 10

// segments holds the three parts of a token, still encoded.
type segments struct {
	header, payload, signature string
}

// split cuts a token into its segments, before anything in it is decoded.
// https://www.rfc-editor.org/rfc/rfc7515#section-7.1
func split(token string) (segments, error) {
	header, rest, _ := strings.Cut(token, ".")
	payload, signature, ok := strings.Cut(rest, ".")
	switch {
	case !ok || strings.IndexByte(signature, '.') >= 0:
		return segments{}, invalid("not three segments")
	case header == "" || payload == "" || signature == "":
		return segments{}, invalid("an empty segment")
	case strings.IndexByte(token, '\n') >= 0 || strings.IndexByte(token, '\r') >= 0:
		return segments{}, invalid("a line break in it")
	}
	return segments{header, payload, signature}, nil
}

// decode decodes a segment, which must be the one canonical base64url encoding
// of its bytes.
//
// A second encoding of the same token would get past a deny-list or a limit
// that knows the first. Decoders are lax in two ways: they skip CR and LF
// (encoding/base64 even in strict mode, so split looks for them), and they
// ignore the spare bits of the last character.
func decode(strict *base64.Encoding, segment string) ([]byte, error) {
	b, err := strict.DecodeString(segment)
	if err != nil {
		return nil, invalid("not base64url")
	}
	return b, nil
}
