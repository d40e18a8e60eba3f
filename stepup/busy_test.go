package stepup_test

import (
	"crypto/fips140"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// What a busy morning and a hostile client do to members who have done nothing
// wrong.

// noFIPS skips a test of many goroutines in a bubble: each may need a random
// generator of its own, and the one of FIPS 140-only mode takes its entropy from
// a clock that stands still there.
func noFIPS(t *testing.T) {
	t.Helper()
	if fips140.Enabled() {
		t.Skip("FIPS 140 mode has no entropy for many goroutines in a bubble of testing/synctest")
	}
}

func TestFiveHundredMembersAtOnceAreAllServed(t *testing.T) {
	noFIPS(t)
	for _, tt := range []struct {
		name, path string
		status     int
		session    []stytchtest.SignInOption
	}{
		{"who renew their sessions", "/account", http.StatusOK, []stytchtest.SignInOption{stytchtest.WithJWTAge(time.Hour), stytchtest.WithDuration(3 * time.Hour)}},
		{"who need a step-up", "/payouts", http.StatusSeeOther, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				a.emu.Fail(stytchtest.Fault{Delay: 200 * time.Millisecond, Times: 2000})
				const n = 500
				done := make(chan reply)
				for range n {
					b := a.browser(a.emu.SignIn(a.emu.AddMember(), tt.session...))
					go func() { done <- b.get(tt.path) }()
				}
				statuses := make(map[int]int)
				var odd reply
				for range n {
					r := <-done
					statuses[r.status]++
					if r.status != tt.status {
						odd = r
					}
				}
				if statuses[tt.status] != n {
					t.Errorf("got %v, want %d for all; events %v\n%s", statuses, tt.status, a.kinds()[max(0, len(a.kinds())-5):], odd.body)
				}
			})
		})
	}
}

// Anybody can make opaque tokens up, and SignOut has to take them to Stytch.
func TestAFloodOfJunkSignOutsReachesStytchFiveTimesASecond(t *testing.T) {
	noFIPS(t)
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		a.emu.Fail(stytchtest.Fault{Delay: 100 * time.Millisecond, Times: 100_000})
		var members []*browser
		for range 30 {
			members = append(members, a.browser(a.emu.SignIn(a.emu.AddMember(), stytchtest.WithJWTAge(time.Hour), stytchtest.WithDuration(3*time.Hour))))
		}
		seconds := 5
		for second := range seconds {
			for i := range 200 {
				junk := fmt.Sprintf("stytch_session=junk-%d-%d", second, i)
				go a.browser(nil).post("/logout", nil, "Cookie", junk, "Origin", "")
			}
			for _, b := range members[second*5 : second*5+5] {
				b.get("/account").wantStatus(http.StatusOK)
				b.get("/payouts").wantRedirect("/stepup/?next=%2Fpayouts&policy=money")
			}
			synctest.Wait()
			time.Sleep(time.Second)
		}
		if n := a.calls("sessions/revoke"); n < 1 || n > 10*seconds {
			t.Errorf("%d calls reached Stytch in some %d seconds, want 5 a second at most", n, 2*seconds)
		}
	})
}

func TestWhatIsNoTokenOfStytchIsNotPassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		a.browser(nil).post("/logout", nil, "Cookie", "stytch_session="+strings.Repeat("x", 900<<10)).wantStatus(http.StatusOK)
		if n := a.calls("sessions/revoke"); n != 0 {
			t.Errorf("%d calls were made", n)
		}
	})
}

func TestSignOutsOfOneSessionShareACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember())
		for range 100 {
			a.browser(session).post("/logout", nil).wantStatus(http.StatusOK)
		}
		if n := a.calls("sessions/revoke"); n != 1 {
			t.Errorf("%d calls were made, want one", n)
		}
	})
}

// A member who types every passcode right is never refused, whatever the policy
// asks of them.
func TestAnHonestDay(t *testing.T) {
	for _, every := range []time.Duration{5 * time.Minute, 10 * time.Minute, 30 * time.Minute} {
		t.Run(every.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				policy := stepup.Policy{Name: "money", MaxAge: every}
				a := newApp(t, func(c *stepup.Config) {
					c.Policies = []stepup.Policy{policy}
					c.ClientIP = func(*http.Request) netip.Addr { return netip.MustParseAddr("198.51.100.7") }
				})
				member := a.emu.AddMember()
				b := a.browser(a.emu.SignIn(member, stytchtest.WithDuration(24*time.Hour)))
				began := time.Now()
				for time.Since(began) < 8*time.Hour {
					page := b.challenge()
					b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
					b.get("/payouts").wantStatus(http.StatusOK)
					time.Sleep(every)
				}
				if n := a.count(stepup.EventLimited); n != 0 {
					t.Errorf("%d events tell of limits", n)
				}
			})
		})
	}
}

