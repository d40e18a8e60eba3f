package stepup_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// writes reports whether a reply sets or clears a cookie.
func (r reply) writes(name string) bool {
	for _, line := range r.header["Set-Cookie"] {
		if strings.HasPrefix(line, name+"=") {
			return true
		}
	}
	return false
}

// The opaque token outlives every JWT, so it goes only to a client that has
// shown it: a JWT out of a log must not buy it, whatever comes with it.
func TestAMadeUpTokenIsNotExchangedForTheRealOne(t *testing.T) {
	for _, tt := range []struct {
		name  string
		token func(a *app, session *stytchtest.Session) string
		given bool
	}{
		{"no token", func(*app, *stytchtest.Session) string { return "" }, false},
		{"a made-up token", func(*app, *stytchtest.Session) string { return "; stytch_session=made-up" }, false},
		{"the token of another session", func(a *app, _ *stytchtest.Session) string {
			return "; stytch_session=" + a.emu.SignIn(a.emu.AddMember()).Token
		}, false},
		{"two tokens, of which one is right", func(_ *app, s *stytchtest.Session) string {
			return "; stytch_session=made-up; stytch_session=" + s.Token
		}, false},
		{"the right token", func(_ *app, s *stytchtest.Session) string { return "; stytch_session=" + s.Token }, true},
	} {
		for name, pause := range map[string]time.Duration{"while the owner's answer is remembered": 0, "later": 3 * time.Second} {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := newApp(t)
					member := a.emu.AddMember()
					session := a.emu.SignIn(member)
					a.browser(session).get("/payouts").wantStatus(http.StatusSeeOther)
					time.Sleep(pause)
					r := a.browser(nil).fetch("POST", "/stepup/", `{"policy":"money","code":"`+a.emu.LastCode(member)+`"}`,
						"Cookie", "stytch_session_jwt="+session.JWT+tt.token(a, session))
					r.wantCode(http.StatusOK, contract.CodeVerified)
					if got := r.writes("stytch_session"); got != tt.given {
						t.Errorf("the opaque token was handed out: %v, want %v", got, tt.given)
					}
				})
			})
		}
	}
}

// A sibling domain can plant a cookie. The JWT beside it is still good.
func TestAPlantedOpaqueTokenSignsNobodyOut(t *testing.T) {
	for _, tt := range []struct {
		name  string
		plant func(a *app) string
	}{
		{"junk", func(*app) string { return "junk" }},
		{"the token of another session", func(a *app) string { return a.emu.SignIn(a.emu.AddMember()).Token }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				member := a.emu.AddMember()
				session, planted := a.emu.SignIn(member), tt.plant(a)

				r := a.browser(nil).get("/payouts", "Cookie", "stytch_session_jwt="+session.JWT+"; stytch_session="+planted)
				r.wantRedirect("/stepup/?next=%2Fpayouts&policy=money")
				if r.writes("stytch_session_jwt") {
					t.Error("the cookie of the JWT was cleared")
				}

				expired := a.emu.JWT(session.ID, 6*time.Minute)
				r = a.browser(nil).get("/account", "Cookie", "stytch_session_jwt="+expired+"; stytch_session="+planted)
				r.wantStatus(http.StatusOK).wantBody(member.ID)
				if r.writes("stytch_session") {
					t.Error("a renewal handed out a token that was not shown")
				}
			})
		})
	}
}

// If the owner's JWT has just expired, an attacker who plants a session of
// their own would otherwise have the owner act in it.
func TestAPlantedSessionDoesNotWinOverAnExpiredOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		owner := a.emu.SignIn(a.emu.AddMember(), stytchtest.WithJWTAge(6*time.Minute))
		attacker := a.emu.SignIn(a.emu.AddMember())
		for _, cookies := range []string{
			"stytch_session_jwt=" + attacker.JWT + "; stytch_session_jwt=" + owner.JWT,
			"stytch_session_jwt=" + owner.JWT + "; stytch_session_jwt=" + attacker.JWT,
		} {
			a.browser(nil).get("/account", "Cookie", cookies+"; stytch_session="+owner.Token).
				wantPage(http.StatusBadRequest, contract.StateConflict, contract.CodeSessionConflict)
		}
		// What has long expired says nothing about who is signed in.
		old := a.emu.JWT(owner.ID, 25*time.Hour)
		a.browser(nil).get("/account", "Cookie", "stytch_session_jwt="+old+"; stytch_session_jwt="+attacker.JWT).
			wantStatus(http.StatusOK).wantBody(attacker.MemberID)
	})
}

