// fiber is not net/http: its adaptor converts requests and responses. A handler
// of net/http goes through it together with the guard around it; a handler of
// fiber needs the few lines of guarded.

package routers_test

import (
	"log"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/gofiber/fiber/v2/middleware/recover"

	"github.com/rungauth/rung/stepup"
)

// guarded makes a handler of fiber of a middleware of net/http. The handlers
// that come after it run if the middleware lets them, and find the session in
// c.UserContext().
func guarded(middleware func(http.Handler) http.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		passed := false
		err := adaptor.HTTPHandler(middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed = true
			c.SetUserContext(r.Context())
		})))(c)
		if err != nil || !passed {
			return err
		}
		err = c.Next()
		if len(c.Response().Header.Peek(fiber.HeaderSetCookie)) > 0 { // of a renewed session
			c.Set(fiber.HeaderCacheControl, "no-store")
		}
		return err
	}
}

// check is Guard.Check inside a handler of fiber. A nil deny means that the
// request may go on.
func check(guard *stepup.Guard, c *fiber.Ctx, policy stepup.Policy) (deny fiber.Handler) {
	r, err := adaptor.ConvertRequest(c, true)
	if err == nil {
		r = r.WithContext(c.UserContext())
		err = guard.Check(r, policy)
	}
	if err == nil {
		return nil
	}
	return adaptor.HTTPHandlerFunc(func(w http.ResponseWriter, _ *http.Request) { guard.Deny(w, r, err) })
}

// In fiber, adaptor.HTTPHandler serves the verify handler and handlers of
// net/http with their guard. Handlers of fiber stand behind guarded. Session
// cookies have about 2 KB, so requests need more room than fiber's 4 KB.
func Example_fiber() {
	guard, money := exampleGuard()
	defer guard.Close()
	report := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})

	f := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
	f.All("/stepup/*", adaptor.HTTPHandler(guard.VerifyHandler()))
	f.Get("/report", adaptor.HTTPHandler(guard.Require(money)(report)))
	f.Get("/payouts", guarded(guard.Require(money)), func(c *fiber.Ctx) error {
		session, _ := stepup.SessionFromContext(c.UserContext())
		return c.SendString(session.MemberID())
	})
	// Halfway through a handler:
	f.Post("/transfers", guarded(guard.RequireSession), func(c *fiber.Ctx) error {
		if deny := check(guard, c, money); deny != nil {
			return deny(c)
		}
		return c.SendString("sent")
	})
	log.Print(f.Listen("127.0.0.1:8080"))
}

// serveFiber serves the app with handlers of both kinds.
func serveFiber(a *app) {
	f := fiber.New(fiber.Config{DisableStartupMessage: true, ReadBufferSize: 16 << 10})
	f.Use(recover.New())
	f.All("/stepup/*", adaptor.HTTPHandler(a.guard.VerifyHandler()))
	f.All("/payouts", adaptor.HTTPHandler(a.guard.Require(a.money)(http.HandlerFunc(a.payouts))))
	f.Get("/broken", adaptor.HTTPHandler(a.guard.Require(a.money)(http.HandlerFunc(a.broken))))
	f.Post("/login", adaptor.HTTPHandlerFunc(a.signIn))
	f.Post("/logout", adaptor.HTTPHandlerFunc(a.signOut))
	f.Get("/", guarded(a.guard.LoadSession), func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderCacheControl, publicly)
		return c.SendString("home of " + nameOf(c.UserContext()))
	})
	f.Get("/account", guarded(a.guard.RequireSession), func(c *fiber.Ctx) error {
		return c.SendString("account of " + nameOf(c.UserContext()))
	})
	f.All("/payees/:name", guarded(a.guard.Require(a.money)), func(c *fiber.Ctx) error {
		name, err := url.PathUnescape(c.Params("name"))
		if err != nil {
			return err
		}
		return c.SendString(a.pay(c.UserContext(), c.Method(), name, string(c.Request().URI().QueryString()), string(c.Body())))
	})
	f.Post("/transfers", guarded(a.guard.RequireSession), func(c *fiber.Ctx) error {
		amount, err := strconv.Atoi(c.FormValue("amount"))
		if err != nil {
			return c.SendStatus(http.StatusUnprocessableEntity)
		}
		if amount > large {
			if deny := check(a.guard, c, a.money); deny != nil {
				return deny(c)
			}
		}
		return c.SendString(a.transfer(amount, string(c.Request().URI().QueryString()), string(c.Body())))
	})
	a.listenAndServe(f)
}

// listenAndServe serves until the test ends. It closes the listener and does not
// call Shutdown, by which fasthttp writes what the contexts of its requests read.
func (a *app) listenAndServe(f *fiber.App) {
	l := a.listen()
	done := make(chan error)
	go func() { done <- f.Listener(l) }()
	a.t.Cleanup(func() {
		l.Close()
		if err := <-done; err != nil {
			a.t.Errorf("fiber: %v", err)
		}
	})
}

// The README warns of it, so it had better be true: fiber's own adapter refuses
// whom it should, and loses the session of everybody else.
func TestFiberHTTPMiddlewareLosesTheSession(t *testing.T) {
	a := newApp(t, "")
	f := fiber.New(fiber.Config{DisableStartupMessage: true, ReadBufferSize: 16 << 10})
	f.Get("/account", adaptor.HTTPMiddleware(a.guard.RequireSession), func(c *fiber.Ctx) error {
		return c.SendString("account of " + nameOf(c.Context()) + ", " + nameOf(c.UserContext()))
	})
	a.listenAndServe(f)
	a.browser(t, nil).get("/account").wantRedirect("/login?next=%2Faccount")
	b, _ := a.signedIn(t)
	b.get("/account").wantStatus(http.StatusOK).wantBody("account of nobody, nobody")
}
