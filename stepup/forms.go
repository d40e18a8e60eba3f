// Config.Forms: which fields of a posted form are shown, and which are not
// kept. New checks it; keep.go and write.go use it.

package stepup

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Forms says how a form that was posted to a guarded route is kept. A button
// sends it again once the member has stepped up.
type Forms struct {
	// Show are the names of fields whose values may be shown to the member
	// before the form is sent ("payee", "amount"). nil = none: the page shows
	// names only.
	Show []string
	// Withhold are the names of fields that are not kept and must be typed
	// again, besides those that look like passwords, passcodes or card data.
	// nil = none.
	Withhold []string
	// Actions are the origins ("https://pay.example.com") that a guarded route
	// may redirect to after a form or a step-up: browsers apply the form-action
	// policy of the verify page to such redirects. nil = only this origin, and
	// any after a kept form.
	Actions []string
}

const (
	// The longest body of a form that is kept. A longer one would not fit into a
	// page, and nobody types that much.
	maxForm = 64 << 10
	// How long a form waits for the step-up.
	formLife = 15 * time.Minute
)

func (forms Forms) validate() error {
	for _, origin := range forms.Actions {
		if !isOrigin(origin) {
			return fmt.Errorf("stepup: Config.Forms.Actions must hold origins like \"https://pay.example.com\", has %q", origin)
		}
	}
	return nil
}

// withholds reports whether a field must not be put into a page, even sealed:
// the browser's history may hold the page, and typing a password again takes a
// second.
func (forms Forms) withholds(name string) bool {
	if slices.Contains(forms.Withhold, name) {
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
// passcode or card data. "code" counts alone or after certain words:
// country_code does not.
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

// wordsOf splits a field name into words, however they are joined:
// card_number, cardNumber, card[number], card-number. Digits at the end of a
// word are no part of it: password2, cvv2, code[1].
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

func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.Scheme+"://"+u.Host == s && !strings.ContainsAny(s, " ;,'")
}
