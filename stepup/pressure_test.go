package stepup_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// hookLimiter calls a func before each key is taken or forgotten, and counts
// what was recorded and forgotten, by the kind of key.
type hookLimiter struct {
	stepup.MemoryLimiter
	take, undo func(ctx context.Context, key string) error // nil = none

	far time.Duration // how long an answer takes

	mu               sync.Mutex
	trips            int
	recorded, undone map[string]int
}

func (l *hookLimiter) Take(ctx context.Context, counts []stepup.Count) ([]stepup.Room, error) {
	l.mu.Lock()
	l.trips++
	l.mu.Unlock()
	if err := l.travel(ctx); err != nil {
		return nil, err
	}
	if l.take != nil {
		for _, c := range counts {
			if err := l.take(ctx, c.Key); err != nil {
				return nil, err
			}
		}
	}
	rooms, err := l.MemoryLimiter.Take(ctx, counts)
	if err != nil {
		return nil, err
	}
	for i, c := range counts {
		if rooms[i].Wait > 0 && !c.Advisory {
			return rooms, nil
		}
	}
	for i, c := range counts {
		if rooms[i].Wait == 0 && !c.LookOnly {
			l.count(&l.recorded, c.Key)
		}
	}
	return rooms, nil
}

func (l *hookLimiter) Forget(ctx context.Context, newest map[string]int) error {
	l.mu.Lock()
	l.trips++
	l.mu.Unlock()
	if err := l.travel(ctx); err != nil {
		return err
	}
	for key := range newest {
		if l.undo != nil {
			if err := l.undo(ctx, key); err != nil {
				return err
			}
		}
		l.count(&l.undone, key)
	}
	return l.MemoryLimiter.Forget(ctx, newest)
}

func (l *hookLimiter) travel(ctx context.Context) error {
	select {
	case <-time.After(l.far):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *hookLimiter) count(of *map[string]int, key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if *of == nil {
		*of = make(map[string]int)
	}
	kind, _, _ := strings.Cut(key, ":")
	(*of)[kind]++
}

func (a *app) count(kind stepup.EventKind) (n int) {
	for _, k := range a.kinds() {
		if k == kind {
			n++
		}
	}
	return n
}

// A passcode is judged in a goroutine of its own, where net/http recovers
// nothing: a broken hook must cost one answer and not the process.
func TestAHookThatPanicsCostsOneAnswer(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit bool // the limiter is broken; otherwise OnEvent is
		do    func()
	}{
		{"a limiter that panics", true, func() { panic("limiter") }},
		{"a limiter that ends its goroutine", true, runtime.Goexit},
		{"an OnEvent that panics", false, func() { panic("event") }},
		{"an OnEvent that ends its goroutine", false, runtime.Goexit},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var broken atomic.Bool
				a := newApp(t, func(c *stepup.Config) {
					c.Limiter = &hookLimiter{take: func(_ context.Context, key string) error {
						if tt.limit && broken.Load() && strings.HasPrefix(key, "codes-") {
							tt.do()
						}
						return nil
					}}
					c.OnEvent = func(_ context.Context, e stepup.Event) {
						if !tt.limit && broken.Load() && e.Kind == stepup.EventCodeRejected {
							tt.do()
						}
					}
				})
				member := a.emu.AddMember()
				b := a.browser(a.emu.SignIn(member))
				page := b.challenge()
				broken.Store(true)
				b.enter(page, wrong(a.emu.LastCode(member))).wantPage(503, contract.StateUnavailable, contract.CodeProviderUnavailable)
				if a.payouts.Load() != 0 {
					t.Error("the handler behind the guard ran")
				}
				broken.Store(false)
				b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
				a.guard.Close() // and nothing is left to wait for
			})
		})
	}
}

// The client chooses what comes beside a JWT, so that must not decide how many
// calls there are.
func TestMadeUpTokensAreNotRelayedToStytch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember())
		for i := range 200 {
			a.browser(nil).get("/payouts", "Cookie", fmt.Sprintf("stytch_session_jwt=%s; stytch_session=made-up-%d", session.JWT, i)).
				wantStatus(http.StatusSeeOther)
		}
		// One asks by the token, which is not its session's, and then by the JWT.
		if n := a.calls("sessions/authenticate"); n > 2 {
			t.Errorf("200 requests of one session made %d calls to Stytch, want at most 2", n)
		}
	})
}

