// Admission: only keys that may verify sessions get into a key set. Called by
// keys in refresh.go for every fetched set.

package jwks

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/MicahParks/jwkset"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxKeys        = 64   // Stytch publishes one, or two around a rotation
	minModulusBits = 2048 // NIST SP 800-131A
	maxModulusBits = 8192 // as in crypto/tls: the cost of a check grows with the square
)

// skipped is an unusable key of an otherwise good set.
type skipped struct {
	keyID string
	why   error
}

// admit reads a key set and picks the keys that may sign sessions. A set that
// is bad as a whole is an error, and the last good one stays in use: a proxy's
// error page with status 200 must not sign everybody out.
//
// https://www.rfc-editor.org/rfc/rfc7517#section-5
func admit(body []byte) (map[string]jwkset.JWK, []skipped, error) {
	var set jwkSet
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, nil, fmt.Errorf("answer is no key set: %w", err)
	}
	admitted := make(map[string]jwkset.JWK, len(set.keys))
	seen := make(map[string]*jwk, len(set.keys))
	var rejected []skipped
	for i := range set.keys {
		k := &set.keys[i]
		if before := seen[k.keyID]; k.keyID != "" && before != nil {
			// Readers differ in which of two keys with the same id they use.
			if !k.isSame(before) {
				return nil, nil, errors.New("key set has two different keys with one id")
			}
			continue
		}
		seen[k.keyID] = k
		admittedKey, err := k.admit()
		if err != nil {
			rejected = append(rejected, skipped{k.keyID, err})
			continue
		}
		admitted[k.keyID] = admittedKey
	}
	if len(admitted) == 0 {
		return nil, rejected, errors.New("key set has no usable key")
	}
	return admitted, rejected, nil
}

// admit decides on one key.
func (k *jwk) admit() (jwkset.JWK, error) {
	switch {
	case k.malformed:
		return jwkset.JWK{}, errors.New("a member has the wrong type")
	case !isKeyID(k.keyID):
		return jwkset.JWK{}, errors.New("kid is missing, too long or not printable")
	case k.keyType != "RSA":
		return jwkset.JWK{}, errors.New("kty is not RSA")
	case k.private:
		// The set is public, so anybody could sign with this key.
		return jwkset.JWK{}, errors.New("holds private or symmetric key material")
	case k.use != "" && k.use != "sig":
		// jwkset checks that use and key_ops are registered words and ignores
		// what they say: it would let an encryption key verify signatures.
		return jwkset.JWK{}, errors.New("use is not sig")
	case k.operations != nil && !slices.Contains(k.operations, "verify"):
		return jwkset.JWK{}, errors.New("key_ops lacks verify")
	case k.algorithm != "" && k.algorithm != "RS256":
		// A key is for one algorithm only (RFC 8725 section 3.1).
		return jwkset.JWK{}, errors.New("alg is not RS256")
	case base64.RawURLEncoding.DecodedLen(len(k.modulus)) > maxModulusBits/8+2:
		return jwkset.JWK{}, fmt.Errorf("modulus has over %d bits", maxModulusBits)
	}
	// Certificates (x5c, x5u) are ignored: the key is trusted because of where
	// it was fetched from.
	admitted, err := jwkset.NewJWKFromMarshal(jwkset.JWKMarshal{
		KTY: jwkset.KtyRSA,
		USE: jwkset.USE(k.use),
		ALG: jwkset.ALG(k.algorithm),
		KID: k.keyID,
		N:   k.modulus,
		E:   k.exponent,
	}, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return jwkset.JWK{}, err
	}
	return admitted, checkRSA(admitted.Key())
}

// checkRSA refuses RSA keys whose signatures prove nothing.
func checkRSA(key any) error {
	public, ok := key.(*rsa.PublicKey)
	switch {
	case !ok:
		return errors.New("not an RSA public key")
	case public.N.BitLen() < minModulusBits:
		return fmt.Errorf("modulus has %d bits, want at least %d", public.N.BitLen(), minModulusBits)
	case public.N.BitLen() > maxModulusBits:
		return fmt.Errorf("modulus has over %d bits", maxModulusBits)
	case public.N.Bit(0) == 0:
		return errors.New("modulus is even")
	case public.E < 3 || public.E%2 == 0:
		// With e = 1 the signature is the message.
		return errors.New("exponent is below 3 or even")
	case isROCA(public.N):
		return errors.New("modulus has the ROCA fingerprint, CVE-2017-15361")
	}
	return nil
}

