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

// Of several cookies with the name of ours, so many are looked at: a sibling
// domain can plant one in front of ours, but must not make us verify dozens.
const maxCandidates = 3

// presented are the session JWTs that a request shows, not yet verified.
type presented struct {
	channel channel
	jwts    [maxCandidates]string
	n       int
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
		jwt, _ := g.config.Credential.Read(r)
		if jwt == "" {
			return presented{}
		}
		return presented{channel: channelCookie, n: 1, jwts: [maxCandidates]string{jwt}}
	}
	var p presented
	p.n = cookieValues(r.Header, g.config.Cookies.JWTName, p.jwts[:])
	if p.n > 0 {
		p.channel = channelCookie
	}
	return p
}

// sessionToken is the opaque session token that came along, or "" if there is
// none or more than one. It is read only where Stytch is going to be asked:
// most requests need none.
func (g *Guard) sessionToken(r *http.Request, ch channel) string {
	if ch == channelBearer {
		return ""
	}
	if g.config.Credential.Read != nil {
		_, token := g.config.Credential.Read(r)
		return token
	}
	var tokens [maxCandidates]string
	switch n := cookieValues(r.Header, g.config.Cookies.TokenName, tokens[:]); {
	case n == 1, n == 2 && tokens[0] == tokens[1]:
		return tokens[0]
	}
	return ""
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
	if !validCookieBytes(raw) {
		return "", false
	}
	return raw, true
}

// validCookieBytes looks at eight bytes at once: byte by byte, the value of a
// session cookie would cost more than all the rest of a warm request. Below
// 0x80 the top bit of a byte minus one is set only if the byte was zero, so
// comparing is subtracting from the byte, or from its difference to the one
// that is sought. A borrow from a neighbour starts at a byte that is refused.
func validCookieBytes(s string) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	var bad uint64
	i := 0
	for ; i+8 <= len(s); i += 8 {
		b := s[i : i+8]
		x := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		bad |= x | (x - 0x20*ones) |
			((x ^ '"'*ones) - ones) | ((x ^ ';'*ones) - ones) | ((x ^ '\\'*ones) - ones) | ((x ^ 0x7f*ones) - ones)
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == ';' || c == '\\' {
			return false
		}
	}
	return bad&tops == 0
}
