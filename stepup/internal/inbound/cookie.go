// Session cookies as they come in, before anything is verified.

package inbound

import (
	"net/http"
	"net/textproto"
	"strings"
)

// From this many cookies on, net/http reads none of them.
const maxCookies = 3000

// CookieValues fills dst with the values of the cookies of that name and
// returns how many there are, at most len(dst). It finds what
// http.Request.CookiesNamed finds, without building every cookie of the
// request first: that would cost as much as all the rest of a warm request.
func CookieValues(h http.Header, name string, dst []string) (n int) {
	lines := h["Cookie"]
	count := 0
	for _, line := range lines {
		count += strings.Count(line, ";") + 1
	}
	if count > maxCookies {
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
// not allow, as net/http does. A space and a comma pass there, so here too.
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
// session cookie would cost more than all the rest of a warm request.
//
// Below 0x80, the top bit of a byte minus one is set only if the byte was
// zero. So comparing is subtracting one from the difference to the byte that is
// sought. A borrow from a neighbor can only start at a byte that is refused.
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
