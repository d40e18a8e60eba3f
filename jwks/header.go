// Second step of Verify: the JOSE header. Called by verify once the token is
// split.

package jwks

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// header is the JOSE header of a token.
type header struct {
	algorithm string
	keyID     string
	refused   bool // whether it holds something that we refuse
}

// maxKeyIDLength bounds a key id. Stytch's have about 45 bytes.
const maxKeyIDLength = 128

// parseHeader reads and checks a decoded header. The header does not get to choose how
// the token is verified: the algorithm is fixed, and the key id only selects
// among the project's own keys.
func parseHeader(b []byte) (header, error) {
	// Most garbage ends here, before the decoder builds an error with a position.
	if len(b) == 0 || b[0] != '{' || b[len(b)-1] != '}' {
		return header{}, invalid("header is no JSON object")
	}
	var h header
	if err := json.Unmarshal(b, &h); err != nil {
		return header{}, invalid("header not as it must be")
	}
	switch {
	case h.refused:
		return header{}, invalid("header asks for something special")
	case h.algorithm != "RS256":
		// "none" needs no key, and HS256 could be keyed with the public key
		// (RFC 8725 section 3.1).
		return header{}, invalid("algorithm is not RS256")
	case h.keyID == "":
		// Without an id, every key would have to be tried.
		return header{}, invalid("no key id")
	case !isKeyID(h.keyID):
		return header{}, invalid("key id too long or not printable")
	}
	return h, nil
}

// UnmarshalJSONFrom accepts three names, ignores the thumbprints of certificates,
// which many issuers add and which bring no key and name none to fetch (RFC 7515
// section 4.1.7), and refuses all others: "crit" and "b64" change what is signed
// (RFC 7515 section 4.1.11, RFC 7797), "jku", "x5u", "jwk" and "x5c" bring their
// own key (RFC 8725 section 3.10), and the rest of the registry has no place in a
// session JWT.
func (h *header) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return readObject(dec, func(name []byte) (err error) {
		switch string(name) {
		case "alg":
			h.algorithm, err = readString(dec)
			return err
		case "kid":
			h.keyID, err = readString(dec)
			return err
		case "typ":
			// An access token says "at+jwt" (RFC 8725 section 3.11).
			typ, err := readString(dec)
			h.refused = h.refused || typ != "JWT"
			return lenient(err)
		case "x5t", "x5t#S256":
			return dec.SkipValue()
		}
		h.refused = true
		return dec.SkipValue()
	})
}

// isKeyID reports whether s may be a key id: short, printable ASCII.
func isKeyID(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxKeyIDLength
}
