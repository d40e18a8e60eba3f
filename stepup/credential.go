// The tokens that a request shows and a response hands out: where they are
// read, written and cleared.

package stepup

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/internal/inbound"
)

// Credential replaces the session cookies for apps that keep the tokens
// elsewhere, in a server-side session for instance. Both funcs are required,
// and both are called concurrently. A bearer token in the request still comes
// first.
type Credential struct {
	// Read returns the session JWT of the request, and the opaque session
	// token where the app keeps one; "" = none. It may be called more than
	// once for a request.
	Read func(r *http.Request) (sessionJWT, sessionToken string)
	// Write keeps the tokens until expires, before anything of the response
	// was written. An empty sessionToken means that the one before stays. Two
	// empty tokens end the session: forget what was kept.
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
	channel channel
	jwt     string
	token   string // the opaque session token that came along; read only once Stytch is to be asked
	expired bool   // the JWT is well signed, but must be renewed first
}

// Of several cookies with the name of ours, this many are looked at: a sibling
// domain can plant one in front of ours, but must not make us verify dozens.
const maxCandidates = 3

// presented are the session JWTs that a request shows, not yet verified.
type presented struct {
	channel channel
	jwts    [maxCandidates]string
	n       int
}

// tokens is where the tokens of a request are read and written.
type tokens struct {
	cookies Cookies    // where keep is nil
	keep    Credential // the app's own place
	secure  bool
}

// present collects what the request shows. An Authorization header of the
// Bearer scheme is the only one looked at when present, junk included: were
// junk to fall through to the cookie, a request would be judged by another
// credential than the one the app reads.
func (t *tokens) present(r *http.Request) presented {
	for _, value := range r.Header["Authorization"] {
		scheme, token, _ := strings.Cut(value, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			continue
		}
		p := presented{channel: channelBearer, n: 1}
		if len(r.Header["Authorization"]) == 1 {
			p.jwts[0] = strings.Trim(token, " ")
		}
		return p
	}
	if t.keep.Read != nil {
		jwt, _ := t.keep.Read(r)
		if jwt == "" {
			return presented{}
		}
		return presented{channel: channelCookie, n: 1, jwts: [maxCandidates]string{jwt}}
	}
	var p presented
	p.n = inbound.CookieValues(r.Header, t.cookies.JWTName, p.jwts[:])
	if p.n > 0 {
		p.channel = channelCookie
	}
	return p
}

// opaque is the opaque session token that came along, or "" if there is none
// or more than one. It is read only where Stytch is going to be asked: most
// requests need none.
func (t *tokens) opaque(r *http.Request, ch channel) string {
	if ch == channelBearer {
		return ""
	}
	if t.keep.Read != nil {
		_, token := t.keep.Read(r)
		return token
	}
	var found [maxCandidates]string
	values := found[:inbound.CookieValues(r.Header, t.cookies.TokenName, found[:])]
	values = slices.Compact(slices.DeleteFunc(values, func(v string) bool { return !inbound.IsCookieValue(v) }))
	if len(values) == 1 {
		return values[0]
	}
	return ""
}

// write hands out the JWT of a session, and the opaque token if it is not "",
// to clients whose tokens did not come in a header.
func (t *tokens) write(w http.ResponseWriter, r *http.Request, s *jwks.Session, jwt, token string) error {
	// This may be a page that its handler lets others cache. One that says so
	// after us has the last word: a guarded page must not be cached anyway.
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
	return setCookies(w, cookies...)
}

// clear makes the client forget its tokens.
func (t *tokens) clear(w http.ResponseWriter, r *http.Request) error {
	if t.keep.Write != nil {
		if err := t.keep.Write(w, r, "", "", time.Time{}); err != nil {
			return fmt.Errorf("stepup: Config.Credential.Write: %w", err)
		}
		return nil
	}
	// Expired cookies have empty values, which can neither be too large nor invalid.
	return setCookies(w, t.cookies.expired(t.cookies.JWTName, t.secure), t.cookies.expired(t.cookies.TokenName, t.secure))
}
