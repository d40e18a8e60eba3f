// Passcodes as members type and paste them. stepup/factor.go reads them here.

package inbound

import "unicode"

// Passcode returns the six ASCII digits of what a member typed. Phones copy
// passcodes with spaces, dashes and a leading "#", and Arabic, Persian, Indic
// and full-width keyboards type digits of their own: all of these are the
// passcode. Anything else is refused here, where it costs neither an attempt
// nor a call.
func Passcode(typed string) (string, bool) {
	var code [6]byte
	n := 0
	for _, c := range typed {
		if isSeparator(c) {
			continue
		}
		digit, ok := decimal(c)
		if !ok || n == len(code) {
			return "", false
		}
		code[n] = digit
		n++
	}
	if n != len(code) {
		return "", false
	}
	return string(code[:]), true
}

func isSeparator(c rune) bool {
	switch c {
	case '-', '#', '\u2010', '\u2011', '\u2012', '\u2013', '\u2212', '\uff0d': // hyphens, dashes, minus
		return true
	case '\u200e', '\u200f', '\u202a', '\u202c', '\u2066', '\u2067', '\u2068', '\u2069', '\ufeff', '\u200b': // marks that come along with copied text
		return true
	}
	return unicode.IsSpace(c)
}

// decimal returns the ASCII digit for a decimal digit of any script. Unicode
// keeps the ten digits of a script side by side and in order, and every range
// of the table begins with a zero (Unicode 15, 4.6, "Decimal Digits").
func decimal(c rune) (byte, bool) {
	if '0' <= c && c <= '9' {
		return byte(c), true
	}
	for _, r := range unicode.Nd.R16 {
		if rune(r.Lo) <= c && c <= rune(r.Hi) {
			return '0' + byte((c-rune(r.Lo))%10), true
		}
	}
	for _, r := range unicode.Nd.R32 {
		if rune(r.Lo) <= c && c <= rune(r.Hi) {
			return '0' + byte((c-rune(r.Lo))%10), true
		}
	}
	return 0, false
}
