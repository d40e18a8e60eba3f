// The fields of a form as text, in their order.

package stepup

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/rungauth/rung/stepup/contract"
)

// parseFields reads urlencoded text as url.ParseQuery does, without losing its
// order. It refuses what that refuses, a semicolon among others, and what a page
// cannot send again as it was: in HTML there is no NUL, and no text that is not
// Unicode.
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

// encodeFields is the reverse of parseFields, and the shortest form of fields.
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