// If the JWT is too old to renew its session, the opaque token decides, and
// each one is another question: only so many may be asked in a minute.
func TestMadeUpTokensBesideAnOldJWTAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember(), stytchtest.WithDuration(100*time.Hour))
		old := a.emu.JWT(session.ID, 25*time.Hour)
		for i := range 50 {
			if r := a.browser(nil).get("/account", "Cookie", fmt.Sprintf("stytch_session_jwt=%s; stytch_session=made-up-%d", old, i)); r.status == 200 {
				t.Fatal("a made-up token renewed the session")
			}
		}
		if n := a.calls("sessions/authenticate"); n != 10 {
			t.Errorf("50 made-up tokens made %d calls to Stytch, want 10", n)
		}
		time.Sleep(time.Minute)
		a.browser(nil).get("/account", "Cookie", "stytch_session_jwt="+old+"; stytch_session="+session.Token).wantStatus(http.StatusOK)
	})
}

func TestOneMemberDoesNotTakeAllCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		flooder, other := a.emu.SignIn(a.emu.AddMember()), a.emu.SignIn(a.emu.AddMember())
		a.emu.Fail(stytchtest.Fault{Path: "sessions/authenticate", Delay: 1500 * time.Millisecond, Times: 150})
		var flood sync.WaitGroup
		for i := range 150 {
			flood.Go(func() {
				a.browser(nil).get("/payouts", "Cookie", fmt.Sprintf("stytch_session_jwt=%s; stytch_session=made-up-%d", flooder.JWT, i))
			})
		}
		time.Sleep(100 * time.Millisecond)
		a.browser(other).get("/payouts").wantStatus(http.StatusSeeOther)
		flood.Wait()
	})
}

// The passcode is the session's and not the policy's.
func TestOnePasscodeForTwoPoliciesIsOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) {
			c.Policies = append(c.Policies, stepup.Policy{Name: "admin", MaxAge: time.Minute})
		})
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member))
		b.challenge()
		code := a.emu.LastCode(member)
		a.emu.Fail(stytchtest.Fault{Path: "otps/sms/authenticate", Delay: time.Second, Times: 2})
		done := make(chan reply)
		for _, policy := range []string{"money", "admin"} {
			go func() { done <- b.fetch("POST", "/stepup/", `{"policy":"`+policy+`","code":"`+code+`"}`) }()
		}
		for range 2 {
			(<-done).wantCode(http.StatusOK, contract.CodeVerified)
		}
		if n := a.calls("otps/sms/authenticate"); n != 1 {
			t.Errorf("Stytch was shown the passcode %d times, want once", n)
		}
	})
}

// After Close nothing of the app is used any more: its limiter may be gone.
func TestCloseWaitsForWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var closed, told, late atomic.Bool
		a := newApp(t, func(c *stepup.Config) {
			c.OnEvent = func(_ context.Context, e stepup.Event) {
				time.Sleep(10 * time.Millisecond)
				if e.Kind == stepup.EventFailed {
					told.Store(true)
				}
				if closed.Load() {
					late.Store(true)
				}
			}
		})
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member))
		page := b.challenge()
		a.emu.Fail(stytchtest.Fault{Path: "otps/sms/authenticate", Delay: 3 * time.Second})
		left := make(chan struct{})
		go func() { b.enter(page, a.emu.LastCode(member)); close(left) }()
		time.Sleep(time.Second)
		began := time.Now()
		a.guard.Close()
		closed.Store(true)
		if took := time.Since(began); took > time.Second {
			t.Errorf("Close took %v, so the call was not cut short", took)
		}
		if !told.Load() {
			t.Error("no event reports the call that was cut short")
		}
		<-left
		time.Sleep(10 * time.Second)
		if late.Load() {
			t.Error("OnEvent ran after Close had returned")
		}
		b.fetch("POST", "/stepup/", `{"policy":"money","code":"123456"}`).wantCode(503, contract.CodeProviderUnavailable)
	})
}

// All takes of a request share 100 ms, whichever of them hangs. Refunding what
// was counted before needs no more time than that either.
func TestALimiterThatHangsHalfwayIsWaitedForOnce(t *testing.T) {
	hang := func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
	for _, tt := range []struct{ name, path, key string }{
		{"at the session of a passcode", "/stepup/", "codes-session"},
		{"at the organization of a message", "/stepup/send", "send-organization"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, func(c *stepup.Config) {
					c.Limiter = &hookLimiter{undo: hang, take: func(ctx context.Context, key string) error {
						if strings.HasPrefix(key, tt.key) {
							return hang(ctx, key)
						}
						return nil
					}}
				})
				b := a.browser(a.emu.SignIn(a.emu.AddMember()))
				began := time.Now()
				b.fetch("POST", tt.path, `{"policy":"money","code":"123456"}`).wantCode(503, contract.CodeProviderUnavailable)
				if took := time.Since(began); took > 150*time.Millisecond {
					t.Errorf("the answer took %v, want 100 ms", took)
				}
				if len(a.emu.Messages("")) != 0 || a.calls("otps/sms/authenticate") != 0 {
					t.Error("something happened")
				}
			})
		})
	}
}

