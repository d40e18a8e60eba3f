// Middleware that takes the slash off the end of paths, in front of the whole
// app. The page of VerifyPath "/stepup/" is the same as that of "/stepup", and an
// app that has no slashes at the end of its paths can write it so.

package routers_test

import (
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"
	echo4 "github.com/labstack/echo/v4"
	middleware4 "github.com/labstack/echo/v4/middleware"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/rungauth/rung/stepup"
)

// slashMiddleware takes slashes off.
type slashMiddleware struct {
	name      string
	redirects bool // by sending the client to the path without the slash
	serve     func(a *app)
}

func slashMiddlewares() []slashMiddleware {
	moved := http.StatusMovedPermanently
	return []slashMiddleware{
		{"echo v4 RemoveTrailingSlash", false, func(a *app) { a.serve(slashlessEcho4(a, middleware4.RemoveTrailingSlash())) }},
		{"echo v4 RemoveTrailingSlash, redirecting", true, func(a *app) {
			a.serve(slashlessEcho4(a, middleware4.RemoveTrailingSlashWithConfig(middleware4.TrailingSlashConfig{RedirectCode: moved})))
		}},
		{"echo v5 RemoveTrailingSlash", false, func(a *app) { a.serve(slashlessEcho5(a, middleware.RemoveTrailingSlash())) }},
		{"echo v5 RemoveTrailingSlash, redirecting", true, func(a *app) {
			a.serve(slashlessEcho5(a, middleware.RemoveTrailingSlashWithConfig(middleware.RemoveTrailingSlashConfig{RedirectCode: moved})))
		}},
		{"chi StripSlashes", false, func(a *app) { a.serve(slashlessChi(a, chimiddleware.StripSlashes)) }},
		{"chi RedirectSlashes", true, func(a *app) { a.serve(slashlessChi(a, chimiddleware.RedirectSlashes)) }},
	}
}

func slashlessEcho4(a *app, m echo4.MiddlewareFunc) http.Handler {
	e := echo4App(a)
	e.Pre(m)
	e.Any("/stepup", echo4.WrapHandler(a.guard.VerifyHandler()))
	return e
}

func slashlessEcho5(a *app, m echo.MiddlewareFunc) http.Handler {
	e := echo5App(a)
	e.Pre(m)
	e.Any("/stepup", echo.WrapHandler(a.guard.VerifyHandler()))
	return e
}

// Mount serves both "/stepup" and what is below it.
func slashlessChi(a *app, m func(http.Handler) http.Handler) http.Handler {
	r := chi.NewRouter()
	r.Use(m)
	r.Mount("/stepup", a.guard.VerifyHandler())
	r.Mount("/", chiRouter(a))
	return r
}

func withoutSlash(c *stepup.Config) { c.VerifyPath = "/stepup" }

func TestTheVerifyPathMayEndWithoutASlash(t *testing.T) {
	t.Run("net/http ServeMux", func(t *testing.T) {
		a := newApp(t, "", withoutSlash)
		m := http.NewServeMux()
		m.Handle("/stepup", a.guard.VerifyHandler())
		m.Handle("/", serveMux(a))
		a.serve(m)
		conformance(t, a)
	})
	for _, tt := range slashMiddlewares() {
		t.Run(tt.name, func(t *testing.T) {
			a := newApp(t, "", withoutSlash)
			tt.serve(a)
			conformance(t, a)
		})
	}
}

// Middleware that rewrites the path and does not redirect needs no other
// configuration: the client sees the slash, the verify handler does not.
func TestTheVerifyPageIsServedWithoutItsSlash(t *testing.T) {
	for _, tt := range slashMiddlewares() {
		if tt.redirects {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			a := newApp(t, "")
			tt.serve(a)
			conformance(t, a)
		})
	}
}

func TestBothSpellingsOfTheVerifyPathAreOne(t *testing.T) {
	for _, verifyPath := range []string{"/stepup", "/stepup/"} {
		a := newApp(t, "", func(c *stepup.Config) { c.VerifyPath = verifyPath })
		m := http.NewServeMux()
		m.Handle("/stepup", a.guard.VerifyHandler())
		m.Handle("/", serveMux(a))
		a.serve(m)
		for _, path := range []string{"/stepup", "/stepup/"} {
			b, member := a.signedIn(t)
			page := b.get(path+"?policy=money&next=%2Fpayouts", "Sec-Fetch-Site", "none").wantStatus(http.StatusOK)
			if got := page.form().action; got != verifyPath {
				t.Errorf("VerifyPath %q: the form of %s leads to %q", verifyPath, path, got)
			}
			page = b.press(page, "send")
			b.stepUp(b.follow(page), member).wantRedirect("/payouts")
		}
		// Neither is a page to come back to.
		for _, next := range []string{"%2Fstepup", "%2Fstepup%2F", "%2Fstepup%3Fpolicy%3Dmoney"} {
			b, member := a.signedIn(t)
			b.stepUp(b.get(verifyPath+"?policy=money&next="+next), member).wantRedirect("/")
		}
	}
}