// A thief of one session, who has neither the phone nor the sign-in, spends the
// share of that session.
func TestAThiefOfOneSessionDoesNotKeepItsOwnerOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		thief := a.browser(a.emu.SignIn(member, stytchtest.WithDuration(48*time.Hour)))
		owner := a.browser(a.emu.SignIn(member, stytchtest.WithDuration(48*time.Hour)))
		worst := func() {
			for range 30 {
				r := thief.fetch("POST", "/stepup/send", `{"policy":"money"}`)
				d := r.document()
				if wait, _ := d["retry_after"].(float64); wait > 300 {
					return
				} else if r.status == http.StatusTooManyRequests {
					time.Sleep(time.Duration(wait) * time.Second)
				}
			}
			t.Fatal("the thief is never refused for long")
		}
		for hour := range 24 {
			worst()
			time.Sleep(4 * time.Minute) // the cooldown of the last message to the member
			page := owner.challenge()
			owner.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
			time.Sleep(56 * time.Minute)
			if hour == 12 {
				// Guessing does not help either.
				for range 5 {
					thief.fetch("POST", "/stepup/", `{"policy":"money","code":"`+wrong(a.emu.LastCode(member))+`"}`)
				}
			}
		}
		if n := len(a.emu.Messages("")); n > 24+5+5 {
			t.Errorf("%d messages were sent in a day, the owner's 24 among them", n)
		}
	})
}

func TestALockIsALockEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member, stytchtest.WithDuration(48*time.Hour)))
		page := b.challenge()
		for range 5 {
			b.enter(page, wrong(a.emu.LastCode(member)))
		}
		time.Sleep(time.Hour)
		sent := len(a.emu.Messages(""))
		const rest = 23 * 60 * 60
		for name, r := range map[string]reply{
			"the page":                 b.get("/stepup/?policy=money"),
			"the guarded route":        b.get("/payouts"),
			"a guarded form":           b.post("/payouts", map[string][]string{"amount": {"12"}}),
			"the button that sends":    b.post("/stepup/send", page.fields()),
			"the right passcode":       b.enter(page, a.emu.LastCode(member)),
			"what is no passcode":      b.enter(page, "12 34"),
			"a page from another site": b.get("/payouts", "Sec-Fetch-Site", "cross-site"),
		} {
			r.wantPage(http.StatusTooManyRequests, contract.StateLocked, contract.CodeLocked)
			if got := r.header.Get("Retry-After"); got != fmt.Sprint(rest) {
				t.Errorf("%s: Retry-After %s, want %d", name, got, rest)
			}
			if !strings.Contains(r.body, "Sign in again") {
				t.Errorf("%s does not offer to sign in again", name)
			}
		}
		for name, r := range map[string]reply{
			"the guarded route":  b.fetch("GET", "/payouts", ""),
			"sending":            b.fetch("POST", "/stepup/send", `{"policy":"money"}`),
			"the right passcode": b.fetch("POST", "/stepup/", `{"policy":"money","code":"`+a.emu.LastCode(member)+`"}`),
		} {
			if d := r.wantCode(http.StatusTooManyRequests, contract.CodeLocked); d["scope"] != "session" || d["retry_after"] != float64(rest) {
				t.Errorf("%s: %v", name, d)
			}
		}
		if d := b.fetch("GET", "/stepup/status?policy=money", "").wantCode(http.StatusOK, contract.CodeLocked); d["scope"] != "session" {
			t.Errorf("the status: %v", d)
		}
		if n := len(a.emu.Messages("")); n != sent {
			t.Errorf("%d messages were sent to somebody whose passcode would be refused", n-sent)
		}

		// A new sign-in lifts what the session has used up.
		again := a.browser(a.emu.SignIn(member))
		again.enter(again.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
	})
}

