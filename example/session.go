// The session cookies, and signing out. answer.go starts sessions; routes.go
// routes the sign-out.

package main

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
)

// The session cookies of Stytch's SDKs, which the guard reads unless
// stepup.Cookies names others.
const (
	jwtCookie   = "stytch_session_jwt"
	tokenCookie = "stytch_session"
)

// sessionMinutes is how long a session lives after a sign-in. With a second factor
// it is stepup.Logins.SessionDuration.
const sessionMinutes = 60

// errCookieSize: a browser would drop the cookie without a word, and the member
// would be asked to sign in in a circle.
var errCookieSize = errors.New("the session JWT is larger than a cookie may be")

// setSession leaves the tokens of a session in the browser, in place of those of
// an earlier one. They live as long as the session: a renewal needs the expired
// JWT.
func (a *app) setSession(w http.ResponseWriter, r *http.Request, answer *stytch.PrimaryAuthenticated) error {
	if len(jwtCookie)+len(answer.SessionJWT) > 4096 { // RFC 6265bis, 5.6
		return errCookieSize
	}
	expires, id := time.Now().Add(sessionMinutes*time.Minute), ""
	if answer.MemberSession != nil {
		expires, id = answer.MemberSession.ExpiresAt, answer.MemberSession.MemberSessionID
	}
	w.Header().Set("Cache-Control", "no-store")
	replaceCookie(w, a.sessionCookie(jwtCookie, answer.SessionJWT, expires))
	if answer.SessionToken != "" {
		replaceCookie(w, a.sessionCookie(tokenCookie, answer.SessionToken, expires))
	} else if session, ok := stepup.SessionFromContext(r.Context()); !ok || session.ID() != id {
		gone := a.sessionCookie(tokenCookie, "", time.Unix(1, 0))
		gone.MaxAge = -1
		replaceCookie(w, gone)
	}
	return nil
}

// sessionCookie has the attributes of stepup.ServerCookies.
func (a *app) sessionCookie(name, value string, expires time.Time) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", Expires: expires.UTC(),
		Secure: a.secureCookies, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// replaceCookie sets a cookie in place of one that this response sets already: the
// guard may have renewed a session on the way here. A response should set a cookie
// once (RFC 6265, 4.1.1).
func replaceCookie(w http.ResponseWriter, c *http.Cookie) {
	w.Header()["Set-Cookie"] = slices.DeleteFunc(w.Header()["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, c.Name+"=")
	})
	http.SetCookie(w, c)
}

// sessionJWT returns the JWT of a request whose session the guard has found; "" =
// it cannot be told which it is. Of several cookies with the name, another host of
// the domain may have set one. It may have expired: Stytch takes it as long as the
// session lives.
func sessionJWT(r *http.Request) string {
	if cookies := r.CookiesNamed(jwtCookie); len(cookies) == 1 {
		return cookies[0].Value
	}
	return ""
}

// signOut revokes the session at Stytch and deletes its cookies.
func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	if err := a.guard.SignOut(w, r); err != nil {
		a.log.Error("sign-out", "error", err)
		http.Error(w, "You are signed out of this browser. Stytch could not be told.", http.StatusServiceUnavailable)
		return
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}
