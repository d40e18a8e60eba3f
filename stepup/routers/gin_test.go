// gin has no adapter for middleware of net/http. The one here is what the README
// shows; the one that comes to mind first lets everybody through.

package routers_test

import (
	"io"
	"log"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
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

func (w wrapped) WriteHeaderNow() {
	w.through.WriteHeader(w.Status())
	w.ResponseWriter.WriteHeaderNow()
}

func (w wrapped) Flush() {
	w.WriteHeaderNow()
	w.ResponseWriter.Flush()
}

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

func TestGinKeepsSessionCookiesOutOfCaches(t *testing.T) {
	a := newApp(t, "")
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.Use(wrap(a.guard.LoadSession), func(c *gin.Context) { c.Header("Cache-Control", publicly) })
	answers := map[string]gin.HandlerFunc{
		"/text":    func(c *gin.Context) { c.String(http.StatusOK, "text") },
		"/json":    func(c *gin.Context) { c.JSON(http.StatusCreated, gin.H{"a": 1}) },
		"/reader":  func(c *gin.Context) { c.DataFromReader(http.StatusOK, 1, "text/plain", strings.NewReader("x"), nil) },
		"/nothing": func(c *gin.Context) { c.Status(http.StatusNoContent) },
		"/abort":   func(c *gin.Context) { c.AbortWithStatus(http.StatusNoContent) },
		"/file":    func(c *gin.Context) { c.File("gin_test.go") },
		"/stream": func(c *gin.Context) {
			c.Writer.Flush()
			c.String(http.StatusOK, "late")
		},
	}
	for path, answer := range answers {
		e.GET(path, answer)
	}
	a.serve(e)
	for path := range answers {
		b, _ := a.signedIn(t, stytchtest.WithJWTAge(6*time.Minute))
		r := b.get(path).wantStatus(http.StatusOK, http.StatusCreated, http.StatusNoContent)
		if len(r.cookies()) != 2 || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: the answer sets %d cookies and is %q", path, len(r.cookies()), r.header.Get("Cache-Control"))
		}
		if got := b.get(path).header.Get("Cache-Control"); got != publicly {
			t.Errorf("%s: without a renewal it is %q", path, got)
		}
	}
}
