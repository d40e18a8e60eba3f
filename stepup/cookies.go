// How the session cookies of the app are written. credential.go sets and
// clears them; bookmark.go uses dropCookie.

package stepup

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Cookies says how the session cookies of the app are written. The server
// cannot see which of the two ways an app uses: make one with ServerCookies or
// SDKCookies, and change its fields where the app differs. The zero value is
// refused by New.
type Cookies struct {
	JWTName   string        // cookie of the session JWT; "" = stytch_session_jwt
	TokenName string        // cookie of the opaque session token; "" = stytch_session
	Domain    string        // "" = this host only
	Path      string        // "" = "/"
	SameSite  http.SameSite // 0 = Lax
	// Older are where earlier releases of the app, or pages with Stytch's SDK, have
	// set the two cookies. A browser that still holds those sends them beside the
	// new ones, so they are removed whenever the cookies are written or cleared;
	// and so is one for this host only, if Domain is set. nil = there are no
	// others.
	Older []CookiePlace

	mode cookieMode
}

// CookiePlace is where a cookie stands in a browser, besides its name.
type CookiePlace struct {
	Domain string // "" = the host that set it, only
	Path   string // "" = "/"
}

type cookieMode uint8

const (
	cookiesUnset cookieMode = iota
	cookiesServer
	cookiesSDK
)

// ServerCookies is for apps whose server alone handles the session: Secure and
// HttpOnly, so that a script cannot read the tokens.
//
// It is also for apps whose pages use Stytch's browser SDK with a custom API
// endpoint and HttpOnly cookies. There Stytch sets the cookies itself, under
// the default names and for the parent of the custom domain, and the SDK
// ignores its cookieOptions. Set Domain to that parent, or these cookies stand
// beside those of Stytch instead of replacing them. With a custom endpoint the
// SDK, as of version 6.3.0, does not take a cookie that it cannot read for a
// sign-out.
func ServerCookies() Cookies { return Cookies{mode: cookiesServer} }

// SDKCookies is for apps whose pages use Stytch's browser SDK without a custom
// API endpoint, or with one but without HttpOnly cookies. The cookies are
// Secure and readable by scripts: without a custom endpoint the SDK takes a
// cookie that it cannot read for a sign-out. They have exactly the SDK's
// attributes (Lax, Path "/", this host only), so that they replace its own
// instead of standing beside them. Where the app gives the SDK other names, a
// path or availableToSubdomains, change the fields likewise: with the latter
// the SDK sets Domain, to its cookieOptions.domain or else to the page's host.
//
// Whichever the cookies, the SDK shows its pages a session that it has cached.
// A step-up is in that session after the SDK's next refresh, within three
// minutes; the cookies have it at once.
//
// Sources: packages/web/src/SubscriptionService.ts and
// packages/core/src/SessionManager.ts in stytchauth/stytch-browser.
func SDKCookies() Cookies { return Cookies{mode: cookiesSDK} }

// The longest cookie that browsers accept: name and value together (RFC
// 6265bis, 5.6).
const maxCookieBytes = 4096

// errCookieSize: a browser would silently drop the cookie, and the member
// would be asked for passcodes in a circle.
var errCookieSize = errors.New("stepup: cookie is larger than the 4096 bytes that browsers keep")

