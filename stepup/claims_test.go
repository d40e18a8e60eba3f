package stepup_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// claimed are the custom claims of each call that carried a passcode, oldest
// first.
func (a *app) claimed() (all []map[string]any) {
	a.t.Helper()
	for _, c := range a.emu.Calls() {
		var body struct {
			Claims map[string]any `json:"session_custom_claims"`
		}
		if !strings.HasSuffix(c.Path, "sms/authenticate") && !strings.HasSuffix(c.Path, "totp/authenticate") && !strings.HasSuffix(c.Path, "/recover") {
			continue
		}
		if err := json.Unmarshal(c.Body, &body); err != nil {
			a.t.Fatal(err)
		}
		all = append(all, body.Claims)
	}
	return all
}

func TestClaimsThatStytchWouldRefuseCostNothing(t *testing.T) {
	tests := map[string]map[string]any{
		"a claim of Stytch's":                {"https://stytch.com/session": "x"},
		"a name that begins as they do":      {"https://stytch.com/": "x"},
		"our claim for approvals":            {"rung_approval": "x"},
		"our claim for addresses":            {"rung_address": "x"},
		"a name that begins as ours do":      {"rung_": "x"},
		"one that would be deleted":          {"rung_approval": nil},
		"one among others":                   {"plan": "pro", "rung_x": "x"},
		"more than 4 KiB":                    {"plan": strings.Repeat("x", 4<<10)},
		"more than 4 KiB together":           {"a": strings.Repeat("x", 2<<10), "b": strings.Repeat("x", 2<<10)},
		"more than 4 KiB together with ours": {"plan": strings.Repeat("x", 4<<10-100)},
		"what is no JSON":                    {"plan": make(chan int)},
	}
	for _, name := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"} {
		tests["the name "+name] = map[string]any{name: "x"}
	}
	for name, bad := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				claims := bad
				a := newApp(t, func(c *stepup.Config) {
					policy := money
					policy.Bound = true
					c.Policies = []stepup.Policy{policy}
					c.SessionCustomClaims = func(*http.Request, *jwks.Session) map[string]any { return claims }
				})
				member := a.emu.AddMember()
				b := a.browser(a.emu.SignIn(member))
				b.get("/payouts").wantPage(500, contract.StateFailed, contract.CodeMisconfigured)
				b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantCode(500, contract.CodeMisconfigured)
				if n := len(a.emu.Messages("")); n != 0 {
					t.Errorf("%d messages were sent", n)
				}
				for _, e := range a.eventsOf(stepup.EventFailed, string(contract.CodeMisconfigured)) {
					if e.Err == nil || strings.Contains(e.Err.Error(), "xx") {
						t.Errorf("an event says %v", e.Err)
					}
				}

				time.Sleep(time.Minute)
				claims = nil
				page := b.challenge().wantPage(200, contract.StateCode, contract.CodeChallengePending)
				claims = bad
				b.enter(page, a.emu.LastCode(member)).wantPage(500, contract.StateFailed, contract.CodeMisconfigured)
				if n := len(a.claimed()); n != 0 {
					t.Errorf("Stytch was asked %d times", n)
				}
				claims = nil
				b.enter(page, wrong(a.emu.LastCode(member))).wantPage(422, contract.StateCode, contract.CodeIncorrect).wantBody("4 attempts left")
				b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
				b.get("/payouts").wantStatus(200)
			})
		})
	}
}

// byRemoteAddr is a Config.ClientIP without proxies in front.
func byRemoteAddr(r *http.Request) netip.Addr {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr)
	return peer.Addr()
}

