package jwks

import (
	"encoding/base64"
	"strings"
)

// maxTokenLength bounds what an unauthenticated client can make us look at. A
// session JWT has 1 to 2 KB, with the 4 KB of custom claims that Stytch
// allows at most 7.
const maxTokenLength = 8 << 10

// parts is a token taken to pieces.
type parts struct {
	signed    string // header and payload with the dot, the text that is signed
	header    []byte
	payload   []byte
	signature []byte
}

// split is the gate that every token passes before anything in it is parsed:
// three segments in the one spelling that base64url has for their bytes.
//
// A token with a second spelling could be shown again as another one, past a
// deny-list or a limit that knows the first. Decoders are lax in two ways:
// they skip CR and LF anywhere (encoding/base64 does even in strict mode), and
// they ignore the spare bits of the last character.
//
// https://www.rfc-editor.org/rfc/rfc7515#section-7.1
func split(strict *base64.Encoding, token string) (parts, error) {
	header, rest, _ := strings.Cut(token, ".")
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok || header == "" || payload == "" || signature == "" {
		return parts{}, invalid("not three segments")
	}
	if strings.IndexByte(token, '\n') >= 0 || strings.IndexByte(token, '\r') >= 0 {
		return parts{}, invalid("a line break in it")
	}
	// One buffer for all three. A dot too many is refused here as well: it is
	// not in the alphabet.
	p := parts{signed: token[:len(header)+1+len(payload)]}
	buf := make([]byte, strict.DecodedLen(len(token)))
	for _, s := range []struct {
		text string
		to   *[]byte
	}{{header, &p.header}, {signature, &p.signature}, {payload, &p.payload}} {
		n, err := strict.Decode(buf, []byte(s.text))
		if err != nil {
			return parts{}, invalid("not base64url")
		}
		*s.to, buf = buf[:n:n], buf[n:]
	}
	return p, nil
}
