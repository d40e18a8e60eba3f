package stepup_test

import (
	"context"
	"errors"
	"fmt"
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

func TestTheCooldownOfMessagesGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) { c.Limits.SendsPerSession = stepup.Windows{time.Hour: 5} })
		b := a.browser(a.emu.SignIn(a.emu.AddMember()))
		page := b.challenge()
		began := time.Now()
		var sent []time.Duration
		for time.Since(began) < 20*time.Minute {
			time.Sleep(time.Second)
			r := b.post("/stepup/send", page.fields())
			if r.status == http.StatusSeeOther {
				sent = append(sent, time.Since(began))
				continue
			}
			r.wantPage(http.StatusTooManyRequests, contract.StateCode, contract.CodeResendCooldown)
			if r.header.Get("Retry-After") == "" {
				t.Fatal("429 without Retry-After")
			}
		}
		want := []time.Duration{30 * time.Second, 90 * time.Second, 210 * time.Second}
		if len(sent) < 3 || sent[0] != want[0] || sent[1] != want[1] || sent[2] < want[2] {
			t.Errorf("messages were sent after %v, want %v and so on", sent, want)
		}
		if n := len(a.emu.Messages("")); n != 5 {
			t.Errorf("%d messages in 20 minutes, want 5", n)
		}
	})
}

func TestAResendThatIsTooEarlyKeepsThePageUsable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, member, b := signedIn(t)
		page := b.challenge()
		form := page.fields()
		form.Set("code", "123 4")
		page = b.post("/stepup/send", form).wantPage(http.StatusTooManyRequests, contract.StateCode, contract.CodeResendCooldown)
		if got := page.fields().Get("code"); got != "123 4" {
			t.Errorf("the field holds %q, want what was typed", got)
		}
		if d := b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantCode(429, contract.CodeResendCooldown); d["retry_after"] != 30.0 {
			t.Errorf("got retry_after %v, want 30", d["retry_after"])
		}
		b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
	})
}

func TestMessagesOfAClientAddressAreLimitedWhereItIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) {
			c.ClientIP = stepup.TrustProxies(netip.MustParsePrefix("10.0.0.0/8"))
			c.Limits.SendsPerIP = stepup.Windows{time.Hour: 3}
		})
		send := func(from string) reply {
			b := a.browser(a.emu.SignIn(a.emu.AddMember()))
			return b.fetch("POST", "/stepup/send", `{"policy":"money"}`, "Test-Remote-Addr", "10.0.0.1:1", "X-Forwarded-For", from)
		}
		for range 3 {
			send("198.51.100.7").wantStatus(200)
		}
		send("198.51.100.7").wantCode(429, contract.CodeResendCooldown)
		send("203.0.113.1, 198.51.100.7").wantCode(429, contract.CodeResendCooldown)
		send("198.51.100.8").wantStatus(200)
	})
}

func TestOneSessionOnManyAddressesDoesNotFillTheLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := netip.MustParseAddr("10.0.0.1")
		a := newApp(t, func(c *stepup.Config) {
			c.Limiter = &stepup.MemoryLimiter{MaxKeys: 40}
			c.ClientIP = func(*http.Request) netip.Addr { return from }
		})
		b := a.browser(a.emu.SignIn(a.emu.AddMember()))
		for range 500 {
			b.fetch("POST", "/stepup/send", `{"policy":"money"}`)
			from = from.Next()
		}
		a.browser(a.emu.SignIn(a.emu.AddMember())).fetch("POST", "/stepup/send", `{"policy":"money"}`).wantStatus(200)
	})
}

func TestForgedExpiredTokensMakeNoCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember(), stytchtest.WithDuration(24*time.Hour))
		old := a.emu.JWT(session.ID, time.Hour)
		signed := old[:strings.LastIndexByte(old, '.')+1]
		b := a.browser(nil)
		for i := range 10_000 {
			forged := fmt.Sprintf("%s%08d%s", signed, i, old[len(signed)+8:])
			if r := b.get("/account", "Cookie", "stytch_session_jwt="+forged+"; stytch_session="+session.Token); r.status != http.StatusSeeOther {
				t.Fatalf("forged token %d: got status %d", i, r.status)
			}
		}
		if n := a.calls("sessions/authenticate"); n != 0 {
			t.Errorf("Stytch was asked %d times", n)
		}
	})
}

func TestTheBudgetOfAnOrganizationStopsAndThatOfTheProjectWarns(t *testing.T) {
	two := stepup.Windows{time.Hour: 2}
	for _, tt := range []struct {
		name   string
		limits stepup.Limits
		reason string
		stops  bool
	}{
		{"an organization's budget stops it", stepup.Limits{SendsPerOrganization: two}, "organization", true},
		{"an organization's budget only warns where the app says so", stepup.Limits{SendsPerOrganization: two, OrganizationOnlyWarns: true}, "organization", false},
		{"the project's budget warns", stepup.Limits{SendsPerProject: two}, "project", false},
		{"the project's budget stops where the app says so", stepup.Limits{SendsPerProject: two, ProjectStops: true}, "project", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, func(c *stepup.Config) { c.Limits = tt.limits })
				for i := range 4 {
					b := a.browser(a.emu.SignIn(a.emu.AddMember()))
					want := 200
					if tt.stops && i >= 2 {
						want = 429
					}
					b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantStatus(want)
				}
				limited := 0
				a.mu.Lock()
				for _, e := range a.events {
					if e.Kind == stepup.EventLimited && e.Reason == tt.reason && e.OrganizationID != "" {
						limited++
					}
				}
				a.mu.Unlock()
				if limited != 2 {
					t.Errorf("%d events, want 2", limited)
				}
			})
		})
	}
}