// It does not lift what the member has used up: a thief could sign in as well.
func TestANewSignInDoesNotLiftTheLockOfTheMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		for n := range 2 {
			b := a.browser(a.emu.SignIn(member))
			page := b.challenge()
			for range 5 - n { // 5 and 3: the member's 8 in an hour
				b.enter(page, wrong(a.emu.LastCode(member)))
			}
			time.Sleep(4 * time.Minute)
		}
		sent := len(a.emu.Messages(""))
		b := a.browser(a.emu.SignIn(member, stytchtest.WithDuration(24*time.Hour)))
		r := b.get("/payouts").wantPage(http.StatusTooManyRequests, contract.StateLocked, contract.CodeLocked)
		if strings.Contains(r.body, "Sign in again") {
			t.Error("signing in again does not help, and is offered")
		}
		if d := b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantCode(http.StatusTooManyRequests, contract.CodeLocked); d["scope"] != "member" {
			t.Errorf("got %v", d)
		}
		if n := len(a.emu.Messages("")); n != sent {
			t.Errorf("%d messages were sent", n-sent)
		}
		time.Sleep(time.Hour)
		b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
	})
}

// A limiter across a network costs a round trip for each call.
func TestTheLimiterIsAskedTwiceAtMostForAMessageAndForAPasscode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := &hookLimiter{}
		a := newApp(t, func(c *stepup.Config) {
			c.Limiter = limiter
			c.ClientIP = func(*http.Request) netip.Addr { return netip.MustParseAddr("198.51.100.7") }
		})
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member))
		trips := func(name string, atMost int, do func()) {
			t.Helper()
			before := limiter.trips
			do()
			if n := limiter.trips - before; n > atMost {
				t.Errorf("%s: the limiter was asked %d times, want %d at most", name, n, atMost)
			}
		}
		var page reply
		trips("a navigation that sends", 2, func() { b.get("/payouts") })
		trips("the page", 1, func() { page = b.get("/stepup/?policy=money&next=/payouts") })
		trips("a wrong passcode", 2, func() { b.enter(page, wrong(a.emu.LastCode(member))) })
		time.Sleep(time.Minute)
		trips("another message", 2, func() { b.post("/stepup/send", page.fields()) })
		for range 3 {
			trips("a wrong passcode", 2, func() { b.enter(page, wrong(a.emu.LastCode(member))) })
		}
		trips("a right passcode, and what follows it", 3, func() {
			b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
		})
	})
}

// Forty-five milliseconds to the limiter and back.
func TestAWholeJourneyWorksWithALimiterFarAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := &hookLimiter{}
		limiter.far = 45 * time.Millisecond
		a := newApp(t, func(c *stepup.Config) { c.Limiter = limiter })
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member))
		page := b.challenge()
		for range 4 {
			b.enter(page, wrong(a.emu.LastCode(member))).wantPage(http.StatusUnprocessableEntity, contract.StateCode, contract.CodeIncorrect)
		}
		time.Sleep(time.Minute)
		page = b.follow(b.post("/stepup/send", page.fields()))
		b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
		b.get("/payouts").wantStatus(http.StatusOK)
	})
}

// Guarded means guarded: what another site sends is refused while the step-up is
// fresh too.
func TestWhatAnotherSiteSendsNeverRuns(t *testing.T) {
	for _, site := range []string{"cross-site", "same-site"} {
		for _, path := range []string{"/payouts", "/transfers"} {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				b := a.browser(a.emu.SignIn(a.emu.AddMember(), withFreshSMS()))
				b.post(path, map[string][]string{"amount": {"12"}}).wantStatus(http.StatusOK)
				ran := a.payouts.Load()
				b.post(path, map[string][]string{"amount": {"12"}}, "Sec-Fetch-Site", site, "Origin", "https://blog.example.com").
					wantPage(http.StatusForbidden, contract.StateCrossOrigin, contract.CodeCrossOrigin)
				if a.payouts.Load() != ran {
					t.Errorf("%s from %s ran", path, site)
				}
			})
		}
	}
}

func TestAnotherSiteSignsNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		b := a.browser(a.emu.SignIn(a.emu.AddMember()))
		r := b.post("/logout", nil, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example").wantStatus(http.StatusServiceUnavailable)
		if r.header.Get("Set-Cookie") != "" || a.calls("sessions/revoke") != 0 {
			t.Errorf("the session was ended: %v", r.header)
		}
		b.get("/account").wantStatus(http.StatusOK)
	})
}

