// Where a member may be sent: paths of this origin and nothing else.
// stepup/links.go asks it whenever a path comes in or is used.

package inbound

import (
	"net/url"
	"strings"
)

// MaxPath is the longest path, in bytes, that IsLocalPath accepts: it travels
// in URLs and forms.
const MaxPath = 4096

// IsLocalPath reports whether s is a path of this origin, with or without a
// query and a fragment, and cannot lead elsewhere.
//
// The rules are stricter than a URL parser's: browsers turn "\" into "/", drop
// tabs and line breaks, and resolve dot segments after decoding %2e. Each of
// these can turn what looks like a path into another host (WHATWG URL, 4.4).
func IsLocalPath(s string) bool {
	if s == "" || len(s) > MaxPath || s[0] != '/' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' {
			return false
		}
	}
	path, fragment, _ := strings.Cut(s, "#")
	if _, err := url.PathUnescape(fragment); err != nil {
		return false
	}
	path, _, _ = strings.Cut(path, "?")
	if strings.Contains(path, "//") || strings.Contains(path, `\`) {
		return false
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		decoded, err := url.PathUnescape(segment)
		if err != nil || decoded == "." || decoded == ".." {
			return false
		}
		// An encoded slash or control is data here, but a proxy on the way
		// that decodes once too often would make it part of the structure.
		if strings.ContainsFunc(decoded, func(c rune) bool { return c < ' ' || c == 0x7f }) {
			return false
		}
		if strings.HasPrefix(decoded, "/") || strings.HasPrefix(decoded, `\`) {
			return false
		}
	}
	return true
}
