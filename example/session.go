// Signing in and out. Routed in routes.go.

package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/rungauth/rung/stepup"
)

// maxForm bounds forms. The largest one holds a session JWT.
const maxForm = 16 << 10

// The session cookies of Stytch's SDKs, which the guard reads unless
// stepup.Cookies names others.
const (
	jwtCookie   = "stytch_session_jwt"
	tokenCookie = "stytch_session"
)

// signIn stands for the login of a real app. It sets the two cookies that Stytch's
// SDKs set.
func (a *app) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	p, ok := a.demo.find(r.PostFormValue("member"))
	if !ok {
		http.Error(w, "no such member", http.StatusBadRequest)
		return
	}
	session := a.demo.signIn(p)
	for _, c := range session.Cookies() {
		c.Secure = a.secureCookies
		http.SetCookie(w, c)
	}
	// The guard sends browsers to the sign-in with the way back in a query
	// parameter. Anybody can put one into a link, so ReturnPath accepts only
	// paths of this app.
	http.Redirect(w, r, a.guard.ReturnPath(r.PostFormValue("next")), http.StatusSeeOther)
}

// pasteSession accepts a session JWT that the visitor got elsewhere, from the
// cookie of an app on the same project or from Stytch's API. To have the guard
// verify it, it passes a request with the JWT as bearer token through the guard.
func (a *app) pasteSession(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	jwt := strings.TrimSpace(r.PostFormValue("session_jwt"))
	probe := r.Clone(r.Context())
	probe.Header.Set("Authorization", "Bearer "+jwt)

	a.guard.LoadSession(http.HandlerFunc(func(w http.ResponseWriter, probe *http.Request) {
		session, ok := stepup.SessionFromContext(probe.Context())
		if !ok {
			a.pages.render(w, http.StatusUnprocessableEntity, "home", view{Title: "Sign in", Path: "/", Data: homeView{
				Problem: "That is no living session of this project. A session JWT works for five minutes.",
			}})
			return
		}
		a.setJWT(w, jwt, session.ExpiresAt())
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})).ServeHTTP(w, probe)
}

// setJWT sets the cookie as the browser SDK would, and deletes the opaque token of
// an earlier session.
func (a *app) setJWT(w http.ResponseWriter, jwt string, expires time.Time) {
	cookie := http.Cookie{
		Name: jwtCookie, Value: jwt,
		Path: "/", Expires: expires, Secure: a.secureCookies, SameSite: http.SameSiteLaxMode,
	}
	http.SetCookie(w, &cookie)
	cookie.Name, cookie.Value, cookie.MaxAge = tokenCookie, "", -1
	http.SetCookie(w, &cookie)
}

// signOut revokes the session at Stytch and deletes its cookies.
func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	if err := a.guard.SignOut(w, r); err != nil {
		a.log.Error("sign-out", "error", err)
		http.Error(w, "You are signed out of this browser. Stytch could not be told.", http.StatusServiceUnavailable)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