// A message over a budget that stops nothing is sent, but not counted: a
// refund for it would take away somebody else's count.
func TestOnlyWhatWasCountedIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := &hookLimiter{}
		a := newApp(t, func(c *stepup.Config) {
			c.Limiter = limiter
			c.Limits.SendsPerProject = stepup.Windows{time.Hour: 1}
		})
		a.browser(a.emu.SignIn(a.emu.AddMember())).get("/payouts").wantStatus(303) // fills the budget
		a.emu.Fail(stytchtest.Fault{Path: "otps/sms/send", Status: 429})
		a.browser(a.emu.SignIn(a.emu.AddMember())).get("/payouts").wantStatus(503) // surely not sent
		limiter.mu.Lock()
		defer limiter.mu.Unlock()
		if got := limiter.recorded["send-project"]; got != 1 {
			t.Errorf("%d messages were counted for the project, want 1", got)
		}
		if got := limiter.undone["send-project"]; got != 0 {
			t.Errorf("%d messages were given back to the project, want none", got)
		}
		if got := limiter.undone["send-member"]; got != 1 {
			t.Errorf("%d messages were given back to the member, want 1", got)
		}
	})
}

// Deny answers with what the middleware found, and does not look again.
func TestKeysThatAreAwayAreWaitedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emu := stytchtest.NewUnstartedServer()
		session := emu.SignIn(emu.AddMember())
		emu.Fail(stytchtest.Fault{Path: "sessions/jwks/", Status: 500, Times: 1000})
		client, err := stytch.New(stytch.Config{ProjectID: emu.ProjectID, Secret: emu.Secret, BaseURL: emu.URL, HTTPClient: emu.Client()})
		if err != nil {
			t.Fatal(err)
		}
		config := goodConfig(t)
		config.Client = client
		guard, err := stepup.New(config)
		if err != nil {
			t.Fatal(err)
		}
		defer guard.Close()
		r := httptest.NewRequest("GET", "/", nil)
		session.AddCookies(r)
		rec := httptest.NewRecorder()
		began := time.Now()
		guard.RequireSession(http.NotFoundHandler()).ServeHTTP(rec, r)
		if took := time.Since(began); took > 350*time.Millisecond {
			t.Errorf("the request was parked for %v, want at most 300 ms", took)
		}
		if rec.Code != http.StatusServiceUnavailable {
			t.Errorf("got status %d, want 503", rec.Code)
		}
	})
}

// A passcode may need three calls: how the session stands, the passcode, and how the
// session stands after a lost reply. Together they have six seconds.
func TestAPasscodeIsAnsweredWithinSixSeconds(t *testing.T) {
	for _, pause := range []time.Duration{0, 3 * time.Second} { // with and without a remembered answer to the first
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t)
			b := a.browser(a.emu.SignIn(a.emu.AddMember()))
			page := b.challenge()
			time.Sleep(pause)
			if pause > 0 { // the first call succeeds as late as it may
				a.emu.Fail(stytchtest.Fault{Path: "sessions/authenticate", Delay: 1900 * time.Millisecond})
			}
			a.emu.Fail(stytchtest.Fault{Delay: time.Minute, Times: 10})
			began := time.Now()
			b.enter(page, "123456").wantPage(503, contract.StateUnavailable, contract.CodeProviderUnavailable)
			if took := time.Since(began); took > 6*time.Second {
				t.Errorf("the answer took %v", took)
			}
		})
	}
}

// If Stytch refuses the app's credentials, the app is at fault, and trying
// again does not help.
func TestRefusedCredentialsAreNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		b := a.browser(a.emu.SignIn(a.emu.AddMember()))
		a.emu.Fail(stytchtest.Fault{Path: "sessions/authenticate", ErrorType: "unauthorized_credentials", Times: 100})
		b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantCode(500, contract.CodeMisconfigured)
		b.get("/payouts").wantPage(500, contract.StateFailed, contract.CodeMisconfigured)
		if a.count(stepup.EventFailed) != 2 {
			t.Errorf("got events %v, want one alarm for each", a.kinds())
		}
	})
}

