// Phone numbers that print masked. Used for factors here and for members in
// package stytch.

package jwks

import (
	"fmt"
	"io"
	"log/slog"
)

// PhoneNumber is a member's phone number in E.164 form. To keep it out of logs,
// every fmt verb, log/slog and JSON print it masked, as in "•••• 12". The real
// number is string(p).
//
// It decodes from JSON as a plain string. Encoding is masked on purpose, so a
// request that must carry the number has to convert it first.
type PhoneNumber string

// LastDigits returns the last n decimal digits of the number, or all of them if
// there are fewer. A page may show them to tell a member which phone to look at.
func (p PhoneNumber) LastDigits(n int) string {
	digits := make([]byte, 0, 16)
	for i := len(p) - 1; i >= 0 && len(digits) < n; i-- {
		if '0' <= p[i] && p[i] <= '9' {
			digits = append(digits, p[i])
		}
	}
	for i, j := 0, len(digits)-1; i < j; i, j = i+1, j-1 {
		digits[i], digits[j] = digits[j], digits[i]
	}
	return string(digits)
}

// String returns the number masked but for its last two digits. The mask has
// the same length for every number. A number of fewer than six digits is masked
// completely, and an empty one is "".
func (p PhoneNumber) String() string {
	const tooShort = 6
	switch {
	case p == "":
		return ""
	case len(p.LastDigits(tooShort)) < tooShort:
		return "••••"
	}
	return "•••• " + p.LastDigits(2)
}

// Format implements [fmt.Formatter] for all verbs: without it %x, %d or %#v
// would print the real digits.
func (p PhoneNumber) Format(f fmt.State, _ rune) {
	io.WriteString(f, p.String())
}

// LogValue implements [slog.LogValuer].
func (p PhoneNumber) LogValue() slog.Value {
	return slog.StringValue(p.String())
}

// MarshalText implements [encoding.TextMarshaler], which JSON and XML use.
func (p PhoneNumber) MarshalText() ([]byte, error) {
	return []byte(p.String()), nil
}
