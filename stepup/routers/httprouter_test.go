// httprouter has no middleware: guards are put around handlers.

package routers_test

import (
	"fmt"
	"log"
	"net/http"

	"github.com/julienschmidt/httprouter"

	"github.com/rungauth/rung/stepup"
)

// With httprouter, Handler takes what a guard returns. The verify handler gets
// GET and POST below its path.
func Example_httprouter() {
	guard, money := exampleGuard()
	defer guard.Close()

	router := httprouter.New()
	router.Handler(http.MethodGet, "/stepup/*endpoint", guard.VerifyHandler())
	router.Handler(http.MethodPost, "/stepup/*endpoint", guard.VerifyHandler())
	router.Handler(http.MethodGet, "/payees/:name", guard.Require(money)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := stepup.SessionFromContext(r.Context())
		fmt.Fprintln(w, session.MemberID(), httprouter.ParamsFromContext(r.Context()).ByName("name"))
	})))
	log.Print(http.ListenAndServe("127.0.0.1:8080", router))
}

func httpRouter(a *app) http.Handler {
	r := httprouter.New()
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		r.Handler(method, "/stepup/*endpoint", a.guard.VerifyHandler())
	}
	r.Handler(http.MethodGet, "/", a.guard.LoadSession(http.HandlerFunc(a.home)))
	r.Handler(http.MethodGet, "/account", a.guard.RequireSession(http.HandlerFunc(a.account)))
	r.Handler(http.MethodPost, "/transfers", a.guard.RequireSession(http.HandlerFunc(a.transfers)))
	r.Handler(http.MethodGet, "/broken", a.guard.Require(a.money)(http.HandlerFunc(a.broken)))
	r.HandlerFunc(http.MethodPost, "/login", a.signIn)
	r.HandlerFunc(http.MethodPost, "/logout", a.signOut)
	for _, method := range everyMethod() {
		r.Handler(method, "/payouts", a.guard.Require(a.money)(http.HandlerFunc(a.payouts)))
		r.Handler(method, "/payees/:name", a.guard.Require(a.money)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a.payee(w, r, httprouter.ParamsFromContext(r.Context()).ByName("name"))
		})))
	}
	return r
}

// everyMethod is for routers that have no word for it.
func everyMethod() []string {
	return []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
	}
}
