package stepup_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// inContext runs what an interceptor would with the context of a request.
func inContext(a *app, session *stytchtest.Session, method string, headers []string, see func(context.Context)) {
	r, err := http.NewRequest(method, appURL+"/rpc", nil)
	if err != nil {
		a.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if session != nil {
		session.AddCookies(r)
	}
	a.guard.LoadSession(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		type key struct{}
		see(context.WithValue(r.Context(), key{}, 1))
	})).ServeHTTP(discard{header: http.Header{}}, r)
}

func TestCheckContextIsCheckWithoutTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		old, fresh := a.emu.SignIn(member), a.emu.SignIn(member, stytchtest.WithFactor("otp", "sms", time.Minute))
		forged := []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}
		for _, tt := range []struct {
			name    string
			session *stytchtest.Session
			headers []string
			policy  stepup.Policy
			want    error
		}{
			{"nobody", nil, nil, a.policy, stepup.ErrNoSession},
			{"a session without a second factor", old, nil, a.policy, stepup.ErrStepUpRequired},
			{"a fresh step-up", fresh, nil, a.policy, nil},
			{"a fresh step-up behind a forged request", fresh, forged, a.policy, stepup.ErrCrossOrigin},
			{"a policy of another guard", fresh, nil, stepup.Policy{Name: "other", MaxAge: time.Hour}, stepup.ErrPolicy},
		} {
			inContext(a, tt.session, "POST", tt.headers, func(ctx context.Context) {
				if err := a.guard.CheckContext(ctx, tt.policy); !errors.Is(err, tt.want) || tt.want == nil && err != nil {
					t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
				}
			})
		}
		if err := a.guard.CheckContext(t.Context(), a.policy); !errors.Is(err, stepup.ErrNoSession) {
			t.Errorf("behind no middleware: got %v", err)
		}
		other := newApp(t)
		inContext(a, fresh, "GET", nil, func(ctx context.Context) {
			if err := other.guard.CheckContext(ctx, other.policy); !errors.Is(err, stepup.ErrNoSession) {
				t.Errorf("behind another guard: got %v", err)
			}
			if until := other.guard.OpenUntil(ctx, other.policy); !until.IsZero() {
				t.Errorf("behind another guard: open until %v", until)
			}
		})
	})
}

func TestOpenUntilIsWhenTheProofGetsTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		every := stepup.Policy{Name: "every", MaxAge: 10 * time.Minute, EveryTime: true}
		a := newApp(t, func(c *stepup.Config) { c.Policies = append(c.Policies, every) })
		member := a.emu.AddMember()
		inContext(a, a.emu.SignIn(member, stytchtest.WithFactor("otp", "sms", 4*time.Minute)), "GET", nil, func(ctx context.Context) {
			if left := time.Until(a.guard.OpenUntil(ctx, a.policy)).Round(time.Second); left != 6*time.Minute {
				t.Errorf("open for %v, want 6 minutes", left)
			}
			if until := a.guard.OpenUntil(ctx, every); !until.IsZero() {
				t.Errorf("a policy that asks every time is open until %v", until)
			}
		})
		inContext(a, a.emu.SignIn(member), "GET", nil, func(ctx context.Context) {
			if until := a.guard.OpenUntil(ctx, a.policy); !until.IsZero() {
				t.Errorf("without a second factor: open until %v", until)
			}
		})
		if until := a.guard.OpenUntil(t.Context(), a.policy); !until.IsZero() {
			t.Errorf("behind no middleware: open until %v", until)
		}
	})
}