func TestALaterRefusalGivesTheEarlierTakesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) {
			c.ClientIP = func(*http.Request) netip.Addr { return netip.MustParseAddr("198.51.100.7") }
			c.Limits.SendsPerIP = stepup.Windows{time.Minute: 1}
		})
		a.browser(a.emu.SignIn(a.emu.AddMember())).fetch("POST", "/stepup/send", `{"policy":"money"}`).wantStatus(200)
		b := a.browser(a.emu.SignIn(a.emu.AddMember()))
		for range 20 { // more than the member's own limit of a day
			b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantStatus(429)
		}
		time.Sleep(time.Minute)
		b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantStatus(200)
	})
}

// faultyLimiter stands for a shared limiter that is down or hangs.
type faultyLimiter struct {
	stepup.MemoryLimiter
	hang bool
}

var errLimiter = errors.New("limiter is down")

func (l *faultyLimiter) Take(ctx context.Context, _ []stepup.Count) ([]stepup.Room, error) {
	if l.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return nil, errLimiter
}

func TestWithoutALimiterNothingIsSentAndNothingIsJudged(t *testing.T) {
	for _, hang := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, func(c *stepup.Config) { c.Limiter = &faultyLimiter{hang: hang} })
			member := a.emu.AddMember()
			b := a.browser(a.emu.SignIn(member))
			began := time.Now()
			b.follow(b.get("/payouts")).wantPage(200, contract.StateAsk, contract.CodeStepUpRequired)
			r := b.fetch("POST", "/stepup/send", `{"policy":"money"}`)
			r.wantCode(503, contract.CodeProviderUnavailable)
			if r.header.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
			b.fetch("POST", "/stepup/", `{"policy":"money","code":"123456"}`).wantCode(503, contract.CodeProviderUnavailable)
			if took := time.Since(began); took > 450*time.Millisecond {
				t.Errorf("four answers took %v, want 100 ms each at most", took)
			}
			if len(a.emu.Messages("")) != 0 || a.calls("otps/sms/authenticate") != 0 {
				t.Error("something happened")
			}
			// A member who has stepped up does not notice.
			fresh := a.browser(a.emu.SignIn(member, withFreshSMS()))
			fresh.get("/payouts").wantStatus(200)
		})
	}
}

func TestNoSecretLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		secrets := []string{session.JWT, session.Token, member.PhoneNumber, member.PhoneNumber[2:], a.emu.Secret}

		// A journey with everything that can go wrong in it.
		b := a.browser(session)
		page := b.challenge()
		b.enter(page, wrong(a.emu.LastCode(member)))
		b.enter(page, "12 34")
		time.Sleep(31 * time.Second)
		b.post("/stepup/send", page.fields())
		for _, path := range []string{"otps/sms/send", "otps/sms/authenticate", "sessions/authenticate"} {
			for _, fault := range everyFault(path) {
				a.emu.Fail(fault)
				b.fetch("POST", "/stepup/send", `{"policy":"money"}`)
				b.fetch("POST", "/stepup/", `{"policy":"money","code":"`+wrong(a.emu.LastCode(member))+`"}`)
				b.get("/payouts")
				a.emu.ClearFaults()
				time.Sleep(3 * time.Second)
			}
		}
		for _, m := range a.emu.Messages("") {
			secrets = append(secrets, m.Code)
		}
		other := a.browser(a.emu.SignIn(member))
		other.enter(other.get("/stepup/?policy=money"), a.emu.LastCode(member))
		other.get("/payouts")
		secrets = append(secrets, other.cookie("stytch_session_jwt"))
		a.browser(nil).get("/account", "Cookie", "stytch_session_jwt="+session.JWT[:len(session.JWT)-4]+"AAAA")
		a.bearer(session.JWT).call("GET", "/payouts", "")
		other.post("/logout", nil)

		a.mu.Lock()
		defer a.mu.Unlock()
		said := append([]string{a.log.String()}, a.pages...)
		for _, e := range a.events {
			if e.Err != nil {
				said = append(said, e.Err.Error())
			}
		}
		if len(said) < 50 || len(a.events) < 20 {
			t.Fatalf("the journey was short: %d texts, %d events", len(said), len(a.events))
		}
		for _, text := range said {
			for _, secret := range secrets {
				for _, part := range tokenParts(secret) {
					if strings.Contains(text, part) {
						t.Errorf("%q stands in\n%s", part, text)
					}
				}
			}
		}
	})
}

// tokenParts are a secret and the parts of a JWT that are secret by themselves.
func tokenParts(secret string) []string {
	parts := []string{secret}
	if split := strings.Split(secret, "."); len(split) == 3 {
		parts = append(parts, split[1][:40], split[2][:40])
	}
	return parts
}