// Stytch may answer a call by JWT with a new session_token, which ends the one
// before: if that answer is lost, the JWT still shows how the session stands.
func TestALostReplyThatChangedTheTokenIsRecovered(t *testing.T) {
	for _, pause := range []time.Duration{0, 3 * time.Second} {
		t.Run("after "+pause.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				a.emu.SessionTokens = stytchtest.NewSessionToken
				member := a.emu.AddMember()
				b := a.browser(a.emu.SignIn(member))
				page := b.challenge()
				a.emu.Fail(stytchtest.Fault{Path: "otps/sms/authenticate", AfterEffect: true, HangUp: true})
				b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
				time.Sleep(pause)
				b.get("/payouts").wantStatus(http.StatusOK)
			})
		})
	}
}

// A passcode that may have been right makes what was known of the session
// stale, even if nobody could be asked how it ended.
func TestALostReplyIsNotAnsweredFromWhatWasKnownBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, member, b := signedIn(t)
		page := b.challenge()
		a.emu.Fail(stytchtest.Fault{Path: "otps/sms/authenticate", AfterEffect: true, HangUp: true})
		a.emu.Fail(stytchtest.Fault{Path: "sessions/authenticate", Status: 500})
		b.enter(page, a.emu.LastCode(member)).wantStatus(http.StatusServiceUnavailable)
		b.get("/payouts").wantStatus(http.StatusOK)
	})
}

func TestNoTokenIsWrittenWhereStytchReturnsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		a.emu.SessionTokens = stytchtest.NoSessionToken
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		b := a.browser(session)
		r := b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
		setCookie(t, r, "stytch_session_jwt")
		if r.writes("stytch_session") || b.cookie("stytch_session") != session.Token {
			t.Error("the opaque token was replaced, though Stytch returned none")
		}
	})
}

// "Remember me" in another tab: the JWT of this one knows of a short session.
func TestAStepUpKeepsAnExtensionOfTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member, stytchtest.WithDuration(10*time.Minute))
		client, err := stytch.New(stytch.Config{ProjectID: a.emu.ProjectID, Secret: a.emu.Secret, BaseURL: a.emu.URL, HTTPClient: a.emu.Client()})
		if err != nil {
			t.Fatal(err)
		}
		b := a.browser(session)
		page := b.challenge()
		if _, err := client.AuthenticateSession(t.Context(), stytch.AuthenticateSessionRequest{SessionToken: session.Token, SessionDurationMinutes: 30 * 24 * 60}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second) // an answer of Stytch is remembered for two
		b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
		s, err := a.verifier().Verify(t.Context(), b.cookie("stytch_session_jwt"))
		if err != nil {
			t.Fatal(err)
		}
		if left := time.Until(s.ExpiresAt()); left < 30*24*time.Hour-2*time.Minute {
			t.Errorf("the session had 30 days left and has %v after the step-up", left)
		}
	})
}

// Stytch may know of a step-up that the JWT of the request does not show.
// Require takes it over and goes on; Deny, after whose Check the handler has
// already given up, sends the new tokens and has the client try again.
func TestAStepUpElsewhereIsTakenOver(t *testing.T) {
	for _, tt := range []struct {
		name    string
		request func(b *browser) reply
		payouts int64
		want    func(r reply)
	}{
		{"Require goes on with a navigation", func(b *browser) reply { return b.get("/payouts") }, 1,
			func(r reply) { r.wantStatus(http.StatusOK) }},
		{"Require goes on with a form", func(b *browser) reply { return b.post("/payouts", nil) }, 1,
			func(r reply) { r.wantStatus(http.StatusOK) }},
		{"Deny sends a navigation to itself", func(b *browser) reply { return b.get("/transfers?page=2") }, 0,
			func(r reply) { r.wantRedirect("/transfers?page=2") }},
		{"Deny offers to send a form once more", func(b *browser) reply {
			return b.post("/transfers", map[string][]string{"amount": {"12"}})
		}, 0, func(r reply) {
			r.wantPage(http.StatusOK, contract.StateContinue, contract.CodeAlreadySatisfied).wantBody(`name="amount"`, `value="12"`)
		}},
		{"Deny tells a program to retry", func(b *browser) reply { return b.fetch("GET", "/transfers", "") }, 0,
			func(r reply) {
				if d := r.wantCode(http.StatusUnauthorized, contract.CodeStepUpRequired); d["retry"] != true {
					r.t.Errorf("got %v, want retry", d)
				}
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				session := a.emu.SignIn(a.emu.AddMember(), withFreshSMS(), stytchtest.WithJWTAge(2*time.Minute))
				b := a.browser(session)
				r := tt.request(b)
				tt.want(r)
				if got := a.payouts.Load(); got != tt.payouts {
					t.Errorf("the handler behind the guard ran %d times, want %d", got, tt.payouts)
				}
				if c := setCookie(t, r, "stytch_session_jwt"); c.Value == session.JWT {
					t.Error("the JWT is the old one")
				}
				b.get("/transfers").wantStatus(http.StatusOK) // with the new one
				if n := len(a.emu.Messages("")); n != 0 {
					t.Errorf("%d messages were sent", n)
				}
			})
		})
	}
}

