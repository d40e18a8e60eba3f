// Lookup of the session that a request names by JWT or token. The session
// endpoints and the SMS endpoints call findSession.

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

// findSession returns the session that a request names by token or by JWT, one of
// which is empty. The session is alive. state.mu must be held.
func (a *api) findSession(token, jwt string) (*session, *apiError) {
	if token != "" {
		return a.state.sessions.findByToken(token)
	}
	return a.findSessionByJWT(jwt)
}

// findSessionByJWT accepts a JWT after its five minutes, as the service does: as
// long as the signature is good and the session is alive, this is how an app gets a
// fresh JWT.
func (a *api) findSessionByJWT(token string) (*session, *apiError) {
	payload, err := a.keys.open(token)
	if err != nil {
		return nil, err
	}
	claims, err := decodeClaims(payload)
	if err != nil {
		return nil, err
	}
	set := a.settings()
	if !slices.Contains(claims.audience, set.projectID) {
		return nil, refuse("jwt_invalid_audience")
	}
	if !set.acceptsIssuer(claims.issuer) {
		return nil, refuse("jwt_invalid_issuer")
	}
	ss := a.state.sessions.byID[claims.sessionID]
	if ss != nil && ss.member.id != claims.subject {
		return nil, refuse("jwt_invalid_claims")
	}
	return a.state.sessions.alive(ss)
}

// open checks the signature of a JWT and returns its payload. Only keys that are in
// the JWKS count.
func (k *keyset) open(token string) ([]byte, *apiError) {
	bad := refuse("unable_to_parse_session_jwt")
	signed, encodedSignature, ok := cutLast(token, ".")
	encodedHeader, encodedPayload, ok2 := strings.Cut(signed, ".")
	if !ok || !ok2 || strings.ContainsAny(token, "\r\n") { // encoding/base64 skips line breaks
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
	for _, key := range k.published() {
		public := &ring.key(key.slot).PublicKey
		if key.kid == header.Kid && rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature) == nil {
			return payload, nil
		}
	}
	return nil, bad
}

// cutLast is strings.Cut around the last separator. A JWT is signed up to its last
// dot; the signature follows it.
func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

// jwtClaims are the claims that say whose session a JWT is.
type jwtClaims struct {
	issuer, subject, sessionID string
	audience                   []string
}

// decodeClaims looks names up in a map. Decoding into a struct would take a custom
// claim named "Sub" for the subject, since encoding/json ignores case.
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
