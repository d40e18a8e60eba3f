// echo takes middleware and handlers of net/http by itself.

package routers_test

import (
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"testing"

	echo4 "github.com/labstack/echo/v4"
	middleware4 "github.com/labstack/echo/v4/middleware"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/rungauth/rung/stepup"
)

// In echo, WrapMiddleware and WrapHandler are all that a guard needs. The
// session is in the context of the request. A guard belongs to routes, or to a
// group with a prefix of its own.
func Example_echo() {
	guard, money := exampleGuard()
	defer guard.Close()

	e := echo.New()
	e.Any("/stepup/*", echo.WrapHandler(guard.VerifyHandler()))
	e.GET("/payouts", func(c *echo.Context) error {
		session, _ := stepup.SessionFromContext(c.Request().Context())
		return c.String(http.StatusOK, session.MemberID())
	}, echo.WrapMiddleware(guard.Require(money)))
	// Halfway through a handler:
	e.POST("/transfers", func(c *echo.Context) error {
		if err := guard.Check(c.Request(), money); err != nil {
			guard.Deny(c.Response(), c.Request(), err)
			return nil
		}
		return c.String(http.StatusOK, "sent")
	}, echo.WrapMiddleware(guard.RequireSession))
	log.Print(e.Start("127.0.0.1:8080"))
}

// echo v4 differs in the type of the context alone.
func Example_echo4() {
	guard, money := exampleGuard()
	defer guard.Close()

	e := echo4.New()
	e.Any("/stepup/*", echo4.WrapHandler(guard.VerifyHandler()))
	e.GET("/payouts", func(c echo4.Context) error {
		session, _ := stepup.SessionFromContext(c.Request().Context())
		return c.String(http.StatusOK, session.MemberID())
	}, echo4.WrapMiddleware(guard.Require(money)))
	log.Print(e.Start("127.0.0.1:8080"))
}

func echo5App(a *app) *echo.Echo {
	e := echo.New()
	e.Logger = slog.New(slog.DiscardHandler)
	e.Use(middleware.Recover())
	handle := func(h http.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			h(c.Response(), c.Request())
			return nil
		}
	}
	e.Any("/stepup/*", echo.WrapHandler(a.guard.VerifyHandler()))
	e.GET("/", handle(a.home), echo.WrapMiddleware(a.guard.LoadSession))
	e.GET("/account", handle(a.account), echo.WrapMiddleware(a.guard.RequireSession))
	e.POST("/transfers", handle(a.transfers), echo.WrapMiddleware(a.guard.RequireSession))
	e.POST("/login", handle(a.signIn))
	e.POST("/logout", handle(a.signOut))
	guarded := echo.WrapMiddleware(a.guard.Require(a.money))
	e.Any("/payouts", handle(a.payouts), guarded)
	e.GET("/broken", handle(a.broken), guarded)
	e.Any("/payees/:name", func(c *echo.Context) error {
		name, err := url.PathUnescape(c.Param("name"))
		a.payee(c.Response(), c.Request(), name)
		return err
	}, guarded)
	return e
}

func echo4App(a *app) *echo4.Echo {
	e := echo4.New()
	e.Logger.SetOutput(io.Discard)
	e.Use(middleware4.Recover())
	handle := func(h http.HandlerFunc) echo4.HandlerFunc {
		return func(c echo4.Context) error {
			h(c.Response(), c.Request())
			return nil
		}
	}
	e.Any("/stepup/*", echo4.WrapHandler(a.guard.VerifyHandler()))
	e.GET("/", handle(a.home), echo4.WrapMiddleware(a.guard.LoadSession))
	e.GET("/account", handle(a.account), echo4.WrapMiddleware(a.guard.RequireSession))
	e.POST("/transfers", handle(a.transfers), echo4.WrapMiddleware(a.guard.RequireSession))
	e.POST("/login", handle(a.signIn))
	e.POST("/logout", handle(a.signOut))
	guarded := echo4.WrapMiddleware(a.guard.Require(a.money))
	e.Any("/payouts", handle(a.payouts), guarded)
	e.GET("/broken", handle(a.broken), guarded)
	e.Any("/payees/:name", func(c echo4.Context) error {
		name, err := url.PathUnescape(c.Param("name"))
		a.payee(c.Response(), c.Request(), name)
		return err
	}, guarded)
	return e
}

// echo answers what a group does not have behind the middleware of the group. In
// one without a prefix that is everything that the app does not have, and looking
// for a picture that is not there sends a message.
func TestAnEchoGroupWithoutAPrefixGuardsWhatIsNotThere(t *testing.T) {
	for name, serve := range map[string]func(a *app){
		"echo v4": func(a *app) {
			e := echo4.New()
			e.Group("", echo4.WrapMiddleware(a.guard.Require(a.money)))
			a.serve(e)
		},
		"echo v5": func(a *app) {
			e := echo.New()
			e.Group("", echo.WrapMiddleware(a.guard.Require(a.money)))
			a.serve(e)
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, "")
			serve(a)
			b, member := a.signedIn(t)
			b.get("/favicon.ico").wantRedirect("/stepup/?next=%2Ffavicon.ico&policy=money")
			a.wantMessages(t, member, 1)
		})
	}
}
