package stepup

import (
	"net/http"
	"net/textproto"
	"strings"
	"time"
)

// Credential replaces the session cookies for apps that keep the tokens
// elsewhere, in a server-side session for instance. Both funcs are required.
// A bearer token in the request still comes first.
type Credential struct {
	// Read returns the session JWT of the request, and the opaque session
	// token where the app keeps one; "" = none.
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

// Of several cookies with the name of ours, so many are looked at: a sibling
// domain can plant one in front of ours, but must not make us verify dozens.
const maxCandidates = 3

// presented is what a request shows, not yet verified.
type presented struct {
	channel channel
	jwts    [maxCandidates]string
	n       int
	token   string // the opaque session token; "" = none, or more than one
}

// present collects what the request shows. An Authorization header of the
// Bearer scheme is the only one looked at when present, junk included: were
// junk to fall through to the cookie, a request would be judged by another
// credential than the one the app reads.
func (g *Guard) present(r *http.Request) presented {
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
	if g.config.Credential.Read != nil {
		jwt, token := g.config.Credential.Read(r)
		if jwt == "" {
			return presented{}
		}
		return presented{channel: channelCookie, n: 1, jwts: [maxCandidates]string{jwt}, token: token}
	}
	var p presented
	p.n = cookieValues(r.Header, g.config.Cookies.JWTName, p.jwts[:])
	if p.n > 0 {
		p.channel = channelCookie
	}
	var tokens [maxCandidates]string
	switch n := cookieValues(r.Header, g.config.Cookies.TokenName, tokens[:]); {
	case n == 1, n == 2 && tokens[0] == tokens[1]:
		p.token = tokens[0]
	}
	return p
}

// The number of cookies from which on net/http reads none of them.
const maxRequestCookies = 3000

// cookieValues fills dst with the values of the cookies of that name and
// returns how many there are, at most len(dst). It finds what
// http.Request.CookiesNamed finds, without building every cookie of the
// request first, which would cost as much as all the rest of a warm request.
func cookieValues(h http.Header, name string, dst []string) (n int) {
	lines := h["Cookie"]
	count := 0
	for _, line := range lines {
		count += strings.Count(line, ";") + 1
	}
	if count > maxRequestCookies {
		return 0
	}
	for _, line := range lines {
		for line = textproto.TrimString(line); line != "" && n < len(dst); {
			var part string
			part, line, _ = strings.Cut(line, ";")
			key, value, _ := strings.Cut(textproto.TrimString(part), "=")
			if textproto.TrimString(key) != name {
				continue
			}
			if value, ok := cookieValue(value); ok {
				dst[n] = value
				n++
			}
		}
	}
	return n
}

// cookieValue strips quotes and refuses the bytes that RFC 6265, 4.1.1 does
// not allow, as net/http does (a space and a comma pass there, so here too).
func cookieValue(raw string) (string, bool) {
	if len(raw) > 1 && raw[0] == '"' && raw[len(raw)-1] == '"' {
		raw = raw[1 : len(raw)-1]
	}
	for i := range len(raw) {
		if c := raw[i]; c < 0x20 || c >= 0x7f || c == '"' || c == ';' || c == '\\' {
			return "", false
		}
	}
	return raw, true
}
