// Which fields of a form are not kept.

package stepup

import (
	"slices"
	"strings"
	"unicode"
)

// withholds reports the fields that must not lie in a page, even sealed: the
// history of the browser may keep it, and a password is typed again in a second.
func (f Forms) withholds(name string) bool {
	if slices.Contains(f.Withhold, name) {
		return true
	}
	before := ""
	words := wordsOf(name)
	for _, word := range words {
		if isSecret(word, before, len(words) == 1) {
			return true
		}
		before = word
	}
	return false
}

// isSecret reports whether a word of a field name stands for a password, a
// passcode or card data. A "code" is one alone or after certain words: a
// country_code is not.
func isSecret(word, before string, alone bool) bool {
	switch word {
	case "pass", "passwd", "passphrase", "passcode", "pwd", "pin", "otp", "totp", "cvv", "cvc", "csc",
		"card", "cardnumber", "ccnumber", "creditcard", "iban", "ssn", "secret":
		return true
	case "number":
		return before == "cc"
	case "code":
		return alone || slices.Contains([]string{"security", "verification", "auth", "sms", "time", "access", "mfa", "2fa"}, before)
	}
	return strings.Contains(word, "password") // confirmpassword
}

// wordsOf splits a field name as people join words: card_number, cardNumber,
// card[number], card-number. Numbers at the end of a word are no part of it:
// password2, cvv2, code[1].
func wordsOf(name string) []string {
	var words []string
	var word strings.Builder
	flush := func() {
		if w := strings.TrimRight(word.String(), "0123456789"); w != "" {
			words = append(words, w)
		}
		word.Reset()
	}
	lower := false
	for _, c := range name {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			flush()
			lower = false
			continue
		}
		if unicode.IsUpper(c) && lower {
			flush()
		}
		lower = unicode.IsLower(c)
		word.WriteRune(unicode.ToLower(c))
	}
	flush()
	return words
}
