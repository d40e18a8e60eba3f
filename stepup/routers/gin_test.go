// gin has no adapter for middleware of net/http. The one here is what the README
// shows; the one that comes to mind first lets everybody through.

package routers_test

import (
	"io"
	"log"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
)

// wrap makes a handler of gin of a middleware of net/http. The handlers that
// come after it run as the handler behind the middleware, or not at all.
func wrap(middleware func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		passed := false
		middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			passed = true
			c.Request = r
			c.Writer = wrapped{c.Writer, w}
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}

// wrapped writes through the writer of the middleware, which keeps new session
// cookies out of caches.
type wrapped struct {
	gin.ResponseWriter
	through http.ResponseWriter
}

func (w wrapped) Write(b []byte) (int, error)       { return w.through.Write(b) }
func (w wrapped) WriteString(s string) (int, error) { return io.WriteString(w.through, s) }

// In gin, wrap stands between the guard and the engine.
func Example_gin() {
	guard, money := exampleGuard()
	defer guard.Close()

	engine := gin.New()
	engine.Any("/stepup/*endpoint", gin.WrapH(guard.VerifyHandler()))
	guarded := engine.Group("", wrap(guard.Require(money)))
	guarded.GET("/payouts", func(c *gin.Context) {
		session, _ := stepup.SessionFromContext(c.Request.Context())
		c.String(http.StatusOK, session.MemberID())
	})
	// Halfway through a handler:
	engine.POST("/transfers", wrap(guard.RequireSession), func(c *gin.Context) {
		if err := guard.Check(c.Request, money); err != nil {
			guard.Deny(c.Writer, c.Request, err)
			return
		}
		c.String(http.StatusOK, "sent")
	})
	log.Print(engine.Run("127.0.0.1:8080"))
}

func ginEngine(a *app) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.Use(gin.RecoveryWithWriter(io.Discard))
	handle := func(h http.HandlerFunc) gin.HandlerFunc {
		return func(c *gin.Context) { h(c.Writer, c.Request) }
	}
	e.Any("/stepup/*endpoint", gin.WrapH(a.guard.VerifyHandler()))
	e.GET("/", wrap(a.guard.LoadSession), handle(a.home))
	e.GET("/account", wrap(a.guard.RequireSession), handle(a.account))
	e.POST("/transfers", wrap(a.guard.RequireSession), handle(a.transfers))
	e.POST("/login", handle(a.signIn))
	e.POST("/logout", handle(a.signOut))
	guarded := e.Group("", wrap(a.guard.Require(a.money)))
	guarded.Any("/payouts", handle(a.payouts))
	guarded.GET("/broken", handle(a.broken))
	guarded.Any("/payees/:name", func(c *gin.Context) { a.payee(c.Writer, c.Request, c.Param("name")) })
	return e
}

// The README warns of it, so it had better be true.
func TestGinWrapHLetsEverybodyThrough(t *testing.T) {
	a := newApp(t, "")
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	noop := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	e.Use(gin.WrapH(a.guard.Require(a.money)(noop)))
	e.Any("/payouts", func(c *gin.Context) { a.pay(c.Request.Context(), "", "", "", "") })
	a.serve(e)

	// The answer is the guard's, and the handler runs all the same.
	a.browser(t, nil).get("/payouts").wantRedirect("/login?next=%2Fpayouts")
	a.wantReached(t, 1)
	b, _ := a.signedIn(t)
	b.get("/payouts").wantRedirect("/stepup/?next=%2Fpayouts&policy=money")
	a.wantReached(t, 1)
	b.post("/payouts", "amount=5000").wantPage(http.StatusUnauthorized, contract.StateCode, contract.CodeChallengePending)
	a.wantReached(t, 1)
}
