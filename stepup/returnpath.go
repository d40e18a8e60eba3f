package stepup

import (
	"net/http"
	"net/url"
	"strings"
)

// The longest return path that is kept: it travels in URLs and forms.
const maxReturnPath = 1024

// ReturnPath returns path if it is a path of this origin and nothing else, at
// most 1024 bytes long, and "/" otherwise. The guard applies it when a path is
// taken and again when it is used, so that no forged form, URL or cookie can
// send a member elsewhere; sign-in handlers apply it to the parameter "next"
// that LoginURL was called with, which anybody can write.
//
// The rules are stricter than a URL parser: browsers turn "\" into "/", drop
// tabs and line breaks, and resolve dot segments after decoding %2e, any of
// which can make another host of what looks like a path (WHATWG URL, 4.4).
func (g *Guard) ReturnPath(path string) string {
	if !isLocalPath(path) || g.isVerifyPath(path) {
		return "/"
	}
	return path
}

// isVerifyPath tells the verify handler's own addresses, however they are
// spelt: sent back to them, a member would go in a circle.
func (g *Guard) isVerifyPath(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	path, err := url.PathUnescape(path)
	return err != nil || strings.HasPrefix(path+"/", g.verifyPath)
}

func isLocalPath(s string) bool {
	if s == "" || len(s) > maxReturnPath || s[0] != '/' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '\\' || c == '#' || c == '"' || c == '<' || c == '>' {
			return false
		}
	}
	path, _, _ := strings.Cut(s, "?")
	if strings.Contains(path, "//") {
		return false
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		decoded, err := url.PathUnescape(segment)
		if err != nil || decoded == "." || decoded == ".." {
			return false
		}
		// An encoded slash or control is data here, but a proxy on the way
		// that decodes once too often would make structure of it.
		if strings.ContainsFunc(decoded, func(c rune) bool { return c < ' ' || c == 0x7f || c == '\\' }) {
			return false
		}
		if strings.HasPrefix(decoded, "/") {
			return false
		}
	}
	return true
}

// publicPath is the path under which the client knows the request, escaped.
// A middleware in front may have stripped a prefix from r.URL, so what was on
// the wire comes first.
func (g *Guard) publicPath(r *http.Request) string {
	if g.config.PublicPath != nil {
		return g.config.PublicPath(r)
	}
	if strings.HasPrefix(r.RequestURI, "/") {
		path, _, _ := strings.Cut(r.RequestURI, "?")
		return path
	}
	return r.URL.EscapedPath()
}

// target is where the member was going, so that they can be sent there later.
func (g *Guard) target(r *http.Request) string {
	switch {
	case r.Header.Get("Hx-Request") == "true" && r.Header.Get("Hx-Current-Url") != "": // a fragment is nothing to come back to
		return g.pagePath(r, r.Header.Get("Hx-Current-Url"))
	case isUnsafe(r.Method):
		return g.pagePath(r, r.Referer())
	}
	path := g.publicPath(r)
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	return g.ReturnPath(path)
}

// pagePath is the path of the page that a request was made from, if that is
// one of this origin, or "/".
func (g *Guard) pagePath(r *http.Request, page string) string {
	u, err := url.Parse(page)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
		return "/"
	}
	path := u.EscapedPath()
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return g.ReturnPath(path)
}

func isUnsafe(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}
