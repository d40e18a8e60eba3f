package jwks_test

import (
	"crypto/fips140"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/golang-jwt/jwt/v5"

	"github.com/rungauth/rung/jwks"
)

// admits returns which keys of a set are used, and why the others are not. It
// adds a good key, so that the set as a whole is good.
func admits(t *testing.T, keys ...map[string]any) (used []string, skipped map[string]error) {
	t.Helper()
	skipped = map[string]error{}
	good := newSigner(0).jwk()
	set := []any{with(good, "kid", "good")}
	for _, k := range keys {
		set = append(set, k)
	}
	for _, e := range admission(t, toJSON(map[string]any{"keys": set})) {
		switch e.Kind {
		case jwks.KeysFetched:
			used = append(used, e.Added...)
		case jwks.KeySkipped:
			skipped[e.KeyID] = e.Err
		}
	}
	return used, skipped
}

// admission returns the events of the first fetch of a set.
func admission(t *testing.T, set string) (events []jwks.Event) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := new(keyServer)
		s.answerWith(respond(http.StatusOK, set))
		var all recorder
		newVerifier(t, s, all.record)
		synctest.Wait()
		events = all.all()
	})
	return events
}

func TestKeyAdmission(t *testing.T) {
	key := with(newSigner(1).jwk(), "kid", "k")
	without := func(names ...string) map[string]any {
		k := with(key, "kid", "k")
		for _, name := range names {
			delete(k, name)
		}
		return k
	}
	number := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }
	n := rsaKeys()[1].N
	shifted := func(by int) string {
		if by < 0 {
			return number(new(big.Int).SetBit(new(big.Int).Rsh(n, uint(-by)), 0, 1))
		}
		return number(new(big.Int).SetBit(new(big.Int).Lsh(n, uint(by)), 0, 1))
	}
	for _, c := range []struct {
		name string
		key  map[string]any
		want string // part of the reason to skip it; "" = used
	}{
		{"a key as Stytch publishes it", key, ""},
		{"only the required members", without("use", "alg", "key_ops", "x5c", "x5tS256"), ""},
		{"key_ops with more than verify", with(key, "key_ops", []string{"sign", "verify"}), ""},
		{"exponent 3", with(key, "e", "Aw"), ""},
		{"a modulus of 3072 bits", with(key, "n", shifted(1024)), ""},
		{"unknown members", with(key, "future", map[string]any{"x": 1}), ""},

		{"2047 bits", with(key, "n", shifted(-1)), "2047 bits"},
		{"1024 bits", with(key, "n", shifted(-1024)), "1024 bits"},
		{"8193 bits", with(key, "n", shifted(8193-2048)), "over 8192 bits"},
		{"100,000 bits", with(key, "n", shifted(100_000)), "over 8192 bits"},
		{"an even modulus", with(key, "n", number(new(big.Int).Lsh(n, 1))), "even"},
		{"no modulus", without("n"), "n"},
		{"a modulus that is not base64url", with(key, "n", "!"), `"n"`},
		{"exponent 1", with(key, "e", "AQ"), "e"},
		{"exponent 2", with(key, "e", "Ag"), "exponent"},
		{"an even exponent", with(key, "e", "AQAA"), "exponent"},
		{"exponent 0", with(key, "e", "AA"), "e"},
		{"an exponent that overflows to 65537", with(key, "e", number(new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 64), big.NewInt(65537)))), "E"},
		{"no exponent", without("e"), "e"},
		{"use enc", with(key, "use", "enc"), "use"},
		{"an unknown use", with(key, "use", "SIG"), "use"},
		{"key_ops without verify", with(key, "key_ops", []string{"encrypt"}), "key_ops"},
		{"empty key_ops", with(key, "key_ops", []string{}), "key_ops"},
		{"alg RS512", with(key, "alg", "RS512"), "alg"},
		{"alg PS256", with(key, "alg", "PS256"), "alg"},
		{"alg none", with(key, "alg", "none"), "alg"},
		{"no kid", without("kid"), "kid"},
		{"a kid of 129 bytes", with(key, "kid", strings.Repeat("k", 129)), "kid"},
		{"a kid with a line break", with(key, "kid", "a\nb"), "kid"},
		{"a kid that is a number", with(key, "kid", 7), "type"},
		{"a private key", with(key, "d", "AQAB"), "private"},
		{"a private key with one prime", with(key, "p", "AQAB"), "private"},
		{"an RSA key that holds a symmetric one", with(key, "k", "AQAB"), "private"},
		{"a symmetric key", map[string]any{"kty": "oct", "kid": "k", "alg": "HS256", "k": "c2VjcmV0"}, "kty"},
		{"an EC key", map[string]any{"kty": "EC", "crv": "P-256", "kid": "k", "x": "AQ", "y": "AQ"}, "kty"},
		{"kty rsa", with(key, "kty", "rsa"), "kty"},
		{"KTY instead of kty", with(without("kty"), "KTY", "RSA"), "kty"},
		{"use as a list", with(key, "use", []string{"sig"}), "type"},
		{"key_ops as a string", with(key, "key_ops", "verify"), "type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			used, skipped := admits(t, c.key)
			if !slices.Contains(used, "good") {
				t.Fatal("the set as a whole was refused")
			}
			kid, _ := c.key["kid"].(string)
			kid = kid[:min(len(kid), 128)]
			if c.want == "" {
				if !slices.Contains(used, kid) || len(skipped) > 0 {
					t.Errorf("skipped for %v, want it used", skipped)
				}
				return
			}
			if len(used) != 1 {
				t.Errorf("used, want it skipped")
			}
			if err := skipped[kid]; err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("skipped for %v, want a reason with %q", err, c.want)
			}
		})
	}
}

