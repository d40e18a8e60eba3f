package stytchtest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxCustomClaims bounds the custom claims of a session, all in all.
const maxCustomClaims = 4096

// reserved are the claim names that the service ignores among custom claims.
func reserved(name string) bool {
	switch name {
	case "iss", "sub", "aud", "exp", "nbf", "iat", "jti":
		return true
	}
	return false
}

// mergeClaims returns held changed by update: a value sets a claim, null deletes
// it, reserved names are ignored. It changes neither.
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

// sessionClaims is the payload of a session JWT minted at the time given: custom
// claims at the top level, beside the registered ones and two of Stytch's own.
func (s *Server) sessionClaims(ss *session, minted time.Time) map[string]any {
	claims := map[string]any{}
	for name, value := range ss.claims {
		claims[name] = value
	}
	accessed := ss.accessed
	if accessed.After(minted) {
		accessed = minted
	}
	claims["iss"] = s.issuer()
	claims["aud"] = []string{s.ProjectID}
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
		"authentication_factors": factorObjects(s.factorsKnownAt(ss, minted)),
		"roles":                  slices.Clone(ss.member.roles),
	}
	return claims
}

// factorsKnownAt leaves out what was proved between the minting and now: a JWT is
// a snapshot of its session. A factor of the future stays, since a test that
// asked for one means to have it in the JWT.
func (s *Server) factorsKnownAt(ss *session, minted time.Time) []*factor {
	var known []*factor
	now := s.now()
	for _, f := range ss.factors {
		if !f.authenticated.After(minted) || f.authenticated.After(now) {
			known = append(known, f)
		}
	}
	return known
}
