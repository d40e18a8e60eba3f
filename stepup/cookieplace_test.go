package stepup_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// twoCookies is a browser that holds cookies of two sessions, the older one first,
// as after a release that changed Cookies.Domain.
func twoCookies(a *app, older, newer string) *browser {
	b := a.browser(nil)
	b.header.Set("Cookie", "stytch_session_jwt="+older+"; stytch_session_jwt="+newer)
	return b
}

func TestACookieThatWasLeftBehindIsNoSecondSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		for _, tt := range []struct {
			name  string
			older func() string
			want  int
		}{
			{"of a session that was revoked", func() string { s := a.emu.SignIn(member); a.emu.Revoke(s.ID); return s.JWT }, 200},
			{"of a session that was revoked, expired too", func() string {
				s := a.emu.SignIn(member, stytchtest.WithJWTAge(10*time.Minute))
				a.emu.Revoke(s.ID)
				return s.JWT
			}, 200},
			{"older than RefreshWithin", func() string { return a.emu.JWT(a.emu.SignIn(member).ID, 25*time.Hour) }, 200},
			{"of a session that is alive", func() string { return a.emu.SignIn(a.emu.AddMember()).JWT }, 400},
		} {
			older := tt.older()
			for _, jwtAge := range []time.Duration{0, 10 * time.Minute} {
				now := a.emu.SignIn(member, stytchtest.WithJWTAge(jwtAge))
				r := twoCookies(a, older, now.JWT).get("/account").wantStatus(tt.want)
				if tt.want == 200 {
					r.wantBody(member.ID)
				}
			}
		}
	})
}

func TestNobodyCanTellWhichOfTwoSessionsIsAliveWhileStytchIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		one, two := a.emu.SignIn(a.emu.AddMember()), a.emu.SignIn(a.emu.AddMember())
		a.emu.Revoke(one.ID)
		a.emu.Fail(stytchtest.Fault{Path: "sessions/authenticate", Status: 503, Times: 10})
		twoCookies(a, one.JWT, two.JWT).get("/account").wantPage(400, contract.StateConflict, contract.CodeSessionConflict)
	})
}

// places are where the cookies of an answer are removed from.
func places(r reply, name string) (places []string) {
	for _, c := range (&http.Response{Header: r.header}).Cookies() {
		if c.Name == name && c.MaxAge < 0 {
			places = append(places, c.Domain+c.Path)
		}
	}
	slices.Sort(places)
	return places
}

func TestCookiesOfEarlierReleasesAreRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) {
			c.Cookies.Domain = "example.com"
			c.Cookies.Older = []stepup.CookiePlace{{Domain: "app.example.com"}, {Path: "/app"}}
		})
		member := a.emu.AddMember()
		b := a.browser(nil)
		others := []string{"/", "/app", "app.example.com/"}
		renewed := b.get("/account", "Cookie", "stytch_session_jwt="+a.emu.SignIn(member, stytchtest.WithJWTAge(10*time.Minute)).JWT).wantStatus(200)
		if got := places(renewed, "stytch_session_jwt"); !slices.Equal(got, others) {
			t.Errorf("a renewal removes the cookies at %q, want %q", got, others)
		}
		out := b.post("/logout", nil, "Cookie", "stytch_session_jwt="+a.emu.SignIn(member).JWT).wantStatus(200)
		for _, name := range []string{"stytch_session_jwt", "stytch_session"} {
			if got := places(out, name); !slices.Equal(got, append(slices.Clone(others), "example.com/")) {
				t.Errorf("a sign-out removes %s at %q", name, got)
			}
		}
	})
}
