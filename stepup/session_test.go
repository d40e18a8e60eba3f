package stepup_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

func TestWhoIsLetIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		good := a.emu.SignIn(member)
		foreign := stytchtest.NewUnstartedServer()
		forged := foreign.SignIn(foreign.AddMember())
		damaged := good.JWT[:len(good.JWT)-4] + "AAAA"

		for _, tt := range []struct {
			name    string
			headers []string
			home    string // body of / for a request that may be anybody's
			status  int    // of /account, for programs
			code    contract.Code
		}{
			{"nobody", nil, "nobody", 401, contract.CodeSessionRequired},
			{"a member with a cookie", []string{"Cookie", "stytch_session_jwt=" + good.JWT}, member.ID, 200, ""},
			{"a member with a bearer token", []string{"Authorization", "Bearer " + good.JWT}, member.ID, 200, ""},
			{"a bearer token of another case", []string{"Authorization", "bearer " + good.JWT}, member.ID, 200, ""},
			{"a token of another project", []string{"Cookie", "stytch_session_jwt=" + forged.JWT}, "nobody", 503, contract.CodeProviderUnavailable},
			{"a damaged signature", []string{"Cookie", "stytch_session_jwt=" + damaged}, "nobody", 401, contract.CodeSessionRequired},
			{"junk", []string{"Cookie", "stytch_session_jwt=junk"}, "nobody", 401, contract.CodeSessionRequired},
			{"a junk bearer token beside a good cookie", []string{"Authorization", "Bearer junk", "Cookie", "stytch_session_jwt=" + good.JWT}, "nobody", 401, contract.CodeSessionRequired},
			{"an empty bearer token beside a good cookie", []string{"Authorization", "Bearer ", "Cookie", "stytch_session_jwt=" + good.JWT}, "nobody", 401, contract.CodeSessionRequired},
			{"Basic credentials beside a good cookie", []string{"Authorization", "Basic eDp5", "Cookie", "stytch_session_jwt=" + good.JWT}, member.ID, 200, ""},
			{"junk before a good cookie", []string{"Cookie", "stytch_session_jwt=junk; stytch_session_jwt=" + good.JWT}, member.ID, 200, ""},
			{"junk after a good cookie", []string{"Cookie", "stytch_session_jwt=" + good.JWT + "; stytch_session_jwt=junk"}, member.ID, 200, ""},
			{"a quoted cookie", []string{"Cookie", `stytch_session_jwt="` + good.JWT + `"`}, member.ID, 200, ""},
		} {
			b := a.browser(nil)
			if home := b.get("/", tt.headers...).wantStatus(200); home.body != tt.home {
				t.Errorf("%s: / shows %q, want %q", tt.name, home.body, tt.home)
			}
			r := b.fetch("GET", "/account", "", tt.headers...)
			if r.status != tt.status {
				t.Errorf("%s: /account answers %d, want %d", tt.name, r.status, tt.status)
			}
			if tt.status != 200 {
				r.wantCode(tt.status, tt.code)
			}
		}
	})
}

func TestTwoSessionsInOneRequestAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		one, two := a.emu.SignIn(member), a.emu.SignIn(member)
		a.browser(nil).get("/", "Cookie", "stytch_session_jwt="+one.JWT+"; stytch_session_jwt="+two.JWT).wantStatus(http.StatusOK).wantBody("nobody")
		for _, path := range []string{"/account", "/payouts"} {
			a.browser(nil).get(path, "Cookie", "stytch_session_jwt="+one.JWT+"; stytch_session_jwt="+two.JWT).
				wantPage(http.StatusBadRequest, contract.StateConflict, contract.CodeSessionConflict)
		}
		// Two tokens of one session are one session: the newer one counts.
		older := a.emu.JWT(one.ID, time.Minute)
		a.browser(nil).get("/account", "Cookie", "stytch_session_jwt="+older+"; stytch_session_jwt="+one.JWT).wantStatus(http.StatusOK)
	})
}

func TestBrowsersWithoutASessionAreSentToSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		b := a.browser(nil)
		b.get("/account?tab=2").wantRedirect("/login?next=%2Faccount%3Ftab%3D2")
		b.get("/payouts").wantRedirect("/login?next=%2Fpayouts")
		b.get("/stepup/?policy=money&next=/payouts").wantRedirect("/login?next=%2Fpayouts")
		b.post("/account", nil).wantPage(http.StatusUnauthorized, contract.StateSignedOut, contract.CodeSessionRequired)
		r := b.get("/account", "Hx-Request", "true", "Sec-Fetch-Mode", "cors")
		r.wantCode(http.StatusUnauthorized, contract.CodeSessionRequired)
		if got := r.header.Get("HX-Redirect"); got != "/login?next=%2Faccount" {
			t.Errorf("got HX-Redirect %q", got)
		}
	})
}

func TestHTMXIsSentToTheVerifyPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		b := a.browser(a.emu.SignIn(a.emu.AddMember()))
		r := b.get("/payouts", "Hx-Request", "true", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty")
		r.wantCode(http.StatusUnauthorized, contract.CodeStepUpRequired)
		if got := r.header.Get("HX-Redirect"); got != "/stepup/?next=%2Fpayouts&policy=money" {
			t.Errorf("got HX-Redirect %q", got)
		}
	})
}

func TestTurboIsSentToTheVerifyPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _, b := signedIn(t)
		turbo := []string{"Accept", "text/vnd.turbo-stream.html, text/html, application/xhtml+xml", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}
		page := b.follow(b.get("/payouts", turbo...)).wantPage(http.StatusOK, contract.StateAsk, contract.CodeStepUpRequired)
		page.wantBody(`<meta name="turbo-visit-control" content="reload">`, `data-turbo="false"`)
		b.post("/payouts", nil, turbo...).wantPage(http.StatusUnauthorized, contract.StateAsk, contract.CodeStepUpRequired)
		if n := len(a.emu.Messages("")); n != 0 {
			t.Errorf("%d messages were sent", n)
		}
	})
}

func TestAnExpiredJWTIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member, stytchtest.WithJWTAge(time.Hour), stytchtest.WithDuration(3*time.Hour))
		b := a.browser(session)
		r := b.get("/account").wantStatus(http.StatusOK).wantBody(member.ID)
		jwt, token := setCookie(t, r, "stytch_session_jwt"), setCookie(t, r, "stytch_session")
		if jwt.Value == session.JWT || token.Value != session.Token {
			t.Error("the cookies are not those of the renewed session")
		}
		for _, c := range []*http.Cookie{jwt, token} {
			if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" ||
				c.Expires.Sub(session.ExpiresAt).Abs() > time.Minute {
				t.Errorf("got %v, want the attributes of ServerCookies until %v", c, session.ExpiresAt)
			}
		}
		b.get("/account").wantStatus(http.StatusOK)
		if n := a.calls("sessions/authenticate"); n != 1 {
			t.Errorf("Stytch was asked %d times, want once", n)
		}
		if kinds := a.kinds(); !slices.Contains(kinds, stepup.EventRefreshed) {
			t.Errorf("got events %v", kinds)
		}
	})
}

func setCookie(t *testing.T, r reply, name string) *http.Cookie {
	t.Helper()
	var found *http.Cookie
	for _, c := range (&http.Response{Header: r.header}).Cookies() {
		switch {
		case c.Name != name:
		case found == nil || found.MaxAge < 0: // what is removed stands elsewhere
			found = c
		case c.MaxAge >= 0:
			t.Fatalf("cookie %s is set twice", name)
		}
	}
	if found == nil {
		t.Fatalf("cookie %s is not set", name)
	}
	return found
}

func TestARenewalHandsOutNoMoreThanWasShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember(), stytchtest.WithJWTAge(time.Hour), stytchtest.WithDuration(3*time.Hour))
		r := a.browser(nil).get("/account", "Cookie", "stytch_session_jwt="+session.JWT).wantStatus(http.StatusOK)
		if strings.Contains(strings.Join(r.header["Set-Cookie"], "\n"), "stytch_session=") {
			t.Error("a JWT alone was answered with the opaque session token")
		}
	})
}

