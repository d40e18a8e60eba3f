// CSRF middleware in front of the whole app. The verify handler checks origins
// itself and its pages carry no tokens of others, so it has to be exempt.

package routers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/csrf"
	"github.com/justinas/nosurf"
	echo4 "github.com/labstack/echo/v4"
	middleware4 "github.com/labstack/echo/v4/middleware"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/rungauth/rung/stepup/contract"
)

// tokenPackage is a CSRF package that wants a token in every POST.
type tokenPackage struct {
	name    string
	field   string // that the token is posted in
	refused int    // the status without a token
	silent  bool   // it wants no token from browsers that say where they come from
	serve   func(a *app, exempt bool)
}

func tokenPackages() []tokenPackage {
	return []tokenPackage{
		{name: "nosurf", field: "csrf_token", refused: http.StatusBadRequest, serve: func(a *app, exempt bool) {
			protected := nosurf.New(withToken(a, nosurf.Token))
			if exempt {
				protected.ExemptRegexp("^/stepup/")
			}
			a.serve(protected)
		}},
		{name: "gorilla/csrf", field: "gorilla.csrf.Token", refused: http.StatusForbidden, serve: func(a *app, exempt bool) {
			protected := csrf.Protect([]byte("0123456789abcdef0123456789abcdef"))(withToken(a, csrf.Token))
			a.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if exempt && strings.HasPrefix(r.URL.Path, "/stepup/") {
					r = csrf.UnsafeSkipCheck(r)
				}
				protected.ServeHTTP(w, r)
			}))
		}},
		{name: "echo v4", field: "csrf", refused: http.StatusBadRequest, silent: true, serve: func(a *app, exempt bool) {
			config := middleware4.CSRFConfig{TokenLookup: "form:csrf"}
			if exempt {
				config.Skipper = func(c echo4.Context) bool { return strings.HasPrefix(c.Request().URL.Path, "/stepup/") }
			}
			e := echo4App(a)
			e.Use(middleware4.CSRFWithConfig(config))
			e.GET("/token", func(c echo4.Context) error { return c.String(http.StatusOK, fmt.Sprint(c.Get("csrf"))) })
			a.serve(e)
		}},
		{name: "echo v5", field: "csrf", refused: http.StatusBadRequest, silent: true, serve: func(a *app, exempt bool) {
			config := middleware.CSRFConfig{TokenLookup: "form:csrf"}
			if exempt {
				config.Skipper = func(c *echo.Context) bool { return strings.HasPrefix(c.Request().URL.Path, "/stepup/") }
			}
			e := echo5App(a)
			e.Use(middleware.CSRFWithConfig(config))
			e.GET("/token", func(c *echo.Context) error { return c.String(http.StatusOK, fmt.Sprint(c.Get("csrf"))) })
			a.serve(e)
		}},
	}
}

// withToken is the app with a page that shows the token for its forms.
func withToken(a *app, token func(*http.Request) string) http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /token", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, token(r)) })
	m.Handle("/", serveMux(a))
	return m
}

func TestCSRFTokensAreAskedOfOurPagesToo(t *testing.T) {
	for _, tt := range tokenPackages() {
		t.Run(tt.name, func(t *testing.T) {
			a := newApp(t, "")
			tt.serve(a, false)
			b, member := a.signedIn(t)
			page := b.follow(b.get("/payouts")).wantPage(http.StatusOK, contract.StateCode, contract.CodeChallengePending)
			a.wantMessages(t, member, 1) // nobody will be able to use it

			if tt.silent {
				b.press(page, "", "code", wrong(a.emu.LastCode(member))).
					wantPage(http.StatusUnprocessableEntity, contract.StateCode, contract.CodeIncorrect)
			}
			b.silent = tt.silent
			for _, button := range []string{"", "send", "cancel"} {
				b.press(page, button, "code", a.emu.LastCode(member)).wantStatus(tt.refused)
			}
			b.fetch(http.MethodPost, "/stepup/send", `{"policy":"money"}`).wantStatus(tt.refused)
			a.program(t, b.cookie("stytch_session_jwt")).fetch(http.MethodPost, "/stepup/send", `{"policy":"money"}`).wantStatus(tt.refused)
		})
	}
}

func TestOurPagesWorkWhenTheyAreExemptFromCSRFTokens(t *testing.T) {
	for _, tt := range tokenPackages() {
		t.Run(tt.name, func(t *testing.T) {
			a := newApp(t, "")
			tt.serve(a, true)

			b, member := a.signedIn(t)
			b.silent = tt.silent
			b.stepUp(b.follow(b.get("/payouts")), member).wantRedirect("/payouts")
			b.get("/payouts").wantStatus(http.StatusOK)
			a.wantReached(t, 1)

			member = a.emu.AddMember()
			program := a.program(t, a.emu.SignIn(member).JWT)
			program.fetch(http.MethodPost, "/stepup/send", `{"policy":"money"}`).wantCode(http.StatusOK, contract.CodeChallengePending)
			program.fetch(http.MethodPost, "/stepup/", `{"policy":"money","code":"`+a.emu.LastCode(member)+`"}`).wantCode(http.StatusOK, contract.CodeVerified)
		})
	}
}

func TestAKeptFormCarriesItsCSRFToken(t *testing.T) {
	for _, tt := range tokenPackages() {
		t.Run(tt.name, func(t *testing.T) {
			a := newApp(t, "")
			tt.serve(a, true)
			b, member := a.signedIn(t)
			b.silent = tt.silent
			token := b.get("/token").wantStatus(http.StatusOK).body

			page := b.press(reply{t: t, body: `<form action="/payouts?draft=7"><input name="amount" value="5000"><input name="` + tt.field + `" value="` + token + `"></form>`}, "")
			page.wantPage(http.StatusUnauthorized, contract.StateAsk, contract.CodeStepUpRequired)
			ready := b.stepUp(page, member).wantPage(http.StatusOK, contract.StateContinue, contract.CodeVerified)
			b.press(ready, "").wantStatus(http.StatusOK).wantBody("POST payouts to all by " + member.ID)
			a.wantReached(t, 1)
			if len(a.arrived) != 1 || !strings.HasPrefix(a.arrived[0], "draft=7 amount=5000&"+tt.field+"=") {
				t.Errorf("arrived %q, want the form with its token", a.arrived)
			}
		})
	}
}

// What is exempt is exempt for our pages alone.
func TestTheExemptionFromCSRFTokensIsForOurPagesAlone(t *testing.T) {
	for _, tt := range tokenPackages() {
		t.Run(tt.name, func(t *testing.T) {
			a := newApp(t, "")
			tt.serve(a, true)
			b, _ := a.steppedUp(t)
			b.silent = tt.silent
			b.post("/payouts", "amount=5000").wantStatus(tt.refused)
			for _, spelling := range []string{
				"/stepup/../payouts", "/stepup/%2e%2e/payouts", "/stepup/..%2fpayouts", "//stepup/../payouts", "/stepup/./../payouts", "/stepup//../payouts",
			} {
				b.ask(http.MethodPost, spelling)
				a.wantReached(t, 0)
			}
		})
	}
}

// The standard library looks at origins, as the guard does, and wants no token.
func TestCrossOriginProtectionNeedsNoExemption(t *testing.T) {
	a := newApp(t, "")
	a.serve(new(http.CrossOriginProtection).Handler(serveMux(a)))
	run(t, a, journeys(), forms(), programs(), sessions(), addresses())
}