// Only what should have worked raises an alarm.
func TestRoutineEventsRaiseNoAlarm(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(a *app, session *stytchtest.Session)
	}{
		{"a client that hangs up", func(a *app, session *stytchtest.Session) {
			a.emu.Fail(stytchtest.Fault{Path: "sessions/authenticate", Delay: time.Second})
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(100*time.Millisecond, cancel)
			r := httptest.NewRequest("GET", "/payouts", nil).WithContext(ctx)
			session.AddCookies(r)
			r.Header.Set("Sec-Fetch-Mode", "navigate")
			a.handler.ServeHTTP(httptest.NewRecorder(), r)
		}},
		{"a reload", func(a *app, session *stytchtest.Session) {
			b := a.browser(session)
			b.get("/payouts").wantStatus(http.StatusSeeOther)
			time.Sleep(3 * time.Minute)
			b.get("/payouts").wantStatus(http.StatusSeeOther)
		}},
		{"a double click", func(a *app, session *stytchtest.Session) {
			b := a.browser(session)
			b.get("/payouts").wantStatus(http.StatusSeeOther)
			b.get("/payouts").wantStatus(http.StatusSeeOther)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t)
				tt.do(a, a.emu.SignIn(a.emu.AddMember()))
				time.Sleep(10 * time.Second)
				for _, kind := range []stepup.EventKind{stepup.EventFailed, stepup.EventLimited, stepup.EventLocked} {
					if a.count(kind) != 0 {
						t.Errorf("got events %v", a.kinds())
					}
				}
			})
		})
	}
}

func TestOneRenewalIsOneEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember(), stytchtest.WithJWTAge(6*time.Minute))
		for range 50 {
			a.browser(session).get("/account").wantStatus(http.StatusOK)
		}
		if events, calls := a.count(stepup.EventRefreshed), a.calls("sessions/authenticate"); events != 1 || calls != 1 {
			t.Errorf("%d events of %d calls, want one of one", events, calls)
		}
	})
}

// Some load balancers write a port behind the address.
func TestAForwardedAddressWithAPortIsLimitedToo(t *testing.T) {
	for _, from := range []string{"203.0.113.5", "203.0.113.5:%d", "2001:db8::5", "[2001:db8::5]:%d"} {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, func(c *stepup.Config) {
				c.ClientIP = stepup.TrustProxies(netip.MustParsePrefix("192.0.2.0/24"))
				c.Limits.SendsPerIP = stepup.Windows{time.Hour: 2}
			})
			for i := range 6 {
				hop := strings.Replace(from, "%d", fmt.Sprint(4711+i), 1)
				a.browser(a.emu.SignIn(a.emu.AddMember())).get("/payouts", "X-Forwarded-For", hop).wantStatus(http.StatusSeeOther)
			}
			if n := len(a.emu.Messages("")); n != 2 {
				t.Errorf("%s: %d messages for one address, want 2", from, n)
			}
		})
	}
}

// No request put together at random makes the guard panic or fail, reaches the
// handler or leaves the site; all of them within a moment send at most one
// message.
func TestRandomRequestsDoNothingUnexpected(t *testing.T) {
	const n = 3000
	statuses := make(map[int]int)
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 0))
				a := newApp(t)
				session := a.emu.SignIn(a.emu.AddMember())
				for range n {
					r := randomRequest(random, session)
					rec := httptest.NewRecorder()
					a.handler.ServeHTTP(rec, r)
					statuses[rec.Code]++
					path, _, _ := strings.Cut(rec.Header().Get("Location"), "?")
					ours := slices.Contains([]string{"/", "/login", "/stepup/"}, path)
					if rec.Code == 500 || rec.Code == 303 && !ours {
						t.Errorf("%s %s, Accept %q, Referer %q: status %d, location %q\n%s", r.Method, r.RequestURI,
							r.Header.Get("Accept"), r.Referer(), rec.Code, rec.Header().Get("Location"), rec.Body)
					}
				}
				if a.payouts.Load() != 0 {
					t.Error("the handler behind the guard ran")
				}
				if n := len(a.emu.Messages("")); n > 1 {
					t.Errorf("%d messages were sent, want at most 1", n)
				}
			})
		})
	}
	for _, status := range []int{200, 303, 400, 401, 403, 404, 405, 409, 415, 422, 429} {
		if statuses[status] == 0 {
			t.Errorf("no request was answered with %d: %v", status, statuses)
		}
	}
}

