// The JWK object, a signing key in the form that the JWKS endpoint publishes.
// keys.go makes one for each key.

package stytchtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"time"
)

// jwkJSON is one key of the JWKS. The thumbprint is called x5tS256, as at the
// service, and not x5t#S256 as in RFC 7517, section 4.9.
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

// newJWK describes the public half of key.
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

// certify returns a certificate for the key like the service's: self-signed and
// valid for ten years.
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