func TestAKeyTwiceInASet(t *testing.T) {
	key := with(newSigner(1).jwk(), "kid", "k")
	ec := map[string]any{"kty": "EC", "crv": "P-256", "kid": "k", "x": "AQ", "y": "AQ"}
	for _, c := range []struct {
		name        string
		first, next map[string]any
		used        int // 0 = the set is refused
		skipped     int
	}{
		{"a key as it is", key, key, 2, 0},
		{"a key of a kind that is not used", ec, ec, 1, 1},
		{"a key without an id", with(key, "kid", ""), with(key, "kid", ""), 1, 2},
		{"another modulus", key, with(newSigner(2).jwk(), "kid", "k"), 0, 0},
		{"another exponent", key, with(key, "e", "Aw"), 0, 0},
		{"once for encryption", key, with(key, "use", "enc"), 0, 0},
		{"once for another algorithm", with(key, "alg", "RS512"), key, 0, 0},
		{"once with the private key", key, with(key, "d", "AQAB"), 0, 0},
		{"once with a member that nobody knows", key, with(key, "future", 9007199254740993), 0, 0},
		{"members that differ beyond the precision of a float64", with(key, "future", 9007199254740993), with(key, "future", 9007199254740992), 0, 0},
		{"two keys of a kind that is not used", ec, with(ec, "x", "AA"), 0, 0},
		{"two kinds of keys", key, ec, 0, 0},
		{"two malformed keys", with(key, "n", 7), with(key, "n", 8), 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			used, skipped := 0, 0
			for _, e := range admission(t, toJSON(map[string]any{"keys": []any{with(newSigner(0).jwk(), "kid", "good"), c.first, c.next}})) {
				switch e.Kind {
				case jwks.KeysFetched:
					used = e.Keys
				case jwks.KeySkipped:
					skipped++
				}
			}
			if used != c.used || skipped != c.skipped {
				t.Errorf("%d keys used and %d skipped, want %d and %d", used, skipped, c.used, c.skipped)
			}
		})
	}
	t.Run("in another order, with blanks and escapes", func(t *testing.T) {
		events := admission(t, `{"keys":[`+toJSON(key)+`, { "k\u0069d" : "\u006b", `+strings.TrimPrefix(strings.Replace(toJSON(key), `,"kid":"k"`, "", 1), "{")+`]}`)
		if e := events[0]; e.Kind != jwks.KeysFetched || e.Keys != 1 || len(events) != 1 {
			t.Errorf("got %+v, want one key", events)
		}
	})
}