// Toll fraud: many members, one number, or one organization.
func TestANumberThatManyMembersTypeGetsThreeMessagesAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{CallingCodes: []string{"1"}}))
		sent := 0
		for range 50 {
			b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone(), stytchtest.InOrganization(a.emu.AddOrganization(stytchtest.Organization{})))))
			if b.fetch("POST", "/stepup/phone", `{"policy":"money","phone":"+14155550123"}`).status == http.StatusOK {
				sent++
			}
			b.fetch("POST", "/stepup/phone", `{"policy":"money","phone":"+18765550123"}`).wantStatus(http.StatusUnprocessableEntity)
		}
		if n := len(a.emu.Messages("")); n != 3 || sent != 3 {
			t.Errorf("%d messages were sent to one number within an hour, %d said to be, want 3", n, sent)
		}
	})
}

func TestAProxyThatWritesNoAddressIsHeardOf(t *testing.T) {
	for _, forwarded := range []string{"unknown", "", "10.0.0.9"} {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, func(c *stepup.Config) {
				c.ClientIP = stepup.TrustProxies(netip.MustParsePrefix("10.0.0.0/8"))
			})
			b := a.browser(a.emu.SignIn(a.emu.AddMember()))
			b.fetch("POST", "/stepup/send", `{"policy":"money"}`, "Test-Remote-Addr", "10.0.0.1:1", "X-Forwarded-For", forwarded).wantStatus(http.StatusOK)
			heard := false
			for _, e := range a.events {
				heard = heard || e.Kind == stepup.EventFailed && e.Reason == "client_ip"
			}
			if !heard {
				t.Errorf("X-Forwarded-For %q: no event", forwarded)
			}
		})
	}
}

// A made-up key id just before the keys are rotated must not cost the members
// with the new key.
func TestARotationAfterAForgedKeyIDCostsNobodyAnything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember(), withFreshSMS(), stytchtest.WithJWTAge(time.Hour), stytchtest.WithDuration(3*time.Hour))
		forged := "eyJhbGciOiJSUzI1NiIsImtpZCI6Im1hZGUtdXAiLCJ0eXAiOiJKV1QifQ" + session.JWT[strings.IndexByte(session.JWT, '.'):]
		for range 5 {
			a.browser(nil).get("/account", "Cookie", "stytch_session_jwt="+forged)
		}
		a.emu.RotateKeys(true)
		a.browser(session).get("/payouts").wantStatus(http.StatusOK)
	})
}

func TestAMemberWhoGivesUpIsLedWhereTheAppSays(t *testing.T) {
	a := newApp(t, func(c *stepup.Config) { c.Links.Cancel = "/overview?from=stepup" })
	b := a.browser(a.emu.SignIn(a.emu.AddMember()))
	b.post("/stepup/cancel", b.challenge().fields()).wantRedirect("/overview?from=stepup")
}

// pipes is a listener whose connections stay in this process, and in a bubble.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// Half a body and then silence, on a server that has no timeouts.
func TestSlowBodiesEnd(t *testing.T) {
	for _, tt := range []struct {
		name, path string
		session    bool
	}{
		{"of the verify page, without a session", "/stepup/", false},
		{"of the verify page, with one", "/stepup/", true},
		{"of a guarded form", "/payouts", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				session := a.emu.SignIn(a.emu.AddMember())
				listener := make(pipes)
				server := &http.Server{Handler: a.handler}
				go server.Serve(listener)
				began := time.Now()
				done := make(chan time.Duration)
				for range 20 {
					client, conn := net.Pipe()
					listener <- conn
					go func() {
						defer client.Close()
						cookie := ""
						if tt.session {
							cookie = "Cookie: stytch_session_jwt=" + session.JWT + "\r\n"
						}
						go io.WriteString(client, "POST "+tt.path+" HTTP/1.1\r\nHost: app.example.com\r\nOrigin: https://app.example.com\r\nSec-Fetch-Site: same-origin\r\n"+
							"Sec-Fetch-Mode: navigate\r\n"+cookie+"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 50000\r\n\r\namount=1"+strings.Repeat("2", 3000))
						io.Copy(io.Discard, client)
						done <- time.Since(began)
					}()
				}
				for range 20 {
					if took := <-done; took > 10*time.Second {
						t.Errorf("the connection was held for %v", took)
					}
				}
				close(listener)
				server.Close()
			})
		})
	}
}