func (c Cookies) withDefaults(insecure bool) (Cookies, error) {
	if c.mode == cookiesUnset {
		return c, errors.New("stepup: Config.Cookies must be made with ServerCookies or SDKCookies")
	}
	if c.JWTName == "" {
		c.JWTName = "stytch_session_jwt"
	}
	if c.TokenName == "" {
		c.TokenName = "stytch_session"
	}
	if c.Path == "" {
		c.Path = "/"
	}
	if c.SameSite == 0 {
		c.SameSite = http.SameSiteLaxMode
	}
	if c.JWTName == c.TokenName {
		return c, errors.New("stepup: Config.Cookies: JWTName and TokenName must differ")
	}
	if insecure && c.SameSite == http.SameSiteNoneMode {
		return c, errors.New("stepup: Config.Cookies: browsers refuse SameSite=None with InsecureCookies")
	}
	for _, name := range []string{c.JWTName, c.TokenName} {
		// RFC 6265bis, 4.1.3: browsers drop a prefixed cookie without these
		// attributes.
		host, prefixed := strings.HasPrefix(name, "__Host-"), strings.HasPrefix(name, "__")
		if prefixed && insecure || host && (c.Domain != "" || c.Path != "/") {
			return c, fmt.Errorf("stepup: Config.Cookies: browsers refuse a cookie %s with these attributes", name)
		}
		probe := http.Cookie{Name: name, Value: "x", Path: c.Path, Domain: c.Domain}
		if err := probe.Valid(); err != nil {
			return c, fmt.Errorf("stepup: Config.Cookies: %w", err)
		}
	}
	for _, place := range c.Older {
		probe := http.Cookie{Name: c.JWTName, Value: "x", Path: cmp.Or(place.Path, "/"), Domain: place.Domain}
		if err := probe.Valid(); err != nil {
			return c, fmt.Errorf("stepup: Config.Cookies.Older: %w", err)
		}
		if place.Domain == c.Domain && cmp.Or(place.Path, "/") == c.Path {
			return c, errors.New("stepup: Config.Cookies.Older holds the place where the cookies are now")
		}
	}
	c.Older = slices.Clone(c.Older)
	return c, nil
}

// session makes one of the two session cookies. It lives as long as the
// session, not as the JWT: a renewal needs the expired JWT.
func (c Cookies) session(name, value string, expires time.Time, secure bool) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value,
		Domain: c.Domain, Path: c.Path, Expires: expires.UTC(),
		Secure: secure, HttpOnly: c.mode == cookiesServer, SameSite: c.SameSite,
	}
}

func (c Cookies) expired(name string, secure bool) *http.Cookie {
	cookie := c.session(name, "", time.Unix(1, 0), secure)
	cookie.MaxAge = -1
	return cookie
}

// others are the places of the cookies besides their own.
func (c Cookies) others() []CookiePlace {
	places := slices.Clone(c.Older)
	if c.Domain != "" {
		places = append(places, CookiePlace{Path: c.Path})
	}
	return places
}

// clearOthers removes the cookies that an earlier release has set elsewhere. Two
// of a name would be taken for two sessions.
func (c Cookies) clearOthers(w http.ResponseWriter, secure bool) {
	for _, place := range c.others() {
		for _, name := range []string{c.JWTName, c.TokenName} {
			cookie := c.expired(name, secure)
			cookie.Domain, cookie.Path = place.Domain, cmp.Or(place.Path, "/")
			http.SetCookie(w, cookie)
		}
	}
}

// setCookies writes all of the cookies or none of them. One that was set
// earlier in the same response is replaced, not repeated: browsers differ in
// which of two they use.
func setCookies(w http.ResponseWriter, cookies ...*http.Cookie) error {
	for _, c := range cookies {
		if len(c.Name)+len(c.Value) > maxCookieBytes {
			return errCookieSize
		}
		if err := c.Valid(); err != nil {
			return fmt.Errorf("stepup: cookie %s cannot be written", c.Name) // the cause would quote its value
		}
	}
	for _, c := range cookies {
		dropCookie(w, c.Name)
		http.SetCookie(w, c)
	}
	return nil
}

// dropCookie takes back a cookie that this response was going to set.
func dropCookie(w http.ResponseWriter, name string) {
	lines := w.Header()["Set-Cookie"]
	kept := lines[:0:0]
	for _, line := range lines {
		if !strings.HasPrefix(line, name+"=") {
			kept = append(kept, line)
		}
	}
	if len(kept) == len(lines) {
		return
	}
	if len(kept) == 0 {
		w.Header().Del("Set-Cookie")
		return
	}
	w.Header()["Set-Cookie"] = kept
}