func TestASymmetricKeyInTheSetVerifiesNothing(t *testing.T) {
	key := newSigner(0)
	secret := []byte("a secret that everybody can read")
	oct := map[string]any{"kty": "oct", "kid": "oct", "alg": "HS256", "use": "sig", "k": base64.RawURLEncoding.EncodeToString(secret)}
	s := new(keyServer)
	s.answerWith(respond(http.StatusOK, toJSON(map[string]any{"keys": []any{key.jwk(), oct}})))
	expect(t, ready(t, s), hs256(signer{"oct", nil}, secret), jwks.ErrInvalidToken)
}

// wycheproof reads test vectors of the Wycheproof project.
func wycheproof(t *testing.T, file string, into any) {
	t.Helper()
	dir := os.Getenv("RUNG_CORPORA")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "corpora")
	}
	text, err := os.ReadFile(filepath.Join(dir, "wycheproof", file))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("no Wycheproof vectors: set RUNG_CORPORA to a folder with wycheproof/%s", file)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func TestWycheproofKeys(t *testing.T) {
	var vectors struct {
		TestGroups []struct {
			Comment string
			Public  json.RawMessage
			Private json.RawMessage
			Tests   []struct {
				TcID    int
				Comment string
				Result  string
			}
		}
	}
	wycheproof(t, "json_web_key_test.json", &vectors)
	cases, admitted := 0, 0
	for _, g := range vectors.TestGroups {
		raw := g.Public
		if raw == nil {
			raw = g.Private
		}
		var set struct{ Keys []map[string]any }
		if err := json.Unmarshal(raw, &set); err != nil {
			t.Fatal(err)
		}
		if set.Keys == nil {
			var one map[string]any
			if err := json.Unmarshal(raw, &one); err != nil {
				t.Fatal(err)
			}
			set.Keys = []map[string]any{one}
		}
		used, skipped := admits(t, set.Keys...)
		for _, c := range g.Tests {
			cases++
			// The vectors are for verifiers of all algorithms. This one knows
			// only RS256.
			want := c.Result == "valid" && set.Keys[0]["alg"] == "RS256"
			if got := len(used) > 1; got != want {
				t.Errorf("case %d, %s, %s: used=%v, skipped for %v, want used=%v", c.TcID, g.Comment, c.Comment, got, skipped, want)
			}
			if want {
				admitted++
			}
		}
	}
	if cases != 26 || admitted != 1 {
		t.Errorf("%d cases and %d with a key for us, want 26 and 1", cases, admitted)
	}
}

// TestWycheproofSignatures checks the admission of every vector's key, and its
// signature with the function that Verify uses. They cannot go through Verify
// itself, because they do not sign tokens.
func TestWycheproofSignatures(t *testing.T) {
	var vectors struct {
		TestGroups []struct {
			KeyJwk       map[string]any
			PublicKeyPem string
			Tests        []struct {
				TcID     int
				Comment  string
				Msg, Sig string
				Result   string
			}
		}
	}
	wycheproof(t, "rsa_signature_2048_sha256_test.json", &vectors)
	cases := 0
	for _, g := range vectors.TestGroups {
		if used, skipped := admits(t, g.KeyJwk); len(used) != 2 {
			t.Errorf("the key was skipped: %v", skipped)
		}
		public, err := jwt.ParseRSAPublicKeyFromPEM([]byte(g.PublicKeyPem))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range g.Tests {
			cases++
			message, _ := hex.DecodeString(c.Msg)
			signature, _ := hex.DecodeString(c.Sig)
			err := jwt.SigningMethodRS256.Verify(string(message), signature, public)
			// FIPS 140-only mode refuses small exponents; two vectors have e = 3.
			refused := fips140.Enforced() && public.E <= 1<<16
			if want := c.Result == "valid" && !refused; (err == nil) != want {
				t.Errorf("case %d, %s: got %v, want valid=%v", c.TcID, c.Comment, err, want)
			}
		}
	}
	if cases != 259 {
		t.Errorf("%d cases, want 259", cases)
	}
}