func randomRequest(random *rand.Rand, session *stytchtest.Session) *http.Request {
	pick := func(s ...string) string { return s[random.IntN(len(s))] }
	target := pick("/payouts", "/transfers", "/account", "/", "/stepup/", "/stepup/send", "/stepup/cancel", "/stepup/status",
		"/stepup/x", "/stepup/%2e%2e") +
		pick("", "?policy=money", "?policy=money&next=//evil.example", "?policy=money&next=/stepup/", "?policy=money&policy=money", "?%zz", "?session=x&policy=money", "?policy=x")
	body := pick("", "policy=money", "policy=money&code=123456", `{"policy":"money"}`, `{"policy":"money","code":"000000"}`,
		`{"policy":"money","code":"1"}`, "null", "[]", `{"policy":null}`, "%zz", "a;b")
	r := httptest.NewRequest(pick("GET", "GET", "HEAD", "POST", "POST", "POST", "PUT", "OPTIONS", "TRACE", "BREW"), target, strings.NewReader(body))
	for _, name := range []string{"Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Accept", "Content-Type", "Hx-Request", "Hx-Current-Url", "Origin", "Purpose", "Referer"} {
		if value := pick("", "", "navigate", "cors", "same-origin", "none", "cross-site", "document", "text/html", "application/json", "application/json",
			"application/x-www-form-urlencoded", "true", "https://app.example.com", "prefetch", "https://example.com//evil.example/", "\x00", ";;", "text/html;q=NaN"); value != "" {
			r.Header.Set(name, value)
		}
	}
	switch random.IntN(3) { // some are what a browser or a script would send
	case 0:
		r.Header = http.Header{"Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}, "Sec-Fetch-Site": {"same-origin"}}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case 1:
		r.Header = http.Header{"Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Site": {"same-origin"}, "Content-Type": {"application/json"}}
	}
	switch random.IntN(6) {
	case 0:
		r.Header.Set("Authorization", pick("Bearer", "Bearer ", "bearer x", "Bearer "+session.JWT, "Basic x"))
	case 1: // nobody
	default:
		session.AddCookies(r)
		if random.IntN(3) == 0 {
			r.Header.Add("Cookie", pick("__Host-stepup=junk", "stytch_session_jwt=x", "stytch_session_jwt="+session.JWT, "=", ";;;"))
		}
	}
	return r
}

func TestAHandlerMayTakeItsTimeBeforeItDenies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		a.handler = a.guard.RequireSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(7 * time.Second) // an upload from a phone
			a.guard.Deny(w, r, a.guard.Check(r, a.policy))
		}))
		a.browser(a.emu.SignIn(a.emu.AddMember())).get("/slow").wantStatus(http.StatusSeeOther)
	})
}

func TestAHungLimiterIsWaitedForNowhereLongerThanItsPatience(t *testing.T) {
	hang := func(kind string) func(*stepup.Config) {
		return func(c *stepup.Config) {
			c.Limiter = &hookLimiter{take: func(ctx context.Context, key string) error {
				if !strings.HasPrefix(key, kind) {
					return nil
				}
				<-ctx.Done()
				return ctx.Err()
			}}
		}
	}
	within := func(t *testing.T, op func()) {
		began := time.Now()
		if op(); time.Since(began) > 150*time.Millisecond {
			t.Errorf("it took %v, want 100 ms", time.Since(began))
		}
	}
	t.Run("when a step-up elsewhere is taken over", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, hang("retry"))
			member := a.emu.AddMember()
			session := a.emu.SignIn(member)
			tab, sleeping := a.browser(session), a.browser(session)
			tab.enter(tab.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
			within(t, func() {
				sleeping.get("/transfers").wantPage(http.StatusOK, contract.StateContinue, contract.CodeAlreadySatisfied)
			})
		})
	})
	t.Run("when an old session is renewed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, hang("renew"))
			session := a.emu.SignIn(a.emu.AddMember(), stytchtest.WithJWTAge(26*time.Hour), stytchtest.WithDuration(300*time.Hour))
			within(t, func() { a.browser(session).get("/account").wantStatus(http.StatusServiceUnavailable) })
		})
	})
}

func TestWhatOurLimitsRefuseCostsStytchNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, enrolling(stepup.Enrollment{}))
		b := a.browser(a.emu.SignIn(a.emu.AddMember()))
		for i := range 200 {
			b.fetch("POST", "/stepup/", fmt.Sprintf(`{"policy":"money","code":"%06d"}`, i))
		}
		if n := a.calls("sessions/authenticate"); n > 6 {
			t.Errorf("200 passcodes, 195 of them refused by us, asked Stytch %d times how the session stands", n)
		}
		a.emu.ResetCalls()
		c := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithoutPhone())))
		for range 200 {
			c.fetch("POST", "/stepup/phone", `{"policy":"money","phone":"+14155550123"}`)
		}
		if n := len(a.emu.Calls()); n > 10 {
			t.Errorf("200 phone forms made %d calls", n)
		}
	})
}
