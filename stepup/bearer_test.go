package stepup_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
)

func TestTheAppSaysWhichHeaderHoldsTheSession(t *testing.T) {
	none := func(*http.Request) (string, bool) { return "", false }
	for _, tt := range []struct {
		name   string
		bearer func(*http.Request) (string, bool)
		cookie bool
		header string
		value  string // "" = the session's JWT
		status int
	}{
		{"by default, a bearer token of ours", nil, false, "Authorization", "Bearer ", 200},
		{"by default, a bearer token of the app beside our cookie", nil, true, "Authorization", "Bearer app-token", 401},
		{"a bearer token of the app where bearer is not ours", none, true, "Authorization", "Bearer app-token", 200},
		{"a bearer token of ours where bearer is not ours", none, false, "Authorization", "Bearer ", 401},
		{"a header of its own", stepup.SessionHeader("x-session", ""), false, "X-Session", "", 200},
		{"a header of its own, beside a bearer token of the app", stepup.SessionHeader("X-Session", ""), true, "Authorization", "Bearer app-token", 200},
		{"junk in a header of its own beside a good cookie", stepup.SessionHeader("X-Session", ""), true, "X-Session", "junk", 401},
		{"a scheme of its own", stepup.SessionHeader("Authorization", "Stytch"), false, "Authorization", "stytch ", 200},
		{"another scheme beside a good cookie", stepup.SessionHeader("Authorization", "Stytch"), true, "Authorization", "Bearer app-token", 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, func(c *stepup.Config) { c.Bearer = tt.bearer })
				session := a.emu.SignIn(a.emu.AddMember())
				b := a.browser(nil)
				if tt.cookie {
					b = a.browser(session)
				}
				value := tt.value
				if value == "" || value[len(value)-1] == ' ' {
					value += session.JWT
				}
				b.fetch("GET", "/account", "", tt.header, value).wantStatus(tt.status)
			})
		})
	}
}

// A handler may send a clone of its request, with another token, through a guard.
func TestAnAdmissionCountsOnlyForTheHeaderItWasFoundBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) { c.Bearer = stepup.SessionHeader("X-Session", "") })
		ada, bob := a.emu.SignIn(a.emu.AddMember()), a.emu.SignIn(a.emu.AddMember())
		var inner string
		outer := a.guard.RequireSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			clone := r.Clone(r.Context())
			clone.Header.Set("X-Session", bob.JWT)
			a.guard.RequireSession(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				s, _ := stepup.SessionFromContext(r.Context())
				inner = s.MemberID()
			})).ServeHTTP(w, clone)
		}))
		r, err := http.NewRequest("GET", "https://app.example.com/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Session", ada.JWT)
		outer.ServeHTTP(discard{header: http.Header{}}, r)
		if inner != bob.MemberID {
			t.Errorf("the clone with bob's token ran as %q", inner)
		}
	})
}

// A step-up answers in the channel of its own header.
func TestTheHeaderOfItsOwnGetsTheTokensInTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *stepup.Config) { c.Bearer = stepup.SessionHeader("X-Session", "") })
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		b := a.browser(nil)
		b.fetch("POST", "/stepup/send", `{"policy":"money"}`, "X-Session", session.JWT).wantCode(200, contract.CodeChallengePending)
		r := b.fetch("POST", "/stepup/", `{"policy":"money","code":"`+a.emu.LastCode(member)+`"}`, "X-Session", session.JWT)
		jwt, _ := r.wantCode(200, contract.CodeVerified)["session_jwt"].(string)
		if jwt == "" || len(r.header["Set-Cookie"]) > 0 {
			t.Errorf("got the JWT %q and cookies %v", jwt, r.header["Set-Cookie"])
		}
		b.fetch("GET", "/payouts", "", "X-Session", jwt).wantStatus(200)
	})
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
