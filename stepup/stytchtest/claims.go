// The claims of a session JWT, custom claims included. The authenticate
// endpoints and SignIn make them before a JWT is signed.

package stytchtest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// jwtLife is the life of every session JWT, however long its session lives.
const jwtLife = 5 * time.Minute

// maxCustomClaims bounds the custom claims of a session, in bytes of JSON.
const maxCustomClaims = 4096

// mergeClaims returns held changed by update: a value sets a claim, null deletes
// it, and reserved names are ignored. It changes neither argument.
func mergeClaims(held map[string]json.RawMessage, update map[string]any) (map[string]json.RawMessage, *apiError) {
	merged := maps.Clone(held)
	if merged == nil {
		merged = map[string]json.RawMessage{}
	}
	for name, value := range update {
		if reserved(name) {
			continue
		}
		if strings.HasPrefix(name, "https://stytch.com/") {
			return nil, refuse("stytch_claims_in_custom_claims")
		}
		if value == nil {
			delete(merged, name)
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, refuse("unable_to_represent_custom_claims_json")
		}
		merged[name] = text
	}
	if whole, err := json.Marshal(merged); err != nil || len(whole) > maxCustomClaims {
		return nil, refuse("custom_claims_too_large")
	}
	return merged, nil
}

// reserved reports whether the service ignores a custom claim of this name.
func reserved(name string) bool {
	switch name {
	case "iss", "sub", "aud", "exp", "nbf", "iat", "jti":
		return true
	}
	return false
}

// sessionClaims returns the payload of a session JWT minted at the given time:
// custom claims at the top level, beside the registered ones and two of Stytch's.
func sessionClaims(set settings, ss *session, minted, now time.Time) map[string]any {
	claims := map[string]any{}
	for name, value := range ss.claims {
		claims[name] = value
	}
	accessed := ss.accessed
	if accessed.After(minted) {
		accessed = minted
	}
	claims["iss"] = set.issuer()
	claims["aud"] = []string{set.projectID}
	claims["sub"] = ss.member.id
	claims["iat"] = minted.Unix()
	claims["nbf"] = minted.Unix()
	claims["exp"] = minted.Unix() + int64(jwtLife/time.Second)
	claims["https://stytch.com/organization"] = map[string]any{
		"organization_id": ss.member.organization.ID,
		"slug":            ss.member.organization.Slug,
	}
	claims["https://stytch.com/session"] = map[string]any{
		"id":                     ss.id,
		"started_at":             wireTime(ss.started),
		"last_accessed_at":       wireTime(accessed),
		"expires_at":             wireTime(ss.expires),
		"attributes":             map[string]any{"user_agent": "", "ip_address": ""},
		"authentication_factors": factorObjects(factorsAt(ss, minted, now)),
		"roles":                  slices.Clone(ss.member.roles),
	}
	return claims
}

// factorsAt returns the factors in a JWT minted at the given time. A JWT is a
// snapshot, so it lacks factors that were proved between then and now. Factors in
// the future are included, since a test that asked for one wants it in the JWT.
func factorsAt(ss *session, minted, now time.Time) []*factor {
	var known []*factor
	for _, f := range ss.factors {
		if !f.authenticated.After(minted) || f.authenticated.After(now) {
			known = append(known, f)
		}
	}
	return known
}
