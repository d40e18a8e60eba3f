package stepup_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// live is a policy that asks Stytch before each request.
func live() stepup.Policy {
	return stepup.Policy{Name: "live", MaxAge: time.Hour, Live: true}
}

// liveRoutes are the two ways to guard with it.
func liveRoutes() map[string]string {
	return map[string]string{"Require": "/payouts", "Check": "/transfers"}
}

func TestALivePolicyRefusesARevokedSessionAtOnce(t *testing.T) {
	for name, target := range liveRoutes() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, withPolicies(live()))
				member := a.emu.AddMember()
				session := a.emu.SignIn(member, withFreshSMS())
				b, program, bearer := a.browser(session), a.browser(session), a.bearer(session.JWT)
				b.get(target).wantStatus(200)
				time.Sleep(time.Minute) // far from the end of the JWT
				a.emu.Revoke(session.ID)
				served := a.payouts.Load()

				b.get(target).wantRedirect("/login?next=" + strings.ReplaceAll(target, "/", "%2F"))
				d := program.fetch("GET", target, "").wantCode(401, contract.CodeSessionExpired)
				if d["session_jwt"] != nil {
					t.Errorf("got %v", d)
				}
				for who, c := range map[string]*browser{"the browser": b, "the program": program} {
					if c.cookie("stytch_session_jwt") != "" || c.cookie("stytch_session") != "" {
						t.Errorf("%s still has its cookies", who)
					}
				}
				answer := bearer.call("GET", target, "")
				answer.wantCode(401, contract.CodeSessionExpired)
				if answer.header.Get("Set-Cookie") != "" || !strings.Contains(answer.header.Get("WWW-Authenticate"), "invalid_token") {
					t.Errorf("a bearer client got %v", answer.header)
				}
				if a.payouts.Load() != served {
					t.Error("the handler ran")
				}
				if !slices.Contains(a.kinds(), stepup.EventSessionRejected) {
					t.Error("no event reports it")
				}
			})
		})
	}
}

// Another policy goes by the JWT, as documented.
func TestAPolicyThatIsNotLiveGoesByTheJWT(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember(), withFreshSMS())
		a.emu.Revoke(session.ID)
		a.browser(session).get("/payouts").wantStatus(200)
		if n := a.calls("sessions/authenticate"); n != 0 {
			t.Errorf("Stytch was asked %d times", n)
		}
	})
}

func TestALivePolicyAsksOnceASecond(t *testing.T) {
	for name, target := range liveRoutes() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, withPolicies(live()))
				session := a.emu.SignIn(a.emu.AddMember(), withFreshSMS())
				// Tabs of one session, with JWTs from different moments.
				var tabs []*browser
				for i := range 5 {
					jwt := a.emu.JWT(session.ID, time.Duration(i)*10*time.Second)
					tabs = append(tabs, a.browser(&stytchtest.Session{JWT: jwt, Token: session.Token, ExpiresAt: session.ExpiresAt}), a.bearer(jwt))
				}
				for second := range 4 {
					if second > 0 {
						time.Sleep(time.Second)
					}
					done := make(chan int)
					for i := range 50 {
						go func() { done <- tabs[i%len(tabs)].get(target).status }()
					}
					for range 50 {
						if status := <-done; status != 200 {
							t.Errorf("got status %d", status)
						}
					}
					for _, tab := range tabs {
						tab.get(target).wantStatus(200)
					}
					if n := a.calls("sessions/authenticate"); n != second+1 {
						t.Fatalf("in second %d, Stytch was asked %d times", second, n)
					}
				}
				other := a.emu.SignIn(a.emu.AddMember(), withFreshSMS())
				a.browser(other).get(target).wantStatus(200)
				if n := a.calls("sessions/authenticate"); n != 5 {
					t.Errorf("one session was answered for by another: %d calls", n)
				}
			})
		})
	}
}

