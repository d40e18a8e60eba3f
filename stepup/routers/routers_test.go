// The table of routers. Each mounts the handlers of the app in its own way; the
// suite is the same for all.

package routers_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"

	"github.com/rungauth/rung/stepup"
)

// router is one way to serve the app.
type router struct {
	name   string
	prefix string               // of the public paths; "" = none
	config func(*stepup.Config) // what the way needs; nil = nothing
	serve  func(a *app)
}

func TestRouters(t *testing.T) {
	for _, tt := range []router{
		{name: "net/http ServeMux", serve: func(a *app) { a.serve(serveMux(a)) }},
		{name: "chi", serve: func(a *app) { a.serve(chiRouter(a)) }},
		{name: "chi, verify handler mounted", serve: func(a *app) { a.serve(chiMount(a)) }},
		{name: "gorilla/mux", serve: func(a *app) { a.serve(gorillaRouter(a)) }},
		{name: "httprouter", serve: func(a *app) { a.serve(httpRouter(a)) }},
		{name: "echo v4", serve: func(a *app) { a.serve(echo4App(a)) }},
		{name: "echo v5", serve: func(a *app) { a.serve(echo5App(a)) }},
		{name: "gin", serve: func(a *app) { a.serve(ginEngine(a)) }},
		{name: "fiber v2", serve: serveFiber},
		{name: "http.StripPrefix", prefix: "/app", serve: func(a *app) { a.serve(stripped(a)) }},
		{name: "a proxy that strips the prefix", prefix: "/app", config: behindProxy, serve: serveBehindProxy},
		{name: "http.TimeoutHandler", serve: func(a *app) { a.serve(http.TimeoutHandler(serveMux(a), time.Minute, "too late")) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			change := []func(*stepup.Config){}
			if tt.config != nil {
				change = append(change, tt.config)
			}
			a := newApp(t, tt.prefix, change...)
			tt.serve(a)
			conformance(t, a)
		})
	}
}

// serveMux is the router of the standard library.
func serveMux(a *app) http.Handler {
	m := http.NewServeMux()
	m.Handle("GET /stepup/", a.guard.VerifyHandler())
	m.Handle("POST /stepup/", a.guard.VerifyHandler())
	m.Handle("GET /{$}", a.guard.LoadSession(http.HandlerFunc(a.home)))
	m.Handle("GET /account", a.guard.RequireSession(http.HandlerFunc(a.account)))
	m.Handle("/payouts", a.guard.Require(a.money)(http.HandlerFunc(a.payouts)))
	m.Handle("/payees/{name}", a.guard.Require(a.money)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.payee(w, r, r.PathValue("name"))
	})))
	m.Handle("POST /transfers", a.guard.RequireSession(http.HandlerFunc(a.transfers)))
	m.Handle("GET /broken", a.guard.Require(a.money)(http.HandlerFunc(a.broken)))
	m.HandleFunc("POST /login", a.signIn)
	m.HandleFunc("POST /logout", a.signOut)
	return m
}

// chiRouter guards a group of routes.
func chiRouter(a *app) http.Handler {
	r := chi.NewRouter()
	r.Handle("/stepup/*", a.guard.VerifyHandler())
	r.With(a.guard.LoadSession).Get("/", a.home)
	r.With(a.guard.RequireSession).Get("/account", a.account)
	r.With(a.guard.RequireSession).Post("/transfers", a.transfers)
	r.Group(func(r chi.Router) {
		r.Use(a.guard.Require(a.money))
		r.HandleFunc("/payouts", a.payouts)
		r.Get("/broken", a.broken)
		r.HandleFunc("/payees/{name}", func(w http.ResponseWriter, r *http.Request) {
			name, err := url.PathUnescape(chi.URLParam(r, "name")) // chi matches the escaped path
			if err != nil {
				a.t.Error(err)
			}
			a.payee(w, r, name)
		})
	})
	r.Post("/login", a.signIn)
	r.Post("/logout", a.signOut)
	return r
}

// chiMount mounts the verify handler and a guarded router below paths.
func chiMount(a *app) http.Handler {
	payees := chi.NewRouter()
	payees.Use(a.guard.Require(a.money))
	payees.HandleFunc("/{name}", func(w http.ResponseWriter, r *http.Request) {
		name, err := url.PathUnescape(chi.URLParam(r, "name"))
		if err != nil {
			a.t.Error(err)
		}
		a.payee(w, r, name)
	})
	r := chi.NewRouter()
	r.Mount("/stepup", a.guard.VerifyHandler())
	r.Mount("/payees", payees)
	r.Mount("/", chiRouter(a))
	return r
}

// gorillaRouter guards a subrouter.
func gorillaRouter(a *app) http.Handler {
	r := mux.NewRouter()
	r.PathPrefix("/stepup/").Handler(a.guard.VerifyHandler())
	r.Handle("/", a.guard.LoadSession(http.HandlerFunc(a.home))).Methods(http.MethodGet)
	r.Handle("/account", a.guard.RequireSession(http.HandlerFunc(a.account))).Methods(http.MethodGet)
	r.Handle("/transfers", a.guard.RequireSession(http.HandlerFunc(a.transfers))).Methods(http.MethodPost)
	r.HandleFunc("/login", a.signIn).Methods(http.MethodPost)
	r.HandleFunc("/logout", a.signOut).Methods(http.MethodPost)
	guarded := r.NewRoute().Subrouter()
	guarded.Use(a.guard.Require(a.money))
	guarded.HandleFunc("/payouts", a.payouts)
	guarded.HandleFunc("/broken", a.broken)
	guarded.HandleFunc("/payees/{name}", func(w http.ResponseWriter, r *http.Request) {
		a.payee(w, r, mux.Vars(r)["name"])
	})
	return r
}

// stripped serves the app below a prefix.
func stripped(a *app) http.Handler {
	m := http.NewServeMux()
	m.Handle("/app/", http.StripPrefix("/app", serveMux(a)))
	return m
}

// behindProxy tells the guard what the proxy in front has stripped.
func behindProxy(c *stepup.Config) {
	c.PublicPath = func(r *http.Request) string { return "/app" + r.URL.EscapedPath() }
}

// serveBehindProxy serves the app behind a proxy of its own, which strips the
// prefix.
func serveBehindProxy(a *app) {
	a.serve(serveMux(a))
	backend := &url.URL{Scheme: "http", Host: a.address}
	proxy := &httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Path = strings.TrimPrefix(r.In.URL.Path, "/app")
		r.Out.URL.RawPath = strings.TrimPrefix(r.In.URL.EscapedPath(), "/app")
		r.SetURL(backend)
		r.Out.Host = r.In.Host // that links and origins are judged by
	}}
	m := http.NewServeMux()
	m.Handle("/app/", proxy)
	a.serve(m)
}