// The session lives by its opaque token: a client that still has that is
// signed in.
func TestSigningOutWithoutAJWTEndsTheSession(t *testing.T) {
	for name, jwt := range map[string]string{"no JWT": "", "a junk JWT": "stytch_session_jwt=junk; "} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				session := a.emu.SignIn(a.emu.AddMember())
				signOut := func() reply {
					return a.browser(nil).post("/logout", nil, "Cookie", jwt+"stytch_session="+session.Token)
				}
				a.emu.Fail(stytchtest.Fault{Path: "sessions/revoke", Status: 500})
				r := signOut().wantStatus(http.StatusServiceUnavailable)
				if c := setCookie(t, r, "stytch_session"); c.MaxAge >= 0 {
					t.Error("the cookie of the opaque token was not cleared")
				}
				signOut().wantStatus(http.StatusOK)
				a.browser(nil).get("/account", "Cookie", "stytch_session_jwt="+a.emu.JWT(session.ID, 6*time.Minute)).
					wantRedirect("/login?next=%2Faccount")
			})
		})
	}
}

// A JWT out of an old log is worth nothing, not even a sign-out.
func TestAnOldJWTSignsNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember(), stytchtest.WithDuration(60*24*time.Hour), stytchtest.WithJWTAge(30*24*time.Hour))
		for _, headers := range [][]string{
			{"Authorization", "Bearer " + session.JWT},
			{"Cookie", "stytch_session_jwt=" + session.JWT},
		} {
			if r := a.browser(nil).post("/logout", nil, headers...); r.status == http.StatusOK {
				t.Errorf("%s: SignOut says that the session has ended", headers[0])
			}
		}
		if n := a.calls("sessions/revoke"); n != 0 {
			t.Errorf("%d sessions were revoked", n)
		}
	})
}

// A right passcode is right for two seconds, for a double click. Signing out ends
// that too: the old cookie and the same passcode are worth nothing afterwards, even
// to a request that was found in order before.
func TestARightPasscodeIsForgottenWithTheSession(t *testing.T) {
	for _, tt := range []struct {
		name string
		head time.Duration // how long before the owner the thief's request began
	}{{"the thief comes afterwards", 0}, {"the thief came first", time.Second}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var wait atomic.Int64 // of the next request, between the look at its session and its code
				a := newApp(t, func(c *stepup.Config) {
					c.SessionCustomClaims = func(*http.Request, *jwks.Session) map[string]any {
						time.Sleep(time.Duration(wait.Swap(0)))
						return nil
					}
				})
				member := a.emu.AddMember()
				session := a.emu.SignIn(member)
				owner, thief := a.browser(session), a.browser(session)
				page := owner.challenge()
				code := a.emu.LastCode(member)
				done := make(chan reply)
				steal := func() { done <- thief.enter(page, code) }
				if tt.head > 0 {
					wait.Store(int64(tt.head))
					go steal()
					time.Sleep(tt.head / 2)
				}
				owner.enter(page, code).wantRedirect("/payouts")
				owner.post("/logout", nil).wantStatus(http.StatusOK)
				if tt.head == 0 {
					go steal()
				}
				if r := <-done; r.header.Get("Location") == "/payouts" {
					t.Error("the code was taken once more")
				}
				thief.get("/payouts")
				if a.payouts.Load() != 0 {
					t.Error("the handler behind the guard ran after the sign-out")
				}
			})
		})
	}
}

// A question that is under way while the session is revoked may be answered
// with "alive". Nobody may get that answer after SignOut has returned.
func TestAnAnswerFromBeforeTheSignOutIsNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember(), stytchtest.WithJWTAge(6*time.Minute))
		owner, tab := a.browser(session), a.browser(session)
		a.emu.Fail(stytchtest.Fault{Path: "sessions/revoke", Delay: time.Second})
		done := make(chan reply)
		go func() { done <- owner.post("/logout", nil) }()
		time.Sleep(500 * time.Millisecond)
		tab.get("/account").wantStatus(http.StatusOK) // it still lives
		(<-done).wantStatus(http.StatusOK)
		a.browser(session).get("/account").wantRedirect("/login?next=%2Faccount")
	})
}

