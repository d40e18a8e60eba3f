// Phone numbers as members type them. stepup/phone.go reads them here.

package inbound

import "strings"

// Number returns the E.164 form of what a member typed (ITU-T E.164, 6: at
// most 15 digits, beginning with the country calling code). Spaces and
// punctuation are dropped, and digits of other scripts are read as they are in
// passcodes. Whether the number takes messages is for Stytch to say:
// numbering-plan libraries refuse its sandbox number, and would double an
// app's size.
func Number(typed string) (string, bool) {
	// "+44 (0)7700 …": the zero in brackets is dialed at home only.
	typed = strings.Replace(typed, "(0)", "", 1)
	var b strings.Builder
	for _, c := range typed {
		if digit, ok := decimal(c); ok {
			b.WriteByte(digit)
			continue
		}
		switch {
		case b.Len() == 0 && (c == '+' || c == '\uff0b'):
			b.WriteByte('+')
		case isSeparator(c) && c != '#', c == '.', c == '(', c == ')', c == '/':
		default:
			return "", false
		}
	}
	number := b.String()
	if rest, ok := strings.CutPrefix(number, "00"); ok {
		number = "+" + rest
	}
	if digits := len(number) - 1; digits < 7 || digits > 15 || number[0] != '+' || number[1] == '0' || strings.LastIndexByte(number, '+') != 0 {
		return "", false
	}
	return number, true
}
