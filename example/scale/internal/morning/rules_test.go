package morning

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/example/scale/internal/instance"
	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytchtest"
)

func newInstance(t *testing.T) *instance.App {
	t.Helper()
	a, err := instance.New(10*time.Minute, new(stepup.MemoryLimiter))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	a.Stytch.Reset()
	return a
}

// rules are those of a guard with the defaults.
func rules(t *testing.T) (r Rules) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := newInstance(t)
		member := a.Emulator.AddMember()
		if err := a.Browser(a.Emulator.SignIn(member)).StepUp(func() string { return a.Emulator.LastCode(member) }); err != nil {
			t.Fatal(err)
		}
		r = a.Limiter.Rules()
	})
	return r
}

func TestAJWTIsRenewedWhenTheModelSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newInstance(t)
		b := a.Browser(a.Emulator.SignIn(a.Emulator.AddMember()))
		for _, tt := range []struct {
			after time.Duration
			calls int
		}{{span(jwtLife+leeway) - time.Second, 0}, {2 * time.Second, 1}} {
			time.Sleep(tt.after)
			if r := b.Get("/account"); r.Status != http.StatusOK {
				t.Fatalf("status %d, want 200", r.Status)
			}
			if got := a.Stytch.Calls(); got != tt.calls {
				t.Errorf("%d calls to Stytch, want %d", got, tt.calls)
			}
		}
	})
}

func TestCallsThatHangEndWhenTheModelSaysSo(t *testing.T) {
	for _, tt := range []struct {
		name, endpoint, page string
		phase                phase
	}{
		{"a renewal", "sessions/authenticate", "/account", phaseRenew},
		{"a message", "otps/sms/send", "/guarded", phaseSend},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newInstance(t)
				age := time.Duration(0)
				if tt.phase == phaseRenew {
					age = 6 * time.Minute
				}
				b := a.Browser(a.Emulator.SignIn(a.Emulator.AddMember(), stytchtest.WithJWTAge(age)))
				a.Emulator.Fail(stytchtest.Fault{Path: tt.endpoint, Delay: time.Hour})
				began := time.Now()
				if r := b.Get(tt.page); r.Status != http.StatusServiceUnavailable {
					t.Errorf("status %d, want 503", r.Status)
				}
				c := call{phase: tt.phase}
				if got, want := time.Since(began), span(c.patience(0)); got != want {
					t.Errorf("it took %v, in the model it takes %v", got, want)
				}
			})
		})
	}
}

// crowd is what became of members who click at once with JWTs that have expired:
// how many were answered with 200 and 503, and when the last one was.
type crowd struct {
	fine, unavailable int
	last              time.Duration
}

func guarded(t *testing.T, members int, latency time.Duration) (c crowd) {
	synctest.Test(t, func(t *testing.T) {
		a := newInstance(t)
		browsers := make([]*instance.Browser, members)
		for i := range browsers {
			browsers[i] = a.Browser(a.Emulator.SignIn(a.Emulator.AddMember(), stytchtest.WithJWTAge(6*time.Minute)))
		}
		a.Emulator.Fail(stytchtest.Fault{Path: "sessions/authenticate", Delay: latency, Times: members})
		began := time.Now()
		var mu sync.Mutex
		var all sync.WaitGroup
		for _, b := range browsers {
			all.Go(func() {
				r := b.Get("/account")
				mu.Lock()
				defer mu.Unlock()
				switch r.Status {
				case http.StatusOK:
					c.fine++
				case http.StatusServiceUnavailable:
					c.unavailable++
				}
				c.last = max(c.last, time.Since(began))
			})
		}
		all.Wait()
	})
	return c
}

func modeled(t *testing.T, members int, latency time.Duration) (c crowd) {
	t.Helper()
	s := newSim(Config{
		Members: members, Instances: 1, Length: time.Hour, Row: time.Hour, MaxAge: 10 * time.Minute, Latency: latency,
		Rules: rules(t), Organizations: []float64{1000}, steady: true,
	}, rand.New(rand.NewPCG(1, 1)))
	s.wheel = wheel{} // nothing but these clicks
	for i := range s.members {
		s.members[i] = member{jwtFrom: -6 * minute, factorAt: never, activeTo: hour}
		s.request(int32(i), stepClick)
	}
	for {
		e, ok := s.wheel.next(30 * second)
		if !ok {
			break
		}
		switch e.kind {
		case evCallEnds:
			s.callEnds(e.who)
			c.fine++
		case evWaitOver:
			before := s.tally.row.Failures()
			s.waitOver(e.who)
			if s.tally.row.Failures() == before {
				continue
			}
		default:
			continue // they try again
		}
		c.last = span(s.now())
	}
	c.unavailable = s.tally.row.Failures()
	return c
}

func TestACrowdIsServedAsInTheModel(t *testing.T) {
	if guarded(t, 150, 200*time.Millisecond).unavailable > 0 {
		t.Skip("this guard refuses calls beyond a hundred instead of letting them wait")
	}
	for _, tt := range []struct {
		name    string
		members int
		latency time.Duration
		want    crowd
	}{
		{"500 members at once, calls of 200 ms", 500, 200 * time.Millisecond, crowd{500, 0, time.Second}},
		{"500 members at once, calls of 1.5 s: the fourth hundred would wait longer than 4 s", 500, 1500 * time.Millisecond, crowd{300, 200, 4500 * time.Millisecond}},
		{"2,300 members at once: 200 are too many to wait", 2300, 150 * time.Millisecond, crowd{2100, 200, 3150 * time.Millisecond}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := modeled(t, tt.members, tt.latency); got != tt.want {
				t.Errorf("in the model %+v, want %+v", got, tt.want)
			}
			if got := guarded(t, tt.members, tt.latency); got != tt.want {
				t.Errorf("the guard: %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestTheWindowsOfTheModelAreTheGuards(t *testing.T) {
	l := newLimits(rules(t), 1)
	for _, tt := range []struct {
		name string
		got  windows
		want windows
	}{
		{"cooldown", l.cooldown, windows{{30 * second, 1}, {90 * second, 2}, {210 * second, 3}}},
		{"messages of a session", l.session, windows{{hour, 3}, {24 * hour, 5}}},
		{"messages of a member", l.member, windows{{hour, 5}, {24 * hour, 10}}},
		{"messages of a member in all", l.total, windows{{24 * hour, 200}}},
		{"messages that navigations caused", l.automatic, windows{{10 * minute, 1}}},
		{"passcodes of a session", l.codesSession, windows{{24 * hour, 5}}},
		{"passcodes of a member", l.codesMember, windows{{hour, 8}}},
		{"messages of an organization", l.organization, windows{{hour, 200}}},
		{"messages of the project", l.project, windows{{hour, 1000}}},
	} {
		if !slices.Equal(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	if l.organizationIsAdvice || !l.projectIsAdvice {
		t.Error("want a budget of an organization that refuses, and one of the project that warns")
	}
}