func TestWhatIsNotRenewed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		cookie func(a *app, s *stytchtest.Session) string
		asked  int
	}{
		{"a JWT alone from an old log", func(a *app, s *stytchtest.Session) string {
			return "stytch_session_jwt=" + a.emu.JWT(s.ID, 25*time.Hour)
		}, 0},
		{"a forged expired JWT", func(a *app, s *stytchtest.Session) string {
			old := a.emu.JWT(s.ID, time.Hour)
			return "stytch_session_jwt=" + old[:len(old)-4] + "AAAA; stytch_session=" + s.Token
		}, 0},
		{"an opaque token without a JWT", func(a *app, s *stytchtest.Session) string {
			return "stytch_session=" + s.Token
		}, 0},
		{"the JWT of a revoked session", func(a *app, s *stytchtest.Session) string {
			old := a.emu.JWT(s.ID, time.Hour)
			a.emu.Revoke(s.ID)
			return "stytch_session_jwt=" + old
		}, 1},
		{"an old JWT with the opaque token of another session", func(a *app, s *stytchtest.Session) string {
			other := a.emu.SignIn(a.emu.AddMember())
			return "stytch_session_jwt=" + a.emu.JWT(s.ID, 25*time.Hour) + "; stytch_session=" + other.Token
		}, 1},
		{"an old JWT with a made-up opaque token", func(a *app, s *stytchtest.Session) string {
			return "stytch_session_jwt=" + a.emu.JWT(s.ID, 25*time.Hour) + "; stytch_session=made-up"
		}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				session := a.emu.SignIn(a.emu.AddMember(), stytchtest.WithDuration(100*time.Hour))
				r := a.browser(nil).get("/account", "Cookie", tt.cookie(a, session))
				r.wantRedirect("/login?next=%2Faccount")
				if n := a.calls("sessions/authenticate"); n != tt.asked {
					t.Errorf("Stytch was asked %d times, want %d", n, tt.asked)
				}
			})
		})
	}
}

func TestBearerClientsRenewTheirOwnTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember(), stytchtest.WithJWTAge(time.Hour), stytchtest.WithDuration(3*time.Hour))
		r := a.bearer(session.JWT).call("GET", "/account", "")
		r.wantCode(http.StatusUnauthorized, contract.CodeSessionExpired)
		if got := r.header.Get("WWW-Authenticate"); !strings.HasPrefix(got, `Bearer error="invalid_token"`) {
			t.Errorf("got WWW-Authenticate %q", got)
		}
		if n := a.calls("sessions/authenticate"); n != 0 {
			t.Errorf("Stytch was asked %d times", n)
		}
	})
}

func TestManyRequestsWithOneExpiredJWTAreOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member, stytchtest.WithJWTAge(time.Hour), stytchtest.WithDuration(3*time.Hour))
		a.emu.Fail(stytchtest.Fault{Path: "sessions/authenticate", Delay: time.Second})
		done := make(chan int)
		const n = 1000
		for i := range n {
			go func() {
				b := a.browser(session)
				if i == 0 {
					b.client.Timeout = time.Millisecond // the one whose call it is hangs up
				}
				req, _ := http.NewRequest("GET", appURL+"/account", nil)
				resp, err := b.client.Do(req)
				if err != nil {
					done <- 0
					return
				}
				resp.Body.Close()
				done <- resp.StatusCode
			}()
			if i == 0 {
				synctest.Wait()
			}
		}
		good := 0
		for range n {
			if status := <-done; status == http.StatusOK {
				good++
			}
		}
		if good != n-1 {
			t.Errorf("%d of %d requests were served, want all but the one that hung up", good, n)
		}
		if calls := a.calls("sessions/authenticate"); calls != 1 {
			t.Errorf("Stytch was asked %d times, want once", calls)
		}
	})
}

func TestWhenStytchIsDownAnExpiredJWTIsNotASignOut(t *testing.T) {
	for _, fault := range []stytchtest.Fault{
		{Status: 500, Times: 50}, {HangUp: true, Times: 50}, {Unreachable: true, Times: 50}, {Delay: time.Hour, Times: 50},
		{Status: 429, Times: 50}, {Status: 401, ErrorType: "unauthorized_credentials", Times: 50},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t)
			session := a.emu.SignIn(a.emu.AddMember(), stytchtest.WithJWTAge(time.Hour), stytchtest.WithDuration(3*time.Hour))
			fault.Path = "sessions/authenticate"
			a.emu.Fail(fault)
			b := a.browser(session)
			b.get("/").wantStatus(http.StatusOK).wantBody("nobody")
			for _, path := range []string{"/account", "/payouts"} {
				r := b.get(path).wantPage(http.StatusServiceUnavailable, contract.StateUnavailable, contract.CodeProviderUnavailable)
				if r.header.Get("Retry-After") == "" || r.header.Get("Set-Cookie") != "" {
					t.Errorf("%s: got Retry-After %q, Set-Cookie %q", path, r.header.Get("Retry-After"), r.header.Get("Set-Cookie"))
				}
			}
			a.emu.ClearFaults()
			b.get("/account").wantStatus(http.StatusOK)
		})
	}
}

func TestOneServerErrorIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember(), stytchtest.WithJWTAge(time.Hour), stytchtest.WithDuration(3*time.Hour))
		a.emu.Fail(stytchtest.Fault{Path: "sessions/authenticate", Status: 500})
		a.browser(session).get("/account").wantStatus(http.StatusOK)
	})
}

func TestASleepingTabIsNotAskedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		old := a.browser(session)
		b := a.browser(session)
		b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
		// The other browser still has the JWT from before the step-up.
		old.get("/payouts").wantStatus(http.StatusOK)
		if n := len(a.emu.Messages("")); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
		if old.cookie("stytch_session_jwt") == session.JWT {
			t.Error("the browser keeps the old JWT")
		}
	})
}

func TestSigningOutEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember())
		b := a.browser(session)
		b.post("/logout", nil).wantStatus(http.StatusOK)
		if b.cookie("stytch_session_jwt") != "" || b.cookie("stytch_session") != "" {
			t.Error("the cookies are still there")
		}
		if n := a.calls("sessions/revoke"); n != 1 {
			t.Errorf("%d sessions were revoked, want 1", n)
		}
		b.get("/account").wantStatus(http.StatusSeeOther)
		b.post("/logout", nil).wantStatus(http.StatusOK) // nobody is signed in

		c := a.browser(a.emu.SignIn(a.emu.AddMember()))
		a.emu.Fail(stytchtest.Fault{Path: "sessions/revoke", Status: 500})
		c.post("/logout", nil).wantStatus(http.StatusServiceUnavailable)
		if c.cookie("stytch_session_jwt") != "" {
			t.Error("the cookies are still there after a failed revocation")
		}
	})
}

func TestAStepUpNeitherShortensNorLengthensASession(t *testing.T) {
	for _, tt := range []struct {
		name     string
		life     time.Duration
		duration time.Duration // of the configuration
		least    time.Duration
		most     time.Duration
	}{
		{"a long one", 30 * 24 * time.Hour, 0, 30*24*time.Hour - time.Minute, 30 * 24 * time.Hour},
		{"an hour and a half minute", 60*time.Minute + 30*time.Second, 0, 60 * time.Minute, 60*time.Minute + 30*time.Second},
		{"one that ends in two minutes", 2 * time.Minute, 0, 5 * time.Minute, 5 * time.Minute},
		{"one that the app extends", 10 * time.Minute, 8 * time.Hour, 8 * time.Hour, 8 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, func(c *stepup.Config) { c.SessionDuration = tt.duration })
				member := a.emu.AddMember()
				b := a.browser(a.emu.SignIn(member, stytchtest.WithDuration(tt.life)))
				b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
				session, err := a.verifier().Verify(t.Context(), b.cookie("stytch_session_jwt"))
				if err != nil {
					t.Fatal(err)
				}
				if left := time.Until(session.ExpiresAt()); left < tt.least-2*time.Second || left > tt.most {
					t.Errorf("the session lives for %v, want %v to %v", left, tt.least, tt.most)
				}
			})
		})
	}
}

func TestCustomClaimsAndLocaleReachStytch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) {
			c.SessionCustomClaims = func(*http.Request, *jwks.Session) map[string]any { return map[string]any{"approved": "money"} }
		})
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member))
		b.header.Set("Accept-Language", "pt-BR,pt;q=0.9,en;q=0.5")
		b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
		if got := a.emu.Messages("")[0].Locale; got != "pt-br" {
			t.Errorf("the message was sent in %q, want pt-br", got)
		}
		session, err := a.verifier().Verify(t.Context(), b.cookie("stytch_session_jwt"))
		if err != nil {
			t.Fatal(err)
		}
		var claims struct {
			Approved string `json:"approved"`
		}
		if err := session.Claims(&claims); err != nil || claims.Approved != "money" {
			t.Errorf("got claims %+v, %v", claims, err)
		}
	})
}

func TestTheSDKsCookiesStayReadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) { c.Cookies = stepup.SDKCookies() })
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member))
		r := b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
		for _, name := range []string{"stytch_session_jwt", "stytch_session"} {
			if c := setCookie(t, r, name); c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
				t.Errorf("got %v, want the attributes of the browser SDK", c)
			}
		}
	})
}

func TestCookiesAreWrittenAsTheAppSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) {
			c.Cookies = stepup.ServerCookies()
			c.Cookies.JWTName, c.Cookies.TokenName = "jwt", "token"
			c.Cookies.Domain, c.Cookies.Path, c.Cookies.SameSite = "example.com", "/app", http.SameSiteStrictMode
			c.InsecureCookies = true
		})
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		b := a.browser(nil)
		b.header.Set("Cookie", "jwt="+session.JWT+"; token="+session.Token)
		page := b.challenge()
		r := b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
		for _, name := range []string{"jwt", "token"} {
			if c := setCookie(t, r, name); c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/app" || c.Domain != "example.com" {
				t.Errorf("got %v", c)
			}
		}
	})
}

func TestOurOwnCookieHasEveryAttribute(t *testing.T) {
	for _, insecure := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, func(c *stepup.Config) { c.InsecureCookies = insecure })
			member := a.emu.AddMember()
			b := a.browser(a.emu.SignIn(member))
			r := b.get("/payouts")
			name := map[bool]string{false: "__Host-stepup", true: "stepup"}[insecure]
			c := setCookie(t, r, name)
			if c.Secure == insecure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 600 {
				t.Errorf("got %v", c)
			}
			if strings.Contains(c.Value, a.emu.LastCode(member)) {
				t.Error("the passcode is in the cookie")
			}
		})
	}
}

func TestATokenTooLargeForACookieIsAnErrorAndNoCircle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) {
			c.SessionCustomClaims = func(*http.Request, *jwks.Session) map[string]any {
				return map[string]any{"big": strings.Repeat("x", 3500)}
			}
		})
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member))
		b.enter(b.challenge(), a.emu.LastCode(member)).wantPage(http.StatusInternalServerError, contract.StateFailed, contract.CodeMisconfigured)
		for range 5 {
			b.get("/payouts").wantPage(http.StatusInternalServerError, contract.StateFailed, contract.CodeMisconfigured)
		}
		if n := len(a.emu.Messages("")); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
	})
}

func TestABrowserThatKeepsNoCookiesOfOursIsNotTextedInACircle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		fixed := func() *browser { // always the cookies from before
			b := a.browser(nil)
			b.header.Set("Cookie", "stytch_session_jwt="+session.JWT+"; stytch_session="+session.Token)
			return b
		}
		for range 10 {
			page := fixed().follow(fixed().get("/payouts"))
			page.wantPage(http.StatusOK, contract.StateAsk, contract.CodeStepUpRequired)
		}
		page := fixed().follow(fixed().get("/payouts"))
		fixed().enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
		fixed().get("/payouts").wantStatus(http.StatusOK) // Stytch knows of the step-up
		if n := len(a.emu.Messages("")); n > 2 {
			t.Errorf("%d messages were sent, want at most 2", n)
		}
	})
}

func TestTokensStoredElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var jwt, token string
		a := newApp(t, func(c *stepup.Config) {
			c.Cookies = stepup.Cookies{}
			c.Credential = stepup.Credential{
				Read: func(*http.Request) (string, string) { return jwt, token },
				Write: func(_ http.ResponseWriter, _ *http.Request, newJWT, newToken string, expires time.Time) error {
					jwt = newJWT
					if newToken != "" || newJWT == "" {
						token = newToken
					}
					return nil
				},
			}
		})
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		jwt, token = session.JWT, session.Token
		b := a.browser(nil)
		r := b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
		if jwt == session.JWT || token != session.Token {
			t.Error("the new JWT was not written")
		}
		if strings.Contains(strings.Join(r.header["Set-Cookie"], ""), "stytch_session") {
			t.Error("a session cookie was set even so")
		}
		b.get("/payouts").wantStatus(http.StatusOK)
		b.post("/logout", nil).wantStatus(http.StatusOK)
		if jwt != "" || token != "" {
			t.Error("signing out did not remove the tokens")
		}
	})
}

func TestCheckReadsWhatTheMiddlewareFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		check := func(s *stytchtest.Session, policy stepup.Policy) (err error) {
			r := httptest.NewRequest("POST", "/transfers", nil)
			if s != nil {
				s.AddCookies(r)
			}
			a.guard.LoadSession(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				err = a.guard.Check(r, policy)
			})).ServeHTTP(httptest.NewRecorder(), r)
			return err
		}
		if err := check(nil, money); !errors.Is(err, stepup.ErrNoSession) {
			t.Errorf("nobody: got %v", err)
		}
		var required *stepup.RequiredError
		err := check(a.emu.SignIn(member), money)
		if !errors.Is(err, stepup.ErrStepUpRequired) || !errors.As(err, &required) || required.Policy.Name != "money" || len(required.Missing) != 1 {
			t.Errorf("never stepped up: got %v", err)
		}
		err = check(a.emu.SignIn(member, stytchtest.WithFactor("otp", "sms", time.Hour)), money)
		if !errors.As(err, &required) || len(required.Expired) != 1 || len(required.Missing) != 0 {
			t.Errorf("an hour ago: got %v", err)
		}
		fresh := a.emu.SignIn(member, stytchtest.WithFactor("otp", "sms", time.Minute))
		if err := check(fresh, money); err != nil {
			t.Errorf("a minute ago: got %v", err)
		}
		if err := check(nil, stepup.Policy{Name: "other", MaxAge: time.Hour}); !errors.Is(err, stepup.ErrPolicy) {
			t.Errorf("unknown policy: got %v", err)
		}
		if err := check(nil, stepup.Policy{Name: "money", MaxAge: 24 * time.Hour}); !errors.Is(err, stepup.ErrPolicy) {
			t.Errorf("a policy of the same name that is laxer: got %v", err)
		}
		if err := check(a.emu.SignIn(member, stytchtest.WithImpersonation()), money); !errors.Is(err, stepup.ErrImpersonated) {
			t.Errorf("impersonated: got %v", err)
		}
		a.emu.Fail(stytchtest.Fault{Path: "sessions/authenticate", Unreachable: true})
		if err := check(a.emu.SignIn(member, stytchtest.WithJWTAge(time.Hour), stytchtest.WithDuration(3*time.Hour)), money); !errors.Is(err, stepup.ErrUnavailable) {
			t.Errorf("Stytch is down: got %v", err)
		}
		// Without middleware in front nobody is known, whatever the request
		// carries.
		r := httptest.NewRequest("POST", "/transfers", nil)
		fresh.AddCookies(r)
		if err := a.guard.Check(r, money); !errors.Is(err, stepup.ErrNoSession) {
			t.Errorf("without middleware: got %v", err)
		}
	})
}

func TestTheSessionOfAnotherGuardIsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, other := newApp(t), newApp(t)
		b := a.browser(a.emu.SignIn(a.emu.AddMember(), withFreshSMS()))
		a.handler = a.guard.LoadSession(other.guard.LoadSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, ok := stepup.SessionFromContext(r.Context()); ok {
				t.Error("a member of one project is signed in to the other")
			}
			if err := a.guard.Check(r, money); err == nil {
				t.Error("Check reads the context of another guard")
			}
		})))
		b.get("/").wantStatus(http.StatusOK)
	})
}

func TestAGuardBehindAStrippedPrefix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) { c.VerifyPath = "/app/verify/" })
		mux := http.NewServeMux()
		inner := http.NewServeMux()
		inner.Handle("/verify/", a.guard.VerifyHandler())
		inner.Handle("/payouts", a.guard.Require(money)(http.NotFoundHandler()))
		mux.Handle("/app/", http.StripPrefix("/app", inner))
		a.handler = mux
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member))
		r := b.get("/app/payouts?x=1").wantRedirect("/app/verify/?" + url.Values{"next": {"/app/payouts?x=1"}, "policy": {"money"}}.Encode())
		page := b.follow(r).wantPage(200, contract.StateCode, contract.CodeChallengePending)
		form := page.fields()
		form.Set("code", a.emu.LastCode(member))
		b.post("/app/verify/", form).wantRedirect("/app/payouts?x=1")
	})
}
