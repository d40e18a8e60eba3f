package stepup_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// minutesSent are the session_duration_minutes of each call that carried a
// passcode; 0 = it named none.
func (a *app) minutesSent() (all []int) {
	a.t.Helper()
	for _, c := range a.emu.Calls() {
		if !strings.HasSuffix(c.Path, "/authenticate") || strings.HasSuffix(c.Path, "sessions/authenticate") {
			continue
		}
		var body struct {
			Minutes int `json:"session_duration_minutes"`
		}
		if err := json.Unmarshal(c.Body, &body); err != nil {
			a.t.Fatal(err)
		}
		all = append(all, body.Minutes)
	}
	return all
}

func TestHowLongASessionLivesAfterAStepUp(t *testing.T) {
	const minute, hour, day = time.Minute, time.Hour, 24 * time.Hour
	type config struct{ duration, extendBy, maxSession time.Duration }
	for _, tt := range []struct {
		name    string
		config  config
		started time.Duration // ago
		left    time.Duration
		minutes int
	}{
		{"two minutes are left: the least that Stytch makes", config{}, 0, 2 * minute, 5},
		{"five minutes are left", config{}, 0, 5 * minute, 5},
		{"an hour is left", config{}, 0, hour, 60},
		{"an hour and almost a minute are left", config{}, 0, hour + 59*time.Second, 60},
		{"30 days are left", config{}, 0, 30 * day, 30 * 24 * 60},
		{"366 days are left", config{}, 0, 366 * day, 527040},

		{"SessionDuration lengthens a session of two minutes", config{duration: 8 * hour}, 0, 2 * minute, 480},
		{"SessionDuration lengthens one of an hour", config{duration: 8 * hour}, 0, hour, 480},
		{"SessionDuration shortens one of 30 days", config{duration: 8 * hour}, 0, 30 * day, 480},

		{"ExtendBy counts from the end of a session of two minutes", config{extendBy: hour}, 0, 2 * minute, 62},
		{"ExtendBy lengthens one of an hour", config{extendBy: hour}, 0, hour, 120},
		{"ExtendBy lengthens one of 30 days", config{extendBy: hour}, 0, 30 * day, 30*24*60 + 60},
		{"ExtendBy ends at the longest session that Stytch makes", config{extendBy: 366 * day}, 0, 30 * day, 527040},

		{"MaxSession leaves a session of two minutes alone", config{maxSession: 8 * hour}, hour, 2 * minute, 5},
		{"MaxSession leaves one of an hour alone", config{maxSession: 8 * hour}, hour, hour, 60},
		{"MaxSession ends one of 30 days that began an hour ago", config{maxSession: 8 * hour}, hour, 30 * day, 7 * 60},
		{"MaxSession has passed: the least that Stytch makes", config{maxSession: 8 * hour}, 9 * hour, 30 * day, 5},
		{"MaxSession passes in two minutes", config{maxSession: 8 * hour}, 8*hour - 2*minute, 30 * day, 5},
		{"MaxSession ends what ExtendBy lengthens", config{extendBy: day, maxSession: 8 * hour}, 2 * hour, hour, 6 * 60},
		{"MaxSession does not end what ExtendBy lengthens by less", config{extendBy: hour, maxSession: 8 * hour}, 2 * hour, hour, 120},
		{"MaxSession ends what SessionDuration sets", config{duration: 8 * hour, maxSession: 12 * hour}, 10 * hour, hour, 120},
		{"MaxSession and SessionDuration of a session that has just begun", config{duration: 8 * hour, maxSession: 12 * hour}, 0, 2 * minute, 480},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, func(c *stepup.Config) {
					c.SessionDuration, c.ExtendBy, c.MaxSession = tt.config.duration, tt.config.extendBy, tt.config.maxSession
				})
				member := a.emu.AddMember()
				session := a.emu.SignIn(member, stytchtest.WithFactor("password", "unknown", tt.started), stytchtest.WithDuration(tt.left))
				b := a.browser(session)
				b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
				if got := a.minutesSent(); len(got) != 1 || got[0] != tt.minutes {
					t.Errorf("session_duration_minutes is %v, want %d", got, tt.minutes)
				}
				after, err := a.verifier().Verify(t.Context(), b.cookie("stytch_session_jwt"))
				if err != nil {
					t.Fatal(err)
				}
				if left := time.Until(after.ExpiresAt()); left != time.Duration(tt.minutes)*minute {
					t.Errorf("the session ends in %v, want %d minutes", left, tt.minutes)
				}
			})
		})
	}
}

// What counts is the end of the session as Stytch has it, and not that of the
// JWT, which may be from before somebody extended it.
func TestTheEndOfTheSessionIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) { c.ExtendBy = time.Hour })
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		first, second := a.browser(session), a.browser(session)
		first.enter(first.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
		time.Sleep(11 * time.Minute)
		second.enter(second.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
		if got := a.minutesSent(); len(got) != 2 || got[0] != 120 || got[1] != 120-11+60 {
			t.Errorf("session_duration_minutes is %v, want 120 and 169", got)
		}
	})
}

func TestTheLifeOfASessionHoldsForEveryFactor(t *testing.T) {
	for _, method := range []stepup.Method{stepup.TOTP, stepup.RecoveryCode} {
		t.Run(string(method), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				policy := stepup.Policy{Name: "other", MaxAge: time.Hour, Methods: []stepup.Method{method}}
				a := newApp(t, withPolicies(policy), func(c *stepup.Config) { c.ExtendBy = 30 * time.Minute })
				member := a.emu.AddMember(stytchtest.WithTOTP())
				b := a.browser(a.emu.SignIn(member))
				page := b.challenge()
				code := a.emu.TOTPCode(member)
				if method == stepup.RecoveryCode {
					code = a.emu.RecoveryCodes(member)[0]
				}
				b.enter(page, code)
				b.get("/payouts").wantStatus(200)
				after, err := a.verifier().Verify(t.Context(), b.cookie("stytch_session_jwt"))
				if err != nil {
					t.Fatal(err)
				}
				if left := time.Until(after.ExpiresAt()); left != 90*time.Minute {
					t.Errorf("the session ends in %v, want 90 minutes", left)
				}
			})
		})
	}
}
