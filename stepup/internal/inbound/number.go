// Phone numbers as members type them. stepup/phone.go reads them here.

package inbound

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Number returns the E.164 form of what a member typed or copied (ITU-T E.164, 6:
// at most 15 digits, beginning with the country calling code), with a plus, 00 or
// 011 in front, and "tel:" if need be. Spaces, punctuation and characters that
// nobody sees are dropped, and digits of other scripts are read as they are in
// passcodes. A zero after the country calling code, which is dialed at home only,
// is refused: with it the number would be another one. Whether the
// number takes messages is for Stytch to say: numbering-plan libraries refuse its
// sandbox number, and would double an app's size.
func Number(typed string) (string, bool) {
	if utf8.RuneCountInString(typed) > maxTyped {
		return "", false
	}
	typed = strings.TrimFunc(typed, func(c rune) bool { return isSeparator(c) && c != '#' })
	if len(typed) > 4 && strings.EqualFold(typed[:4], "tel:") {
		typed = typed[4:]
	}
	typed = withoutHomeZero(typed)
	var b strings.Builder
	for _, c := range typed {
		if digit, ok := decimal(c); ok {
			b.WriteByte(digit)
			continue
		}
		switch {
		case b.Len() == 0 && (c == '+' || c == '\uff0b'):
			b.WriteByte('+')
		case isSeparator(c) && c != '#', unicode.In(c, unicode.Ps, unicode.Pe), c == '.', c == '\u3002', c == '\u00b7', c == '/':
		default:
			return "", false
		}
	}
	number := b.String()
	if rest, ok := strings.CutPrefix(number, "00"); ok {
		number = "+" + rest
	} else if rest, ok := strings.CutPrefix(number, "011"); ok && len(rest) >= 10 { // a shorter one may be of a town with that code
		number = "+" + rest
	}
	if digits := len(number) - 1; digits < 7 || digits > 15 || number[0] != '+' || number[1] == '0' || strings.LastIndexByte(number, '+') != 0 {
		return "", false
	}
	if hasHomeZero(number[1:]) {
		return "", false
	}
	return number, true
}

// withoutHomeZero drops the zero of "+44 (0)7700 …", which is dialed at home only.
func withoutHomeZero(typed string) string {
	before, rest, ok := strings.Cut(typed, "(")
	inside, after, closed := strings.Cut(rest, ")")
	if ok && closed && strings.TrimFunc(inside, isSeparator) == "0" {
		return before + after
	}
	return typed
}

// hasHomeZero reports whether digits begin with the code of a country where a zero
// is dialed before every number at home, and never from abroad, and then with that
// zero. It lists the countries of which both are sure.
func hasHomeZero(digits string) bool {
	for _, code := range []string{
		"1", "20", "27", "31", "32", "33", "40", "41", "43", "44", "46", "49",
		"60", "61", "62", "63", "64", "66", "81", "82", "84", "90", "91", "92", "94", "95", "98",
		"212", "213", "233", "234", "249", "251", "254", "255", "256", "263",
		"353", "355", "358", "359", "373", "380", "381", "385", "386", "387", "389", "421",
		"855", "880", "961", "962", "963", "964", "966", "967", "971", "972", "977",
	} {
		if strings.HasPrefix(digits, code+"0") {
			return true
		}
	}
	return false
}
