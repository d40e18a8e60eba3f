package stytchtest_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// claimsOf decodes a JWT without checking its signature.
func claimsOf(t *testing.T, jwt string) object {
	t.Helper()
	return segment(t, jwt, 1)
}

func segment(t *testing.T, jwt string, i int) object {
	t.Helper()
	segments := strings.Split(jwt, ".")
	if len(segments) != 3 {
		t.Fatalf("not a JWT: %q", jwt)
	}
	text, err := base64.RawURLEncoding.DecodeString(segments[i])
	if err != nil {
		t.Fatal(err)
	}
	var decoded object
	if err := json.Unmarshal(text, &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded
}

func sessionClaim(claims object) object { return claims["https://stytch.com/session"].(object) }

// jwks fetches the keys without credentials, as SDKs do.
func jwks(t *testing.T, srv *stytchtest.Server) []object {
	t.Helper()
	status, text := send(t, srv, "GET", "/v1/b2b/sessions/jwks/"+srv.ProjectID, nil, "", "")
	if status != 200 {
		t.Fatalf("jwks: got %d", status)
	}
	var answer struct{ Keys []object }
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Keys
}

// verifies checks a signature with the key that the JWT names. It does not use the
// emulator's own code.
func verifies(t *testing.T, srv *stytchtest.Server, jwt string) bool {
	t.Helper()
	kid := segment(t, jwt, 0)["kid"]
	signed, signature := jwt[:strings.LastIndex(jwt, ".")], jwt[strings.LastIndex(jwt, ".")+1:]
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(signed))
	for _, key := range jwks(t, srv) {
		if key["kid"] == kid {
			return rsa.VerifyPKCS1v15(publicKey(t, key), crypto.SHA256, digest[:], raw) == nil
		}
	}
	return false
}

func publicKey(t *testing.T, jwk object) *rsa.PublicKey {
	t.Helper()
	number := func(name string) *big.Int {
		raw, err := base64.RawURLEncoding.DecodeString(jwk[name].(string))
		if err != nil {
			t.Fatal(err)
		}
		return new(big.Int).SetBytes(raw)
	}
	return &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}
}

func TestTheJWT(t *testing.T) {
	f := newFixture(t)
	f.session = f.srv.SignIn(f.member, stytchtest.WithFactor("otp", "sms", time.Minute))
	header, claims := segment(t, f.session.JWT, 0), claimsOf(t, f.session.JWT)
	if header["alg"] != "RS256" || header["typ"] != "JWT" || len(header) != 3 {
		t.Errorf("header: got %v", header)
	}
	if kid, _ := header["kid"].(string); !strings.HasPrefix(kid, "jwk-test-") {
		t.Errorf("kid: got %q", kid)
	}
	if !verifies(t, f.srv, f.session.JWT) {
		t.Error("the JWT does not verify")
	}
	if got := claims["iss"]; got != "stytch.com/"+f.srv.ProjectID {
		t.Errorf("iss: got %v", got)
	}
	if got := claims["aud"].([]any); !slices.Equal(got, []any{f.srv.ProjectID}) {
		t.Errorf("aud: got %v", got)
	}
	if claims["sub"] != f.member.ID {
		t.Errorf("sub: got %v", claims["sub"])
	}
	iat := claims["iat"].(float64)
	if claims["nbf"] != iat || claims["exp"] != iat+300 {
		t.Errorf("iat %v, nbf %v, exp %v", iat, claims["nbf"], claims["exp"])
	}
	organization := claims["https://stytch.com/organization"].(object)
	if organization["organization_id"] != f.member.OrganizationID || organization["slug"] != "default" {
		t.Errorf("organization: got %v", organization)
	}
	checkKeys(t, "session claim", sessionClaim(claims), "id", "started_at", "last_accessed_at", "expires_at",
		"attributes", "authentication_factors", "roles")
	if len(claims) != 8 {
		t.Errorf("%d claims, want 8: %v", len(claims), claims)
	}
}

func TestTheIssuerMayBeTheBaseURL(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	srv.BaseURLIssuer = true
	f := &fixture{t: t, srv: srv, member: srv.AddMember()}
	f.session = srv.SignIn(f.member)
	if got := claimsOf(t, f.session.JWT)["iss"]; got != srv.URL {
		t.Errorf("iss: got %v, want %s", got, srv.URL)
	}
	f.refresh()
}

func TestALiveProjectHasLiveIDs(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	srv.ProjectID = "project-live-1"
	member := srv.AddMember()
	session := srv.SignIn(member)
	kid := segment(t, session.JWT, 0)["kid"].(string)
	for _, id := range []string{member.ID, member.OrganizationID, session.ID, kid} {
		if !strings.Contains(id, "-live-") {
			t.Errorf("got %s", id)
		}
	}
}

