// Reads the tokens of a request, and writes or clears them in the response.
// identity.go, renew.go and signout.go call it.

package stepup

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/internal/inbound"
)

// Credential replaces the session cookies for apps that store the tokens
// elsewhere, such as in a server-side session. Both funcs are required, and
// both are called concurrently. A bearer token in the request still comes
// first.
type Credential struct {
	// Read returns the session JWT of the request, and the opaque session
	// token if the app stores one; "" = none. It may be called more than once
	// for a request.
	Read func(r *http.Request) (sessionJWT, sessionToken string)
	// Write stores the tokens until expires. It is called before the response
	// is written. An empty sessionToken means that the stored one stays. Two
	// empty tokens mean that the session has ended: remove what was stored.
	Write func(w http.ResponseWriter, r *http.Request, sessionJWT, sessionToken string, expires time.Time) error
}

// channel is the way that a credential came in, and so the only way that a
// new one may go out: a token that came as a cookie is not handed to scripts
// in a body, and a token that came as a header sets no cookie.
type channel uint8

const (
	channelNone channel = iota
	channelCookie
	channelBearer
)

// credential is what a request showed and what Stytch is asked with.
type credential struct {
	channel      channel
	expired      bool // the JWT is well signed, but must be renewed first
	jwt          string
	token        string // the opaque session token of the request; read only if Stytch is to be asked
	intermediate string // the intermediate session token of a login, instead of the two
}

// Of several cookies with the name of ours, this many are looked at: a sibling
// domain can plant some in front of ours, but must not make us verify dozens.
const maxCandidates = 3

// presented are the session JWTs that a request shows, not yet verified.
type presented struct {
	channel channel
	jwts    [maxCandidates]string
	n       int
	// unchecked: the one cookie may hold bytes that none can. Its verifier takes
	// no byte but those of base64url, so only a refused one need be looked at.
	unchecked bool
}

// SessionHeader returns a func for Config.Bearer that finds the session JWT in the
// header of that name, behind the scheme, which is compared without regard to case;
// "" = the header holds nothing else. It may be called concurrently.
func SessionHeader(name, scheme string) func(r *http.Request) (sessionJWT string, ok bool) {
	name = http.CanonicalHeaderKey(name)
	return func(r *http.Request) (string, bool) { return inHeader(r.Header[name], scheme) }
}

// inHeader returns the credential behind the scheme in the values of a header, and
// whether there is one. Of two nobody can tell which one the app reads: that is
// one credential, of no use.
func inHeader(values []string, scheme string) (string, bool) {
	for _, value := range values {
		if scheme != "" {
			found, token, _ := strings.Cut(value, " ")
			if !strings.EqualFold(found, scheme) {
				continue
			}
			value = token
		}
		if len(values) > 1 {
			return "", true
		}
		return strings.Trim(value, " "), true
	}
	return "", false
}

// tokens is where the tokens of a request are read and written.
type tokens struct {
	cookies Cookies                            // where keep is nil
	keep    Credential                         // the app's own place
	bearer  func(*http.Request) (string, bool) // Config.Bearer, or nil
	secure  bool
}

// bearerOf returns the session JWT that the request carries in a header, and
// whether it carries one.
func (t *tokens) bearerOf(r *http.Request) (string, bool) {
	if t.bearer != nil {
		return t.bearer(r)
	}
	return inHeader(r.Header["Authorization"], "Bearer")
}

// present collects the session JWTs of the request. If there is a bearer token,
// it alone counts, even if it is junk: with a fallback to the cookie, the guard
// would judge another credential than the app reads.
func (t *tokens) present(r *http.Request) presented {
	if token, ok := t.bearerOf(r); ok {
		return presented{channel: channelBearer, n: 1, jwts: [maxCandidates]string{token}}
	}
	if t.keep.Read != nil {
		jwt, _ := t.keep.Read(r)
		if jwt == "" {
			return presented{}
		}
		return presented{channel: channelCookie, n: 1, jwts: [maxCandidates]string{jwt}}
	}
	// Nearly every request carries one.
	if value, ok := inbound.OnlyCookie(r.Header, t.cookies.JWTName); ok {
		return presented{channel: channelCookie, n: 1, jwts: [maxCandidates]string{value}, unchecked: true}
	}
	var p presented
	if p.n = inbound.CookieValues(r.Header, t.cookies.JWTName, p.jwts[:]); p.n > 0 {
		p.channel = channelCookie
	}
	return p
}

// opaque returns the opaque session token of the request, or "" if there is
// none or more than one. It is read only if Stytch is going to be asked: most
// requests need none.
func (t *tokens) opaque(r *http.Request, ch channel) string {
	if ch == channelBearer {
		return ""
	}
	if t.keep.Read != nil {
		_, token := t.keep.Read(r)
		return token
	}
	var values [maxCandidates]string
	switch n := inbound.CookieValues(r.Header, t.cookies.TokenName, values[:]); {
	case n == 1, n == 2 && values[0] == values[1]:
		return values[0]
	}
	return ""
}

// write gives the client the JWT of a session, and the opaque token if it is
// not "". It is for clients whose tokens did not come in a header.
func (t *tokens) write(w http.ResponseWriter, r *http.Request, s *jwks.Session, jwt, token string) error {
	// A handler may let caches store its page, and the cookies would be stored
	// with it. A handler that allows it after us has the last word: a guarded
	// page must not be cached anyway.
	keepOutOfCaches(w.Header())
	if t.keep.Write != nil {
		if err := t.keep.Write(w, r, jwt, token, s.ExpiresAt()); err != nil {
			return fmt.Errorf("stepup: Config.Credential.Write: %w", err)
		}
		return nil
	}
	cookies := []*http.Cookie{t.cookies.session(t.cookies.JWTName, jwt, s.ExpiresAt(), t.secure)}
	if token != "" {
		cookies = append(cookies, t.cookies.session(t.cookies.TokenName, token, s.ExpiresAt(), t.secure))
	}
	if err := setCookies(w, cookies...); err != nil {
		return err
	}
	t.cookies.clearOthers(w, t.secure)
	return nil
}

// clear removes the client's tokens.
func (t *tokens) clear(w http.ResponseWriter, r *http.Request) error {
	keepOutOfCaches(w.Header())
	if t.keep.Write != nil {
		if err := t.keep.Write(w, r, "", "", time.Time{}); err != nil {
			return fmt.Errorf("stepup: Config.Credential.Write: %w", err)
		}
		return nil
	}
	// Expired cookies have empty values, which can neither be too large nor invalid.
	err := setCookies(w, t.cookies.expired(t.cookies.JWTName, t.secure), t.cookies.expired(t.cookies.TokenName, t.secure))
	t.cookies.clearOthers(w, t.secure)
	return err
}
