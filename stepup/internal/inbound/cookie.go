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
// returns how many there are, at most len(dst). It finds what
// http.Request.CookiesNamed finds, without building every cookie of the
// request first.
func CookieValues(h http.Header, name string, dst []string) (n int) {
	eachCookie(h, name, func(value string) bool {
		if IsCookieValue(value) {
			dst[n] = value
			n++
		}
		return n < len(dst)
	})
	return n
}

// OnlyCookie returns the value of the one cookie of that name, or false if there
// is none or more than one. It does not ask whether it is one, see
// IsCookieValue: that would cost a warm request more than all the rest.
func OnlyCookie(h http.Header, name string) (value string, ok bool) {
	n := 0
	eachCookie(h, name, func(found string) bool {
		value = found
		n++
		return n < 2
	})
	return value, n == 1
}

func eachCookie(h http.Header, name string, visit func(value string) bool) {
	lines := h["Cookie"]
	if tooMany(lines) {
		return
	}
	for _, line := range lines {
		for line = textproto.TrimString(line); line != ""; {
			var part string
			part, line, _ = strings.Cut(line, ";")
			key, value, _ := strings.Cut(textproto.TrimString(part), "=")
			if textproto.TrimString(key) == name && !visit(unquoted(value)) {
				return
			}
		}
	}
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
