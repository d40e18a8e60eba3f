// Session cookies as they come in, before anything is verified.
// stepup/credential.go reads them here.

package inbound

import (
	"net/http"
	"net/textproto"
	"strings"
)

// With more cookies than this, net/http reads none of them.
const maxCookies = 3000

// CookieValues fills dst with the values of the cookies of that name and
// returns how many it found, at most len(dst). Without those that are not
// IsCookieValue, they are what http.Request.CookiesNamed finds. It does not
// build every cookie of the request first: that would cost as much as all the
// rest of a warm request.
func CookieValues(h http.Header, name string, dst []string) (n int) {
	lines := h["Cookie"]
	if tooMany(lines) {
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
			dst[n] = unquoted(value)
			n++
		}
	}
	return n
}

// tooMany reports whether there are more cookies than net/http reads. It
// counts only if there could be: a cookie has at least one byte, its
// separator.
func tooMany(lines []string) bool {
	length := 0
	for _, line := range lines {
		length += len(line) + 1
	}
	if length <= maxCookies {
		return false
	}
	count := 0
	for _, line := range lines {
		count += strings.Count(line, ";") + 1
	}
	return count > maxCookies
}

func unquoted(raw string) string {
	if len(raw) > 1 && raw[0] == '"' && raw[len(raw)-1] == '"' {
		return raw[1 : len(raw)-1]
	}
	return raw
}

// IsCookieValue reports whether net/http accepts every byte of s: those of RFC
// 6265, 4.1.1, and a space and a comma. A session JWT needs no such check: its
// verifier accepts no byte but those of base64url.
func IsCookieValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == ';' || c == '\\' {
			return false
		}
	}
	return true
}
