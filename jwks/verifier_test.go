package jwks_test

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/jwks"
)

// sentinels are what the errors of Verify wrap.
var sentinels = []error{jwks.ErrInvalidToken, jwks.ErrExpired, jwks.ErrUnavailable}

// expect checks that Verify returns a session if want is nil, and otherwise an
// error that wraps want and no other sentinel.
func expect(t *testing.T, v *jwks.Verifier, token string, want error) *jwks.Session {
	t.Helper()
	session, err := v.Verify(context.Background(), token)
	if want == nil {
		if err != nil || session == nil {
			t.Errorf("Verify: got %v and error %v, want a session", session, err)
		}
		return session
	}
	if session != nil {
		t.Errorf("Verify: got session %v, want none", session)
	}
	for _, sentinel := range sentinels {
		if errors.Is(err, sentinel) != (sentinel == want) {
			t.Errorf("Verify: got error %v, want one that wraps %v only", err, want)
			break
		}
	}
	return session
}

func TestVerifyRefusals(t *testing.T) {
	key, other := newSigner(0), newSigner(1)
	now := time.Now()
	session := goodClaims(now)[sessionClaim]
	organization := goodClaims(now)[organizationClaim]
	const validName = `"sub":"member-test-11111111-1111-1111-1111-111111111111"`

	// doubled returns a signed token whose claims hold a text twice.
	doubled := func(old, text string) string {
		p := payload(nil)
		if !strings.Contains(p, old) {
			t.Fatalf("no %s in %s", old, p)
		}
		return key.sign(key.header(), strings.Replace(p, old, text, 1))
	}
	good := key.mint(nil)
	cut := strings.LastIndexByte(good, '.')

	for _, c := range []struct {
		name  string
		token string
		want  error // default: ErrInvalidToken
	}{
		// Tokens of others.
		{name: "another project in aud", token: key.mint(map[string]any{"aud": []string{"project-test-other"}})},
		{name: "another project in iss", token: key.mint(map[string]any{"iss": "stytch.com/project-test-other"})},
		{name: "the live API in iss", token: key.mint(map[string]any{"iss": "https://api.stytch.com"})},
		{name: "the base URL with a slash in iss", token: key.mint(map[string]any{"iss": baseURL + "/"})},
		{name: "an issuer with a scheme", token: key.mint(map[string]any{"iss": "https://stytch.com/" + projectID})},
		{name: "no iss", token: key.mint(map[string]any{"iss": nil})},
		{name: "no aud", token: key.mint(map[string]any{"aud": nil})},
		{name: "an empty aud", token: key.mint(map[string]any{"aud": []string{}})},
		{name: "an aud that only begins like the project", token: key.mint(map[string]any{"aud": projectID + "0"})},
		{name: "an aud that holds a number", token: key.mint(map[string]any{"aud": []any{projectID, 7}})},

		// Algorithms and keys.
		{name: "alg none without signature", token: encode(`{"alg":"none","kid":"`+key.kid+`"}`) + "." + encode(payload(nil)) + "."},
		{name: "alg none with a signature", token: key.sign(`{"alg":"none","kid":"`+key.kid+`"}`, payload(nil))},
		{name: "alg None", token: key.sign(`{"alg":"None","kid":"`+key.kid+`"}`, payload(nil))},
		{name: "alg rs256", token: key.sign(`{"alg":"rs256","kid":"`+key.kid+`"}`, payload(nil))},
		{name: "no alg", token: key.sign(`{"kid":"`+key.kid+`"}`, payload(nil))},
		{name: "an alg that is a list", token: key.sign(`{"alg":["RS256"],"kid":"`+key.kid+`"}`, payload(nil))},
		{name: "HS256 keyed with the public key as PEM", token: hs256(key, pemOf(key))},
		{name: "HS256 keyed with the public key as DER", token: hs256(key, derOf(key))},
		{name: "HS256 keyed with the modulus", token: hs256(key, key.key.N.Bytes())},
		{name: "RS512", token: rs512(key)},
		{name: "PS256", token: ps256(key, "PS256")},
		{name: "a PS256 signature under RS256", token: ps256(key, "RS256")},
		{name: "no kid", token: key.sign(`{"alg":"RS256","typ":"JWT"}`, payload(nil))},
		{name: "an empty kid", token: key.sign(`{"alg":"RS256","kid":""}`, payload(nil))},
		{name: "a kid that is a number", token: key.sign(`{"alg":"RS256","kid":1}`, payload(nil))},
		{name: "a kid of 129 bytes", token: key.sign(`{"alg":"RS256","kid":"`+strings.Repeat("k", 129)+`"}`, payload(nil))},
		{name: "a kid that is not printable", token: key.sign(`{"alg":"RS256","kid":"`+key.kid+`\u0000"}`, payload(nil))},
		{name: "a kid beyond ASCII", token: key.sign(`{"alg":"RS256","kid":"schlüssel"}`, payload(nil))},
		{name: "an unknown kid", token: signer{"jwk-test-unknown", other.key}.mint(nil), want: jwks.ErrUnavailable},
		{name: "an unknown kid, issued two minutes before we fetched", token: signer{"jwk-test-unknown", other.key}.mint(map[string]any{"iat": now.Unix() - 120})},
		{name: "an unknown kid, issued in the future", token: signer{"jwk-test-unknown", other.key}.mint(map[string]any{"iat": now.Unix() + 60})},
		{name: "an unknown kid, expired", token: signer{"jwk-test-unknown", other.key}.mint(map[string]any{"exp": now.Unix() - 60})},
		{name: "an unknown kid, and no iat", token: signer{"jwk-test-unknown", other.key}.mint(map[string]any{"iat": nil})},
		{name: "an unknown kid, and claims that are not JSON", token: signer{"jwk-test-unknown", other.key}.sign(signer{"jwk-test-unknown", other.key}.header(), "hello")},
		{name: "another key under our kid", token: signer{key.kid, other.key}.mint(nil)},
		{name: "another header before the signature", token: encode(`{"alg":"RS256","kid":"`+key.kid+`"}`) + good[strings.IndexByte(good, '.'):]},
		{name: "other claims before the signature", token: encode(key.header()) + "." + encode(payload(map[string]any{"sub": "member-test-other"})) + good[cut:]},

		// Headers with extensions.
		{name: "crit", token: key.sign(`{"alg":"RS256","kid":"`+key.kid+`","crit":["exp"],"exp":1}`, payload(nil))},
		{name: "an empty crit", token: key.sign(`{"alg":"RS256","kid":"`+key.kid+`","crit":[]}`, payload(nil))},
		{name: "crit null", token: key.sign(`{"alg":"RS256","kid":"`+key.kid+`","crit":null}`, payload(nil))},
		{name: "b64 false", token: key.sign(`{"alg":"RS256","kid":"`+key.kid+`","b64":false}`, payload(nil))},
		{name: "zip", token: key.sign(`{"alg":"RS256","kid":"`+key.kid+`","zip":"DEF"}`, payload(nil))},
		{name: "jku", token: key.sign(`{"alg":"RS256","kid":"`+key.kid+`","jku":"https://evil.example/jwks"}`, payload(nil))},
		{name: "x5u", token: key.sign(`{"alg":"RS256","kid":"`+key.kid+`","x5u":"https://evil.example/x"}`, payload(nil))},
		{name: "jwk", token: other.sign(`{"alg":"RS256","kid":"`+key.kid+`","jwk":`+toJSON(other.jwk())+`}`, payload(nil))},
		{name: "x5c", token: key.sign(`{"alg":"RS256","kid":"`+key.kid+`","x5c":[]}`, payload(nil))},
		{name: "x5t twice", token: key.sign(`{"alg":"RS256","kid":"`+key.kid+`","x5t":"a","x5t":"a"}`, payload(nil))},
		{name: "x5t without kid", token: key.sign(`{"alg":"RS256","x5t":"`+key.kid+`"}`, payload(nil))},
		{name: "X5T", token: key.sign(`{"alg":"RS256","kid":"`+key.kid+`","X5T":"a"}`, payload(nil))},
		{name: "typ of an access token", token: key.sign(`{"alg":"RS256","kid":"`+key.kid+`","typ":"at+jwt"}`, payload(nil))},
		{name: "typ null", token: key.sign(`{"alg":"RS256","kid":"`+key.kid+`","typ":null}`, payload(nil))},
		{name: "two algs", token: key.sign(`{"alg":"none","alg":"RS256","kid":"`+key.kid+`"}`, payload(nil))},
		{name: "two kids", token: key.sign(`{"alg":"RS256","kid":"a","kid":"`+key.kid+`"}`, payload(nil))},
		{name: "Alg instead of alg", token: key.sign(`{"Alg":"RS256","kid":"`+key.kid+`"}`, payload(nil))},
		{name: "a header that is a list", token: key.sign(`["RS256"]`, payload(nil))},
		{name: "something after the header", token: key.sign(key.header()+"{}", payload(nil))},

		// Times.
		{name: "expired a minute ago", token: key.mint(map[string]any{"exp": now.Unix() - 60}), want: jwks.ErrExpired},
		{name: "expired a year ago", token: key.mint(map[string]any{"exp": now.Unix() - 365*86400, "iat": now.Unix() - 366*86400}), want: jwks.ErrExpired},
		{name: "not valid yet", token: key.mint(map[string]any{"nbf": now.Unix() + 60})},
		{name: "issued in the future", token: key.mint(map[string]any{"iat": now.Unix() + 60})},
		{name: "expired and not valid yet", token: key.mint(map[string]any{"exp": now.Unix() - 60, "nbf": now.Unix() + 60})},
		{name: "expired, of another project", token: key.mint(map[string]any{"exp": now.Unix() - 60, "aud": "project-test-other"})},
		{name: "expired, signed with another key", token: signer{key.kid, other.key}.mint(map[string]any{"exp": now.Unix() - 60})},
		{name: "no exp", token: key.mint(map[string]any{"exp": nil})},
		{name: "no iat", token: key.mint(map[string]any{"iat": nil})},
		{name: "no nbf", token: key.mint(map[string]any{"nbf": nil})},
		{name: "exp null", token: key.sign(key.header(), regexp.MustCompile(`"exp":\d+`).ReplaceAllString(payload(nil), `"exp":null`))},
		{name: "exp zero", token: key.mint(map[string]any{"exp": 0})},
		{name: "exp as a string", token: key.mint(map[string]any{"exp": fmt.Sprint(now.Unix() + 300)})},
		{name: "exp with a fraction", token: key.mint(map[string]any{"exp": float64(now.Unix()) + 300.5})},
		{name: "exp out of range", token: key.mint(map[string]any{"exp": int64(1) << 62})},
		{name: "iat negative", token: key.mint(map[string]any{"iat": -1})},

		// Tokens that are not sessions.
		{name: "no sub", token: key.mint(map[string]any{"sub": nil})},
		{name: "an empty sub", token: key.mint(map[string]any{"sub": ""})},
		{name: "a sub that is a number", token: key.mint(map[string]any{"sub": 7})},
		{name: "no session", token: key.mint(map[string]any{sessionClaim: nil})},
		{name: "a session that is null", token: doubled(`"`+sessionClaim+`":`, `"`+sessionClaim+`":null,"x":`)},
		{name: "a session without id", token: key.mint(map[string]any{sessionClaim: with(session, "id", "")})},
		{name: "no organization, as in a consumer project", token: key.mint(map[string]any{organizationClaim: nil})},
		{name: "an organization without id", token: key.mint(map[string]any{organizationClaim: with(organization, "organization_id", "")})},
		{name: "an M2M access token", token: key.mint(map[string]any{
			"sub": "m2m-client-test-1", "scope": "read:users", sessionClaim: nil, organizationClaim: nil})},
		{name: "a Connected Apps access token", token: key.mint(map[string]any{
			"client_id": "connected-app-test-1", "scope": "openid", sessionClaim: nil})},

		// Duplicate names.
		{name: "sub twice", token: doubled(validName, validName+`,"sub":"member-test-other"`)},
		{name: "sub twice, once with escapes", token: doubled(validName, validName+`,"s\u0075b":"member-test-other"`)},
		{name: "the session twice", token: doubled(`"`+sessionClaim+`":`, `"`+sessionClaim+`":{"id":"session-test-other"},"`+sessionClaim+`":`)},
		{name: "the session's id twice", token: doubled(`"id":"session`, `"id":"session-test-other","id":"session`)},
		{name: "a factor's time twice", token: doubled(`"type":"otp"`, `"type":"otp","type":"otp"`)},
		{name: "a phone number twice", token: doubled(`"phone_number":`, `"phone_number":"+14155550199","phone_number":`)},
		{name: "a custom claim twice", token: doubled(validName, validName+`,"plan":1,"plan":2`)},
		{name: "a name twice, deep in a custom claim", token: doubled(validName, validName+`,"app":{"a":[{"b":{"c":1,"c":2}}]}`)},
		{name: "a name twice in a part that we do not read", token: doubled(`"user_agent":`, `"user_agent":"x","user_agent":`)},

		// Encodings.
		{name: "a newline at the end of the signature", token: good + "\n"},
		{name: "a newline in the signature", token: good[:cut+10] + "\n" + good[cut+10:]},
		{name: "CR and LF in the claims", token: good[:cut-10] + "\r\n" + good[cut-10:]},
		{name: "a newline in the header", token: good[:5] + "\n" + good[5:]},
		{name: "a space at the end", token: good + " "},
		{name: "padding at the end", token: good + "=="},
		{name: "spare bits in the signature", token: spareBits(good)},
		{name: "the base64 alphabet with + and /", token: strings.NewReplacer("-", "+", "_", "/").Replace(key.mint(map[string]any{"x": "???>>>~~~"}))},
		{name: "four segments", token: good + ".e30"},
		{name: "two segments", token: good[:cut]},
		{name: "five segments, as in a JWE", token: "a.b.c.d.e"},
		{name: "no signature", token: good[:cut+1]},
		{name: "half a signature", token: good[:cut+1+171]},
		{name: "no claims", token: key.sign(key.header(), "")},
		{name: "claims that are not JSON", token: key.sign(key.header(), "hello")},
		{name: "claims that are a list", token: key.sign(key.header(), "[]")},
		{name: "something after the claims", token: key.sign(key.header(), payload(nil)+"{}")},
		{name: "claims that are not UTF-8", token: doubled(validName, validName+",\"x\":\"\xff\"")},
		{name: "claims nested too deep", token: key.sign(key.header(), strings.Repeat("[", 5000))},
		{name: "nothing", token: ""},
		{name: "two dots", token: ".."},
		{name: "a good token of 9 KiB", token: key.mint(map[string]any{"x": strings.Repeat("x", 6000)})},
		{name: "a megabyte", token: strings.Repeat("a", 1<<20)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == nil {
				c.want = jwks.ErrInvalidToken
			}
			v := ready(t, serve(key))
			for _, how := range []string{"first", "second"} {
				if expect(t, v, c.token, c.want); t.Failed() {
					t.Fatalf("shown the %s time", how)
				}
			}
			if c.want == jwks.ErrExpired {
				_, err := v.Verify(context.Background(), c.token)
				var expired *jwks.ExpiredError
				if !errors.As(err, &expired) || expired.Session.MemberID() != "member-test-11111111-1111-1111-1111-111111111111" {
					t.Errorf("got error %#v, want an ExpiredError with the session", err)
				}
			}
		})
	}
	// The rows above prove nothing if the token they start from is refused.
	expect(t, ready(t, serve(key)), good, nil)
}

