package stytchtest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// findSessionByJWT returns the living session of a JWT. The service takes one
// whose five minutes are over, as long as its signature is good and the session
// lives: that is how a session is refreshed.
func (s *Server) findSessionByJWT(token string) (*session, *apiError) {
	payload, err := s.openJWT(token)
	if err != nil {
		return nil, err
	}
	claims, err := decodeClaims(payload)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(claims.audience, s.ProjectID) {
		return nil, refuse("jwt_invalid_audience")
	}
	if claims.issuer != "stytch.com/"+s.ProjectID && claims.issuer != s.URL {
		return nil, refuse("jwt_invalid_issuer")
	}
	ss := s.state.sessions.byID[claims.sessionID]
	if ss != nil && ss.member.id != claims.subject {
		return nil, refuse("jwt_invalid_claims")
	}
	return s.state.sessions.alive(ss)
}

// jwtClaims are the claims that decide whose session a JWT is.
type jwtClaims struct {
	issuer, subject, sessionID string
	audience                   []string
}

// decodeClaims looks names up in a map, since a struct would take a custom claim
// named "Sub" for the subject: encoding/json ignores case.
func decodeClaims(payload []byte) (jwtClaims, *apiError) {
	var names map[string]json.RawMessage
	var session map[string]any
	var claims jwtClaims
	if json.Unmarshal(payload, &names) != nil {
		return claims, refuse("unable_to_parse_session_jwt")
	}
	err := errors.Join(
		json.Unmarshal(names["iss"], &claims.issuer),
		json.Unmarshal(names["aud"], &claims.audience),
		json.Unmarshal(names["sub"], &claims.subject),
		json.Unmarshal(names["https://stytch.com/session"], &session),
	)
	if err != nil {
		return claims, refuse("unable_to_parse_session_jwt")
	}
	claims.sessionID, _ = session["id"].(string)
	return claims, nil
}

// openJWT checks the signature and returns the payload. Only keys that the JWKS
// lists count.
func (s *Server) openJWT(token string) ([]byte, *apiError) {
	bad := refuse("unable_to_parse_session_jwt")
	signed, encodedSignature, ok := cutLast(token, ".")
	encodedHeader, encodedPayload, ok2 := strings.Cut(signed, ".")
	if !ok || !ok2 || strings.ContainsAny(token, "\r\n") { // which encoding/base64 skips
		return nil, bad
	}
	decode := base64.RawURLEncoding.Strict().DecodeString
	headerText, err1 := decode(encodedHeader)
	payload, err2 := decode(encodedPayload)
	signature, err3 := decode(encodedSignature)
	if err1 != nil || err2 != nil || err3 != nil {
		return nil, bad
	}
	var header struct{ Alg, Kid string }
	if json.Unmarshal(headerText, &header) != nil || header.Alg != "RS256" {
		return nil, bad
	}
	digest := sha256.Sum256([]byte(signed))
	for _, key := range s.keys.published() {
		public := &ring.key(key.slot).PublicKey
		if key.kid == header.Kid && rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature) == nil {
			return payload, nil
		}
	}
	return nil, bad
}

// cutLast is strings.Cut around the last separator: the signature is what follows
// the last dot, and everything before it is what was signed.
func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}