func TestClaimsOfUpToFourKiBReachStytch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		claims := map[string]any{"plan": strings.Repeat("x", 4<<10-256-len(`{"plan":"",}`))}
		a := newApp(t, func(c *stepup.Config) {
			policy := money
			policy.Bound, policy.SameAddress = true, true
			c.Policies, c.ClientIP = []stepup.Policy{policy}, byRemoteAddr
			c.SessionCustomClaims = func(*http.Request, *jwks.Session) map[string]any { return claims }
			// A browser would not keep such a cookie.
			var jwt string
			c.Cookies = stepup.Cookies{}
			c.Credential.Read = func(r *http.Request) (string, string) {
				if jwt == "" {
					jwt = r.Header.Get("Test-JWT")
				}
				return jwt, ""
			}
			c.Credential.Write = func(_ http.ResponseWriter, _ *http.Request, new, _ string, _ time.Time) error {
				jwt = new
				return nil
			}
		})
		member := a.emu.AddMember()
		b := a.browser(nil)
		b.header.Set("Test-JWT", a.emu.SignIn(member).JWT)
		b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
		b.get("/payouts").wantStatus(200)
		sent := a.claimed()[0]
		if sent["plan"] != claims["plan"] || sent["rung_approval"] == nil || sent["rung_address"] == nil || len(sent) != 3 {
			t.Errorf("Stytch was sent %v", sent)
		}
	})
}

// The claims are on the session with the very step-up, so that the handler that
// was asked for it can go by them.
func TestTheGuardedHandlerReadsTheClaimsOfTheStepUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type approval struct {
			Plan  string `json:"plan"`
			Limit int    `json:"limit"`
			Old   string `json:"old"`
			Kept  string `json:"kept"`
		}
		a := newApp(t, func(c *stepup.Config) {
			c.SessionCustomClaims = func(r *http.Request, s *jwks.Session) map[string]any {
				return map[string]any{"plan": "pro of " + s.MemberID(), "limit": 5000, "old": nil}
			}
		})
		var got []approval
		read := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			s, _ := stepup.SessionFromContext(r.Context())
			var claims approval
			if err := s.Claims(&claims); err != nil {
				t.Error(err)
			}
			got = append(got, claims)
		})
		mux := http.NewServeMux()
		mux.Handle("/stepup/", a.guard.VerifyHandler())
		mux.Handle("/payouts", a.guard.Require(money)(read))
		a.handler = mux
		member := a.emu.AddMember()
		session := a.emu.SignIn(member, stytchtest.WithCustomClaims(map[string]any{"old": "gone", "kept": "still here"}))
		want := approval{"pro of " + member.ID, 5000, "", "still here"}

		b := a.browser(session)
		b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
		b.get("/payouts").wantStatus(200)
		time.Sleep(6 * time.Minute) // the JWT of the step-up has expired
		b.get("/payouts").wantStatus(200)
		// An old JWT of the session: Stytch is asked, and answers with the new one.
		a.browser(&stytchtest.Session{JWT: a.emu.JWT(session.ID, 0), Token: session.Token, ExpiresAt: session.ExpiresAt}).get("/payouts").wantStatus(200)
		a.browser(session).get("/payouts").wantStatus(200)
		if len(got) != 4 {
			t.Fatalf("the handler ran %d times", len(got))
		}
		for i, claims := range got {
			if claims != want {
				t.Errorf("request %d: got %+v, want %+v", i, claims, want)
			}
		}
	})
}

func TestClaimsThatChangeAreReadForEachStepUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		claims := map[string]any{"plan": "pro"}
		a := newApp(t, func(c *stepup.Config) {
			c.SessionCustomClaims = func(*http.Request, *jwks.Session) map[string]any {
				n++
				claims["n"] = fmt.Sprint("step-up ", n)
				return claims
			}
		})
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member))
		for range 2 {
			b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
			time.Sleep(10 * time.Minute)
		}
		if sent := a.claimed(); len(sent) != 2 || maps.Equal(sent[0], sent[1]) {
			t.Errorf("Stytch was sent %v", sent)
		}
		// What the app returned is the app's: nothing of ours is put into it.
		if len(claims) != 2 {
			t.Errorf("the app's map holds %v", claims)
		}
	})
}