// isROCA reports whether n looks like a modulus of the Infineon library whose
// keys can be factored: modulo each small prime, n is a power of 65537. A sound
// modulus is so once in about 2^27 cases.
// https://crocs.fi.muni.cz/_media/public/papers/nemec_roca_ccs17_preprint.pdf
func isROCA(n *big.Int) bool {
	for _, prime := range []int64{11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157} {
		residue := new(big.Int).Mod(n, big.NewInt(prime)).Int64()
		power := int64(1)
		for power != residue {
			power = power * 65537 % prime
			if power == 1 {
				return false
			}
		}
	}
	return true
}

// jwk is one key of a set, with the members that admission looks at. It is not
// a jwkset.JWKMarshal, whose decoding ignores case and takes the last of two
// equal names.
// https://www.rfc-editor.org/rfc/rfc7517#section-4
type jwk struct {
	keyType, use, algorithm, keyID string
	operations                     []string // key_ops; nil = absent
	modulus, exponent              string
	private                        bool
	malformed                      bool
	raw                            jsontext.Value // the whole key
}

// isSame reports whether two keys are the same JSON object but for the order of
// members, white space and escapes. Members that are not read count as well: a
// key that is published twice is published alike.
func (k *jwk) isSame(other *jwk) bool {
	asWritten := []jsontext.Options{jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false)} // numbers
	a, b := k.raw.Clone(), other.raw.Clone()
	return a.Canonicalize(asWritten...) == nil && b.Canonicalize(asWritten...) == nil && bytes.Equal(a, b)
}

// UnmarshalJSONFrom reads one key. A member of the wrong type spoils the key,
// not the set.
func (k *jwk) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return k.forgive(readObject(dec, func(name []byte) error {
		switch string(name) {
		case "kty":
			return k.read(dec, &k.keyType)
		case "use":
			return k.read(dec, &k.use)
		case "alg":
			return k.read(dec, &k.algorithm)
		case "kid":
			return k.read(dec, &k.keyID)
		case "n":
			return k.read(dec, &k.modulus)
		case "e":
			return k.read(dec, &k.exponent)
		case "key_ops":
			k.operations = []string{}
			return k.forgive(readArray(dec, func() error {
				var operation string
				err := k.read(dec, &operation)
				if len(k.operations) < 16 { // twice what is registered
					k.operations = append(k.operations, operation)
				}
				return err
			}))
		case "d", "p", "q", "dp", "dq", "qi", "oth", "k":
			k.private = true
		}
		return dec.SkipValue()
	}))
}

// read reads a string member.
func (k *jwk) read(dec *jsontext.Decoder, to *string) (err error) {
	*to, err = readString(dec)
	return k.forgive(err)
}

// forgive marks the key as malformed if a value has the wrong kind, and lets
// reading go on.
func (k *jwk) forgive(err error) error {
	if lenient(err) == nil && err != nil {
		k.malformed = true
		return nil
	}
	return err
}

// jwkSet is a key set as it is read.
type jwkSet struct{ keys []jwk }

// UnmarshalJSONFrom reads a set. Keys are counted while reading, because a body
// of {"keys":[{},{},…]} grows a hundredfold in memory.
func (s *jwkSet) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return readObject(dec, func(name []byte) error {
		if string(name) != "keys" {
			return dec.SkipValue()
		}
		return readArray(dec, func() error {
			if len(s.keys) == maxKeys {
				return fmt.Errorf("more than %d keys", maxKeys)
			}
			raw, err := dec.ReadValue()
			if err != nil {
				return err
			}
			k := jwk{raw: raw.Clone()}
			err = json.Unmarshal(k.raw, &k)
			s.keys = append(s.keys, k)
			return err
		})
	})
}
