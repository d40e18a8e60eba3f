// Passcodes as members type and paste them. stepup/factor.go reads them here.

package inbound

import (
	"unicode"
	"unicode/utf8"
)

// The most characters that are looked at for a passcode.
const maxTyped = 64

// Passcode returns the six ASCII digits of what a member typed or pasted: the one
// run of six digits in it, whatever stands around ("Your code is 287-996."). Phones
// copy passcodes with spaces and dashes, and Arabic, Persian, Indic and full-width
// keyboards type digits of their own: all of these are the passcode. Anything
// else, two different ones too, is refused here, where it costs neither an attempt
// nor a call.
func Passcode(typed string) (string, bool) {
	if utf8.RuneCountInString(typed) > maxTyped {
		return "", false
	}
	found, run := "", ""
	end := func() bool {
		ok := len(run) != 6 || found == "" || found == run
		if len(run) == 6 {
			found = run
		}
		run = ""
		return ok
	}
	for _, c := range typed {
		digit, ok := decimal(c)
		switch {
		case ok:
			run += string(digit)
		case isSeparator(c) && c != '#':
		case !end():
			return "", false
		}
	}
	if !end() {
		return "", false
	}
	return found, found != ""
}

// isSeparator reports whether c may stand between the digits of a number: white
// space, a hyphen, dash or minus of any kind, or a mark that nobody sees and that
// comes along with copied text (Unicode category Cf).
func isSeparator(c rune) bool {
	return c == '#' || c == '\u2212' || unicode.IsSpace(c) || unicode.In(c, unicode.Pd, unicode.Cf)
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