func hs256(s signer, secret []byte) string {
	signed := encode(`{"alg":"HS256","kid":"`+s.kid+`","typ":"JWT"}`) + "." + encode(payload(nil))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func rs512(s signer) string {
	signed := encode(`{"alg":"RS512","kid":"`+s.kid+`","typ":"JWT"}`) + "." + encode(payload(nil))
	sum := sha512.Sum512([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA512, sum[:])
	if err != nil {
		panic(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func ps256(s signer, alg string) string {
	signed := encode(`{"alg":"`+alg+`","kid":"`+s.kid+`","typ":"JWT"}`) + "." + encode(payload(nil))
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPSS(rand.Reader, s.key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	if err != nil {
		panic(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func derOf(s signer) []byte {
	der, err := x509.MarshalPKIXPublicKey(&s.key.PublicKey)
	if err != nil {
		panic(err)
	}
	return der
}

func pemOf(s signer) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: derOf(s)})
}

// spareBits changes the last character in the four bits that decoding drops from
// a signature of 256 bytes.
func spareBits(token string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, token[len(token)-1])
	return token[:len(token)-1] + string(alphabet[last|1])
}

func TestVerifyAccepts(t *testing.T) {
	key := newSigner(0)
	for _, c := range []struct {
		name  string
		token string
	}{
		{"a token as Stytch makes it", key.mint(nil)},
		{"the base URL as issuer", key.mint(map[string]any{"iss": baseURL})},
		{"a header without typ", key.sign(`{"alg":"RS256","kid":"`+key.kid+`"}`, payload(nil))},
		{"a header with thumbprints", key.sign(`{"alg":"RS256","kid":"`+key.kid+`","x5t":"cGFkZGVk","x5t#S256":null}`, payload(nil))},
		{"a header with spaces", key.sign(`{ "kid" : "`+key.kid+`" , "alg" : "RS256" }`, payload(nil))},
		{"an aud that is one string", key.mint(map[string]any{"aud": projectID})},
		{"our project as one of two audiences", key.mint(map[string]any{"aud": []string{"https://app.example", projectID}})},
		{"jti", key.mint(map[string]any{"jti": "1"})},
		{"a claim that Stytch may add one day", key.mint(map[string]any{"https://stytch.com/future": []int{1}})},
		{"nearly 8 KiB", key.mint(map[string]any{"x": strings.Repeat("x", 4300)})},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := ready(t, serve(key))
			first := expect(t, v, c.token, nil)
			if second := expect(t, v, c.token, nil); second != first && hasMemo() {
				t.Error("the second Verify returned another *Session: the token was not remembered")
			}
		})
	}
}

func TestVerifyWithACustomDomain(t *testing.T) {
	key := newSigner(0)
	v := ready(t, serve(key), func(c *jwks.Config) { c.BaseURL = "https://login.example.com/" })
	expect(t, v, key.mint(map[string]any{"iss": "https://login.example.com"}), nil)
	expect(t, v, key.mint(nil), nil)
	expect(t, v, key.mint(map[string]any{"iss": baseURL}), jwks.ErrInvalidToken)
	expect(t, v, key.mint(map[string]any{"iss": "https://login.example.com/"}), jwks.ErrInvalidToken)
}

func TestVerifyLeeway(t *testing.T) {
	for _, leeway := range []time.Duration{0, time.Second, time.Minute} {
		allowed := int64(leeway / time.Second)
		if leeway == 0 {
			allowed = 5
		}
		for _, c := range []struct {
			name   string
			claim  string
			offset int64 // from now
			want   error
		}{
			{"exp just within", "exp", -allowed + 1, nil},
			{"exp just over", "exp", -allowed, jwks.ErrExpired},
			{"nbf just within", "nbf", allowed, nil},
			{"nbf just over", "nbf", allowed + 1, jwks.ErrInvalidToken},
			{"iat just within", "iat", allowed, nil},
			{"iat just over", "iat", allowed + 1, jwks.ErrInvalidToken},
		} {
			t.Run(fmt.Sprintf("%s a leeway of %v", c.name, leeway), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					key := newSigner(0)
					v := ready(t, serve(key), func(config *jwks.Config) { config.Leeway = leeway })
					expect(t, v, key.mint(map[string]any{c.claim: time.Now().Unix() + c.offset}), c.want)
				})
			})
		}
	}
}

func TestVerifyFollowsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := newSigner(0)
		v := ready(t, serve(key))
		token := key.mint(nil)
		session := expect(t, v, token, nil)
		time.Sleep(304 * time.Second)
		if got := expect(t, v, token, nil); got != session && hasMemo() {
			t.Error("the token was verified again before it expired")
		}
		time.Sleep(time.Second)
		expect(t, v, token, jwks.ErrExpired)
		time.Sleep(time.Hour)
		expect(t, v, token, jwks.ErrExpired)
	})
}

func TestErrorsAndSessionsShowNothingOfTheToken(t *testing.T) {
	key := newSigner(0)
	v := ready(t, serve(key))
	secrets := []string{"+14155550123", "5550123", "ada@example.com", "hunter2", "eyJ"}
	for name, changes := range map[string]map[string]any{
		"good":        {"x": "hunter2"},
		"expired":     {"exp": time.Now().Unix() - 60, "x": "hunter2"},
		"exp no time": {"exp": "hunter2"},
		"sub no text": {"sub": []string{"hunter2"}},
		"aud wrong":   {"aud": "hunter2"},
		"iss wrong":   {"iss": "hunter2"},
	} {
		session, err := v.Verify(context.Background(), key.mint(changes))
		var printed []string
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			printed = append(printed, fmt.Sprintf(verb, session), fmt.Sprintf(verb, err))
			if session != nil {
				printed = append(printed, fmt.Sprintf(verb, *session))
			}
		}
		for _, secret := range secrets {
			for _, text := range printed {
				if strings.Contains(text, secret) {
					t.Errorf("%s: %q in %s", name, secret, text)
				}
			}
		}
	}
}
