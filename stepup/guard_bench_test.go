package stepup_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// BenchmarkGuard measures what RequireSession and Require add to an empty
// handler for a session that satisfies the policy, as a ratio to what the same
// token costs by hand in the same run:
//
//	x-floor    RSA check, base64 and a JSON decode into a struct = 1
//	x-limit    x-floor divided by 0.04; above 1 is a regression
//	x-context  a whole request, made by httptest, through the guard, divided by
//	           the same through a middleware that verifies nothing and only
//	           sets a context value; above 2.2 is a regression
//
// allocs/op are those beyond the bare handler, which has none; 3 is the limit.
func BenchmarkGuard(b *testing.B) {
	emu := stytchtest.NewUnstartedServer()
	session := emu.SignIn(emu.AddMember(), stytchtest.WithFactor("otp", "sms", time.Minute), stytchtest.WithDuration(24*time.Hour))
	client, err := stytch.New(stytch.Config{ProjectID: emu.ProjectID, Secret: emu.Secret, BaseURL: emu.URL, HTTPClient: emu.Client()})
	if err != nil {
		b.Fatal(err)
	}
	guard, err := stepup.New(stepup.Config{
		Client: client, Key: []byte("0123456789abcdef0123456789abcdef"),
		Cookies: stepup.ServerCookies(), Policies: []stepup.Policy{money},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer guard.Close()
	if err := guard.Ready(b.Context()); err != nil {
		b.Fatal(err)
	}
	served := 0
	bare := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ })
	floor := floorCheck(b, emu, session.JWT)

	bearer := httptest.NewRequest("GET", "/payouts", nil)
	session.SetBearer(bearer)
	cookie := httptest.NewRequest("GET", "/payouts", nil)
	cookie.Header.Set("Cookie", "theme=dark; _ga=GA1.1.12345; stytch_session="+session.Token+"; stytch_session_jwt="+session.JWT+"; locale=en")

	guarded := guard.RequireSession(guard.Require(money)(bare))
	inContext := withValue(bare)
	for _, c := range []struct {
		name    string
		request *http.Request
	}{{"bearer", bearer}, {"cookie", cookie}} {
		whole := func(h http.Handler) func() {
			return func() {
				r := httptest.NewRequest("GET", "/payouts", nil)
				r.Header = c.request.Header
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
		}
		b.Run(c.name, func(b *testing.B) {
			w := httptest.NewRecorder()
			served = 0
			const rounds = 20
			var own, plain, byHand time.Duration
			perRound := (b.N + rounds - 1) / rounds
			// The quickest round of each is the one that the machine disturbed
			// least.
			const wholes, perWhole = 200, 100
			wholeGuarded, wholeInContext := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			for range wholes {
				wholeGuarded = min(wholeGuarded, timed(perWhole, whole(guarded)))
				wholeInContext = min(wholeInContext, timed(perWhole, whole(inContext)))
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range rounds {
				own += timed(perRound, func() { guarded.ServeHTTP(w, c.request) })
				b.StopTimer()
				plain += timed(perRound, func() { bare.ServeHTTP(w, c.request) })
				byHand += timed(40, floor)
				b.StartTimer()
			}
			b.StopTimer()
			if w.Code != http.StatusOK || served != 2*rounds*perRound+2*wholes*perWhole {
				b.Fatalf("got status %d, %d requests were served", w.Code, served)
			}
			added := float64(own-plain) / float64(perRound)
			ratio := added / (float64(byHand) / 40)
			b.ReportMetric(ratio, "x-floor")
			b.ReportMetric(ratio/0.04, "x-limit")
			b.ReportMetric(float64(wholeGuarded)/float64(wholeInContext), "x-context")
		})
	}
}

// withValue is the least that middleware can do for the handlers behind it.
//
//go:noinline
func withValue(next http.Handler) http.Handler {
	type key struct{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, next)))
	})
}

func timed(n int, op func()) time.Duration {
	begun := time.Now()
	for range n {
		op()
	}
	return time.Since(begun)
}

// floorCheck is what a session JWT costs by hand, with only the signature
// verified.
func floorCheck(b *testing.B, emu *stytchtest.Server, token string) func() {
	resp, err := emu.Client().Get(emu.URL + "/v1/b2b/sessions/jwks/" + emu.ProjectID)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	var set struct {
		Keys []struct{ N, E string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
		b.Fatal(err)
	}
	n, err := base64.RawURLEncoding.DecodeString(set.Keys[0].N)
	if err != nil {
		b.Fatal(err)
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}
	return func() {
		signed, signature, _ := cutLast(token)
		sum := sha256.Sum256([]byte(signed))
		sig, err := base64.RawURLEncoding.DecodeString(signature)
		if err != nil || rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) != nil {
			b.Fatal("the token is not signed by the emulator")
		}
		_, payload, _ := strings.Cut(signed, ".")
		text, err := base64.RawURLEncoding.DecodeString(payload)
		if err != nil {
			b.Fatal(err)
		}
		var claims struct {
			Sub, Iss string
			Aud      []string
			Exp, Iat int64
			Session  struct {
				ID, StartedAt, LastAccessedAt, ExpiresAt string
				Roles                                    []string
				Factors                                  []struct {
					Type           string `json:"type"`
					DeliveryMethod string `json:"delivery_method"`
					At             string `json:"last_authenticated_at"`
				} `json:"authentication_factors"`
			} `json:"https://stytch.com/session"`
			Organization struct {
				ID   string `json:"organization_id"`
				Slug string `json:"slug"`
			} `json:"https://stytch.com/organization"`
		}
		if err := json.Unmarshal(text, &claims); err != nil {
			b.Fatal(err)
		}
	}
}

func cutLast(token string) (before, after string, ok bool) {
	i := strings.LastIndexByte(token, '.')
	return token[:i], token[i+1:], i > 0
}
