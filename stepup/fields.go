// Form fields as urlencoded text, in their order. keep.go and sealed.go call
// it.

package stepup

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/rungauth/rung/stepup/contract"
)

// parseFields reads urlencoded text as url.ParseQuery does, but in order. It
// refuses what ParseQuery refuses, such as a semicolon, and what a page cannot
// send again unchanged: HTML has no NUL and no text that is not Unicode.
func parseFields(text string) ([]contract.FormValue, bool) {
	var fields []contract.FormValue
	for part := range strings.SplitSeq(text, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, badName := url.QueryUnescape(name)
		value, badValue := url.QueryUnescape(value)
		if badName != nil || badValue != nil || strings.Contains(part, ";") || !isText(name) || !isText(value) {
			return nil, false
		}
		fields = append(fields, contract.FormValue{Name: name, Value: value})
	}
	return fields, true
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// encodeFields is the inverse of parseFields.
func encodeFields(fields []contract.FormValue) string {
	var b strings.Builder
	for i, field := range fields {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(field.Name) + "=" + url.QueryEscape(field.Value))
	}
	return b.String()
}