// Several projects may live in one process, each with cookies of its own. A
// member of one is nobody behind the guard of the other.
func TestAGuardThatFindsNobodyHidesTheSessionOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		customers := newApp(t)
		staff := newApp(t, func(c *stepup.Config) { c.Cookies.JWTName, c.Cookies.TokenName = "staff_jwt", "staff" })
		ran := false
		inner := staff.guard.LoadSession(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			ran = true
			if _, ok := stepup.SessionFromContext(r.Context()); ok {
				t.Error("a customer is signed in to the pages of the staff")
			}
			if staff.guard.Check(r, money) == nil {
				t.Error("a customer's step-up counts for the pages of the staff")
			}
		}))
		r := httptest.NewRequest("GET", "/", nil)
		customers.emu.SignIn(customers.emu.AddMember(), withFreshSMS()).AddCookies(r)
		customers.guard.LoadSession(inner).ServeHTTP(httptest.NewRecorder(), r)
		if !ran {
			t.Error("the handler did not run")
		}
	})
}

func TestAVerifierOfAnotherProjectIsRefused(t *testing.T) {
	config := goodConfig(t)
	other := config.Client.JWKS()
	other.ProjectID = "project-test-22222222-2222-2222-2222-222222222222"
	verifier, err := jwks.New(other)
	if err != nil {
		t.Fatal(err)
	}
	defer verifier.Close()
	config.Verifier = verifier
	guard, err := stepup.New(config)
	if err == nil {
		guard.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "Config.Verifier") {
		t.Errorf("got %v, want an error that names Config.Verifier", err)
	}
}

// A browser silently drops such cookies, or keeps one of two that overwrite
// each other: the member would be asked for passcodes in a circle.
func TestCookiesThatABrowserWouldNotKeepAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		field  string
		change func(*stepup.Config)
	}{
		{"__Host- with a domain", "Cookies", func(c *stepup.Config) { c.Cookies.JWTName, c.Cookies.Domain = "__Host-jwt", "example.com" }},
		{"__Host- with a path", "Cookies", func(c *stepup.Config) { c.Cookies.TokenName, c.Cookies.Path = "__Host-token", "/app" }},
		{"__Host- on plain http", "Cookies", func(c *stepup.Config) { c.Cookies.JWTName, c.InsecureCookies = "__Host-jwt", true }},
		{"__Secure- on plain http", "Cookies", func(c *stepup.Config) { c.Cookies.JWTName, c.InsecureCookies = "__Secure-jwt", true }},
		{"SameSite=None on plain http", "Cookies", func(c *stepup.Config) { c.Cookies.SameSite, c.InsecureCookies = http.SameSiteNoneMode, true }},
		{"ours is named like the JWT's", "CookieName", func(c *stepup.Config) { c.CookieName = "stytch_session_jwt" }},
		{"ours is named like the opaque token's", "CookieName", func(c *stepup.Config) { c.CookieName = "stytch_session" }},
	} {
		config := goodConfig(t)
		tt.change(&config)
		guard, err := stepup.New(config)
		if err == nil {
			guard.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "Config."+tt.field) {
			t.Errorf("%s: got %v, want an error that names Config.%s", tt.name, err, tt.field)
		}
	}
}

func TestAnAnswerFromBeforeTheSignOutIsNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember(), stytchtest.WithJWTAge(6*time.Minute))
		a.emu.Fail(stytchtest.Fault{Path: "sessions/authenticate", Delay: time.Second, AfterEffect: true})
		done := make(chan reply, 1)
		go func() { done <- a.browser(session).get("/account") }()
		time.Sleep(100 * time.Millisecond)
		a.browser(session).post("/logout", nil).wantStatus(http.StatusOK)
		a.browser(session).get("/account").wantRedirect("/login?next=%2Faccount")
		<-done
	})
}

func TestSigningOutOfTwoSessionsEndsBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		one, two := a.emu.SignIn(a.emu.AddMember()), a.emu.SignIn(a.emu.AddMember())
		r := a.browser(nil).post("/logout", nil, "Cookie", "stytch_session_jwt="+one.JWT+"; stytch_session_jwt="+two.JWT)
		r.wantStatus(http.StatusOK)
		for _, session := range []*stytchtest.Session{one, two} {
			a.browser(session).fetch("GET", "/payouts", "").wantCode(401, contract.CodeSessionExpired)
		}
	})
}

func TestNothingIsSentForThePolicyOfAnotherGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emu := stytchtest.NewUnstartedServer()
		a := newAppOn(t, emu)
		other := newAppOn(t, emu, func(c *stepup.Config) { c.Policies = []stepup.Policy{{Name: "other", MaxAge: time.Minute}} })
		a.handler = other.guard.RequireSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			err := other.guard.Check(r, other.policy)
			a.guard.RequireSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.guard.Deny(w, r, err) })).ServeHTTP(w, r)
		}))
		a.browser(emu.SignIn(emu.AddMember())).get("/x").wantPage(http.StatusInternalServerError, contract.StateFailed, contract.CodeMisconfigured)
		if n := len(emu.Messages("")); n != 0 {
			t.Errorf("%d messages were sent", n)
		}
	})
}