func TestTheJWKS(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	status, answer := request(t, srv, "GET", "/v1/b2b/sessions/jwks/"+srv.ProjectID, nil)
	if status != 200 {
		t.Fatalf("with credentials: got %d", status)
	}
	checkKeys(t, "the answer", answer, "keys", "request_id", "status_code")
	for _, key := range jwks(t, srv) {
		checkKeys(t, "a key", key, "alg", "e", "key_ops", "kid", "kty", "n", "use", "x5c", "x5tS256")
		der, err := base64.StdEncoding.DecodeString(key["x5c"].([]any)[0].(string))
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if !certificate.PublicKey.(*rsa.PublicKey).Equal(publicKey(t, key)) {
			t.Error("the certificate is for another key")
		}
		thumbprint := sha256.Sum256(der)
		if key["x5tS256"] != base64.URLEncoding.EncodeToString(thumbprint[:]) {
			t.Errorf("x5tS256: got %v", key["x5tS256"])
		}
	}
	status, answer = request(t, srv, "GET", "/v1/b2b/sessions/jwks/project-test-other", nil)
	checkRefusal(t, status, answer, 404, "project_not_found")
	if status, _ := send(t, srv, "GET", "/v1/b2b/sessions/jwks/"+srv.ProjectID, nil, srv.ProjectID, "wrong"); status != 401 {
		t.Errorf("with wrong credentials: got %d, want 401", status)
	}
}

func TestRotateKeys(t *testing.T) {
	f := newFixture(t)
	kids := func() []any {
		var list []any
		for _, key := range jwks(t, f.srv) {
			list = append(list, key["kid"])
		}
		return list
	}
	first := kids()
	old := publicKey(t, jwks(t, f.srv)[0])

	f.srv.RotateKeys(true)
	second := kids()
	if len(second) != 2 || second[0] == first[0] || second[1] != first[0] {
		t.Fatalf("with overlap: got %v after %v", second, first)
	}
	if old.Equal(publicKey(t, jwks(t, f.srv)[0])) {
		t.Error("the new key is the old one under a new name")
	}
	if !verifies(t, f.srv, f.session.JWT) {
		t.Error("with overlap: an older JWT does not verify")
	}
	fresh := f.refresh()["session_jwt"].(string)
	if segment(t, fresh, 0)["kid"] != second[0] || !verifies(t, f.srv, fresh) {
		t.Error("a new JWT is not signed with the new key")
	}

	f.srv.RotateKeys(false)
	if third := kids(); len(third) != 1 || slices.Contains(second, third[0]) {
		t.Fatalf("without overlap: got %v after %v", third, second)
	}
	if verifies(t, f.srv, fresh) {
		t.Error("without overlap: an older JWT still verifies")
	}
}

func TestServersOfAProcessHaveTheirOwnKeys(t *testing.T) {
	a, b := stytchtest.NewUnstartedServer(), stytchtest.NewUnstartedServer()
	keyA, keyB := jwks(t, a)[0], jwks(t, b)[0]
	if keyA["kid"] == keyB["kid"] || keyA["n"] == keyB["n"] {
		t.Error("two servers sign with the same key")
	}
	if a.ProjectID == b.ProjectID || a.Secret == b.Secret {
		t.Error("two servers have the same credentials")
	}
}

// checkKeys compares the keys of an object with those that the service sends.
func checkKeys(t *testing.T, what string, got object, want ...string) {
	t.Helper()
	for _, name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s lacks %s", what, name)
		}
	}
	for name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("%s has %s, which the service does not send", what, name)
		}
	}
}

// A good signature is not enough: at the service, JWTs of other projects and of other
// kinds are signed with the same keys.
func TestAJWTMustBeMeantForTheProject(t *testing.T) {
	tests := []struct {
		name   string
		before func(*stytchtest.Server)
		after  func(*stytchtest.Server)
		kind   string
	}{
		{"another audience", nil,
			func(srv *stytchtest.Server) { srv.ProjectID = "project-test-other" }, "jwt_invalid_audience"},
		{"another issuer", func(srv *stytchtest.Server) { srv.BaseURLIssuer, srv.URL = true, "https://elsewhere.test" },
			func(srv *stytchtest.Server) { srv.URL = "https://stytch.test" }, "jwt_invalid_issuer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := stytchtest.NewUnstartedServer()
			if tt.before != nil {
				tt.before(srv)
			}
			jwt := srv.SignIn(srv.AddMember()).JWT
			tt.after(srv)
			status, answer := request(t, srv, "POST", sessionPath, object{"session_jwt": jwt})
			checkRefusal(t, status, answer, 400, tt.kind)
		})
	}
}
