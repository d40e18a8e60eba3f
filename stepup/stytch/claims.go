// The check of a session's custom claims. Called by the check method of every
// request that carries some.

package stytch

import (
	"fmt"
	"strings"
)

const (
	maxClaimsSize = 4 << 10 // bytes, encoded

	// ownClaims begins the names of the service's own claims in a session JWT.
	ownClaims = "https://stytch.com/"
)

// registeredClaims are the names of RFC 7519 section 4.1.
func registeredClaims() []string {
	return []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}
}

// CheckClaims returns the error with which every call refuses these custom
// claims, or nil: for one that would be made only after a member has been asked
// for a code. The error wraps [ErrRequest]. It may be called concurrently.
func CheckClaims(claims map[string]any) error {
	if err := checkClaims(claims); err != nil {
		return refuse("CheckClaims", err)
	}
	return nil
}

// checkClaims refuses reserved names, for deletion too. The service drops some
// without a word, and the app would rely on a claim that is not there; it has
// error types for others (reserved_claims_in_custom_claims,
// stytch_claims_in_custom_claims), which would come after a member has used up
// a code.
func checkClaims(claims map[string]any) error {
	if len(claims) == 0 {
		return nil
	}
	for _, name := range registeredClaims() {
		if _, ok := claims[name]; ok {
			return fmt.Errorf("SessionCustomClaims has the reserved name %s", name)
		}
	}
	for name := range claims {
		if strings.HasPrefix(name, ownClaims) {
			return fmt.Errorf("SessionCustomClaims has a name with the reserved prefix %s", ownClaims)
		}
	}
	data, err := encode(claims)
	if err != nil {
		return fmt.Errorf("SessionCustomClaims %w", err)
	}
	if len(data) > maxClaimsSize {
		return fmt.Errorf("SessionCustomClaims is %d bytes encoded, over %d", len(data), maxClaimsSize)
	}
	return nil
}
