package jwks_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/jwks"
)

// oneSentinel fails the test unless err wraps exactly one sentinel.
func oneSentinel(t *testing.T, session *jwks.Session, err error) {
	t.Helper()
	n := 0
	for _, sentinel := range sentinels {
		if errors.Is(err, sentinel) {
			n++
		}
	}
	if (err == nil) != (session != nil) || err != nil && n != 1 {
		t.Fatalf("got session %v and error %v", session, err)
	}
}

// FuzzToken verifies arbitrary text. The fuzzer cannot sign, so an accepted
// token must be one of the seeds, byte for byte. Text that is not a canonically
// encoded JWT must be invalid, never expired or unavailable.
func FuzzToken(f *testing.F) {
	key := newSigner(0)
	claims := goodClaims(time.Now())
	claims["exp"] = time.Now().Unix() + 86400
	good := key.sign(key.header(), toJSON(claims))
	signed := map[string]bool{good: true}
	cut := strings.LastIndexByte(good, '.')
	for _, seed := range []string{
		good, good + "\n", good[:cut], good[:cut+1], good + "=", good + "==", spareBits(good),
		"", ".", "..", "...", "a.b.c", good + ".", "." + good,
		strings.Replace(good, ".", "\r\n.", 1), strings.ToUpper(good),
		encode(`{"alg":"none"}`) + good[strings.IndexByte(good, '.'):cut] + ".",
		encode(`{"alg":"RS256","kid":"`+key.kid+`"}`) + good[strings.IndexByte(good, '.'):],
	} {
		f.Add(seed)
	}
	shape := regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\z`)
	canonical := func(token string) bool {
		if len(token) > 8192 || !shape.MatchString(token) {
			return false
		}
		for segment := range strings.SplitSeq(token, ".") {
			b, err := base64.RawURLEncoding.DecodeString(segment)
			if err != nil || base64.RawURLEncoding.EncodeToString(b) != segment {
				return false
			}
		}
		return true
	}
	v := ready(f, serve(key))
	f.Fuzz(func(t *testing.T, token string) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // do not wait for unknown keys
		session, err := v.Verify(ctx, token)
		oneSentinel(t, session, err)
		if session != nil && !signed[token] {
			t.Errorf("accepted %q, which we did not sign", token)
		}
		if !canonical(token) && !errors.Is(err, jwks.ErrInvalidToken) {
			t.Errorf("%q: got error %v, want ErrInvalidToken", token, err)
		}
	})
}

// FuzzClaims signs arbitrary text as claims. Accepted claims are read again by a
// reader that never folds names, and must say the same.
func FuzzClaims(f *testing.F) {
	key := newSigner(0)
	p := payload(map[string]any{"exp": time.Now().Unix() + 86400, "plan": "pro"})
	for _, seed := range []string{
		p, "{}", "[]", "null", "", p + " ", " " + p, p + "x",
		strings.Replace(p, `"sub"`, `"Sub"`, 1),
		strings.Replace(p, `"sub"`, `"\u0073ub"`, 1),
		strings.Replace(p, `"sub":`, `"\u017fub":"member-test-evil","sub":`, 1),
		strings.Replace(p, `"sub":`, `"sub":"member-test-evil","sub":`, 1),
		strings.Replace(p, `"id":`, `"Id":"session-test-evil","id":`, 1),
		strings.Replace(p, `"exp":`, `"EXP":1,"exp":`, 1),
		strings.Replace(p, `"type":"otp"`, `"type":7`, 1),
		strings.Replace(p, `"plan":"pro"`, `"pl\ud83dan":["\udc00pro\ud83d\ude00"]`, 1),
		strings.Replace(p, `"plan":"pro"`, `"plan":"\ud83d","s\u0075b":"member-test-evil"`, 1),
		strings.Replace(p, `"plan":"pro"`, `"plan":{"a":[{"a":1,"b":{"a":null}}]}`, 1),
	} {
		f.Add(seed)
	}
	v := ready(f, serve(key))
	plainToken := key.mint(map[string]any{"exp": time.Now().Unix() + 86400})
	plain, err := v.Verify(context.Background(), plainToken)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		token := key.sign(key.header(), payload)
		session, err := v.Verify(context.Background(), token)
		oneSentinel(t, session, err)
		if errors.Is(err, jwks.ErrUnavailable) {
			t.Fatalf("got %v although the key is known", err)
		}
		var expired *jwks.ExpiredError
		if errors.As(err, &expired) {
			session = expired.Session
		}
		if session == nil {
			return
		}
		if err := noDuplicates(payload); err != nil {
			t.Fatalf("accepted %q: %v", payload, err)
		}
		sayTheSame(t, session, payload)

		// Each token keeps its own session, remembered or not.
		if again, err := v.Verify(context.Background(), plainToken); err != nil || again != plain && hasMemo() {
			t.Errorf("another token's session is now %v, error %v", again, err)
		}
		if again, _ := v.Verify(context.Background(), token); again != nil {
			sayTheSame(t, again, payload)
		}
	})
}

// sayTheSame compares a session with its claims as encoding/json reads them into
// maps, which keep names as they are.
func sayTheSame(t *testing.T, s *jwks.Session, payload string) {
	t.Helper()
	var claims map[string]any
	err := json.Unmarshal([]byte(payload), &claims)
	if tooLarge := new(json.UnmarshalTypeError); errors.As(err, &tooLarge) {
		return // JSON has numbers that no float64 holds
	}
	if err != nil {
		t.Fatalf("accepted %q: %v", payload, err)
	}
	session, _ := claims[sessionClaim].(map[string]any)
	organization, _ := claims[organizationClaim].(map[string]any)
	for what, pair := range map[string][2]any{
		"sub":             {s.MemberID(), claims["sub"]},
		"session id":      {s.ID(), session["id"]},
		"organization id": {s.OrganizationID(), organization["organization_id"]},
		"exp":             {float64(s.TokenExpiresAt().Unix()), claims["exp"]},
		"iat":             {float64(s.IssuedAt().Unix()), claims["iat"]},
	} {
		if pair[0] != pair[1] || pair[0] == "" {
			t.Errorf("%s: got %v, the claims say %v", what, pair[0], pair[1])
		}
	}
	if iss := claims["iss"]; iss != "stytch.com/"+projectID && iss != baseURL {
		t.Errorf("accepted the issuer %v", iss)
	}
	factors, _ := session["authentication_factors"].([]any)
	i := 0
	for f := range s.Factors() {
		said, _ := factors[i].(map[string]any)
		if kind, _ := said["type"].(string); f.Type != kind {
			t.Errorf("factor %d: got type %q, the claims say %q", i, f.Type, kind)
		}
		at, _ := said["last_authenticated_at"].(string)
		if parsed, _ := time.Parse(time.RFC3339, at); !f.LastAuthenticatedAt.Equal(parsed) {
			t.Errorf("factor %d: got time %v, the claims say %q", i, f.LastAuthenticatedAt, at)
		}
		i++
	}
	if i != len(factors) {
		t.Errorf("%d factors, the claims have %d", i, len(factors))
	}
	var custom map[string]any
	if err := s.Claims(&custom); err != nil {
		t.Fatalf("custom claims of %q: %v", payload, err)
	}
	for name := range claims {
		ours := strings.HasPrefix(name, "https://stytch.com/")
		switch name {
		case "iss", "sub", "aud", "exp", "nbf", "iat", "jti":
			ours = true
		}
		if _, ok := custom[name]; ok == ours {
			t.Errorf("claim %q: custom=%v, want %v", name, ok, !ours)
		}
	}
}

// readJSON decodes any JSON, including numbers that no float64 holds.
func readJSON(text string, v any) error {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	return dec.Decode(v)
}

// noDuplicates returns an error if an object anywhere in text has a name twice.
func noDuplicates(text string) error {
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber() // JSON has numbers that no float64 holds
	var value func() error
	value = func() error {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'):
			seen := map[string]bool{}
			for dec.More() {
				name, err := dec.Token()
				if err != nil {
					return err
				}
				if seen[name.(string)] {
					return fmt.Errorf("%q appears twice", name)
				}
				seen[name.(string)] = true
				if err := value(); err != nil {
					return err
				}
			}
			_, err = dec.Token()
		case json.Delim('['):
			for dec.More() {
				if err := value(); err != nil {
					return err
				}
			}
			_, err = dec.Token()
		}
		return err
	}
	if err := value(); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("something after the object: %v", err)
	}
	return nil
}

// FuzzHeader signs arbitrary text as header. Only what names our key and
// algorithm, and asks for nothing, is accepted.
func FuzzHeader(f *testing.F) {
	key := newSigner(0)
	for _, seed := range []string{
		key.header(), `{"alg":"RS256","kid":"` + key.kid + `"}`, `{}`, `[]`, `null`, `{"alg":"none"}`,
		`{"alg":"RS256","kid":"` + key.kid + `","crit":[]}`,
		`{"Alg":"RS256","alg":"RS256","kid":"` + key.kid + `"}`,
		`{"alg":"HS256","alg":"RS256","kid":"` + key.kid + `"}`,
		`{"alg":"RS256","kid":"` + key.kid + `","x5t":["a"],"x5t#S256":"b"}`,
		`{"alg":"RS256","kid":"` + key.kid + `\u0000"}`,
	} {
		f.Add(seed)
	}
	v := ready(f, serve(key))
	p := payload(map[string]any{"exp": time.Now().Unix() + 86400})
	f.Fuzz(func(t *testing.T, header string) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		session, err := v.Verify(ctx, key.sign(header, p))
		oneSentinel(t, session, err)
		if session == nil {
			return
		}
		var said map[string]any
		if err := readJSON(header, &said); err != nil {
			t.Fatalf("accepted %q: %v", header, err)
		}
		if err := noDuplicates(header); err != nil {
			t.Fatalf("accepted %q: %v", header, err)
		}
		typ, hasTyp := said["typ"]
		for _, ignored := range []string{"typ", "x5t", "x5t#S256"} {
			delete(said, ignored)
		}
		if said["alg"] != "RS256" || said["kid"] != key.kid || len(said) != 2 || hasTyp && typ != "JWT" {
			t.Errorf("accepted %q", header)
		}
	})
}

// FuzzFactor decodes arbitrary text as a factor: either an error and nothing,
// or a value without a repeated name that decodes to the same again.
func FuzzFactor(f *testing.F) {
	factors := goodClaims(time.Now())[sessionClaim].(map[string]any)["authentication_factors"].([]any)
	for _, factor := range factors {
		f.Add(toJSON(factor))
	}
	f.Add(`{"type":7,"last_authenticated_at":{},"google_oauth_factor":[]}`)
	f.Add(`{"x_oauth_factor":{"id":"a"},"type":"oauth"}`)
	f.Add(`{"type":1e999}`)
	f.Add(`1e999`)
	f.Fuzz(func(t *testing.T, text string) {
		var first, second jwks.Factor
		if err := first.UnmarshalJSON([]byte(text)); err != nil {
			if first != (jwks.Factor{}) {
				t.Fatalf("%q: got %v with error %v", text, first, err)
			}
			return
		}
		if err := noDuplicates(text); err != nil {
			t.Fatalf("accepted %q: %v", text, err)
		}
		if err := second.UnmarshalJSON([]byte(text)); err != nil || first != second {
			t.Fatalf("%q: got %v, then %v and error %v", text, first, second, err)
		}
		if at := first.LastAuthenticatedAt; !at.IsZero() && !strings.Contains(text, "last_authenticated_at") && !strings.Contains(text, `\u`) {
			t.Fatalf("%q: got time %v out of nothing", text, at)
		}
	})
}