// A JWT that Stytch was asked to renew, or to judge, has just been answered for.
func TestALivePolicyDoesNotAskTwiceForOneRequest(t *testing.T) {
	t.Run("after a renewal", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, withPolicies(live()))
			session := a.emu.SignIn(a.emu.AddMember(), stytchtest.WithFactor("otp", "sms", 10*time.Minute), stytchtest.WithJWTAge(6*time.Minute))
			b := a.browser(session)
			b.get("/payouts").wantStatus(200)
			b.get("/payouts").wantStatus(200)
			if n := a.calls("sessions/authenticate"); n != 1 {
				t.Errorf("Stytch was asked %d times", n)
			}
		})
	})
	t.Run("after a step-up in another tab", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, withPolicies(live()))
			session := a.emu.SignIn(a.emu.AddMember(), withFreshSMS())
			old := a.emu.JWT(session.ID, 2*time.Minute) // from before the factor
			b := a.browser(&stytchtest.Session{JWT: old, Token: session.Token, ExpiresAt: session.ExpiresAt})
			b.get("/payouts").wantStatus(200)
			b.get("/payouts").wantStatus(200)
			if n := a.calls("sessions/authenticate"); n != 1 {
				t.Errorf("Stytch was asked %d times", n)
			}
			time.Sleep(1500 * time.Millisecond)
			a.emu.Revoke(session.ID)
			a.browser(&stytchtest.Session{JWT: old, Token: session.Token, ExpiresAt: session.ExpiresAt}).get("/payouts").wantStatus(303)
			if n := a.payouts.Load(); n != 2 {
				t.Errorf("the handler ran %d times", n)
			}
		})
	})
	t.Run("and does so after a step-up of its own", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, withPolicies(live()))
			member := a.emu.AddMember()
			session := a.emu.SignIn(member)
			b := a.browser(session)
			b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
			a.emu.Revoke(session.ID)
			b.get("/payouts").wantStatus(303)
			if n := a.payouts.Load(); n != 0 {
				t.Errorf("the handler ran %d times", n)
			}
		})
	})
}

func TestALivePolicyRefusesWhileStytchDoesNotAnswer(t *testing.T) {
	for name, target := range liveRoutes() {
		t.Run(name, func(t *testing.T) {
			for _, fault := range []stytchtest.Fault{
				{Path: "sessions/authenticate", Unreachable: true},
				{Path: "sessions/authenticate", Status: 500},
				{Path: "sessions/authenticate", Delay: time.Hour},
				{Path: "sessions/authenticate", Status: 429, ErrorType: "too_many_requests"},
				{Path: "sessions/authenticate", Tamper: stytchtest.OtherMember},
				{Path: "sessions/authenticate", Tamper: stytchtest.ForgedJWT},
			} {
				synctest.Test(t, func(t *testing.T) {
					a := newApp(t, withPolicies(live()))
					session := a.emu.SignIn(a.emu.AddMember(), withFreshSMS())
					b := a.browser(session)
					fault.Times = 10
					a.emu.Fail(fault)
					b.get(target).wantPage(503, contract.StateUnavailable, contract.CodeProviderUnavailable)
					answer := a.bearer(session.JWT).call("GET", target, "")
					answer.wantCode(503, contract.CodeProviderUnavailable)
					if answer.header.Get("Retry-After") == "" {
						t.Error("no Retry-After")
					}
					if b.cookie("stytch_session_jwt") == "" {
						t.Error("an outage signed the member out")
					}
					if a.payouts.Load() != 0 {
						t.Error("the handler ran")
					}
					if !slices.Contains(a.kinds(), stepup.EventFailed) {
						t.Error("no event reports it")
					}
					a.emu.ClearFaults()
					b.get(target).wantStatus(200)
				})
			}
		})
	}
}

// Live is asked for besides all else, never in its place.
func TestALivePolicyStillWantsItsFactors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, withPolicies(live()))
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member))
		b.get("/payouts").wantStatus(303)
		b.get("/transfers").wantStatus(303)
		a.browser(a.emu.SignIn(member, withFreshSMS(), stytchtest.WithImpersonation())).get("/payouts").wantStatus(403)
		if a.payouts.Load() != 0 {
			t.Error("the handler ran")
		}
	})
}

func TestASignOutIsNotAnsweredForFromMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, withPolicies(live()))
		session := a.emu.SignIn(a.emu.AddMember(), withFreshSMS())
		one, other := a.browser(session), a.browser(session)
		one.get("/payouts").wantStatus(200)
		one.post("/logout", nil).wantStatus(http.StatusOK)
		other.get("/payouts").wantStatus(303)
		if n := a.payouts.Load(); n != 1 {
			t.Errorf("the handler ran %d times", n)
		}
	})
}

// A proof that is good for one request is not used up by a session that has ended,
// or by an answer that did not come.
func TestALivePolicyIsJudgedBeforeTheProofIsUsedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, func(c *stepup.Config) { c.Policies[0].Live = true })
		c := b.client()
		last := c.prove(c.submit("/wire", aTransfer))
		b.emu.Fail(stytchtest.Fault{Path: "sessions/authenticate", Unreachable: true, Times: 2})
		c.press(last).wantStatus(503)
		b.emu.ClearFaults()
		c.press(last).wantStatus(200)
		c.press(last).asks()
		b.wantRan("POST /wire " + aTransfer)
	})
}
