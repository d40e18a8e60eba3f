// Amounts of money: printing and parsing. Used by the transfers and the
// payouts.

package main

import (
	"fmt"
	"strconv"
	"strings"
)

// cents is an amount of US dollars. Money is never a float.
type cents int64

// String groups the dollars: $18,240.00.
func (c cents) String() string {
	dollars := strconv.FormatInt(int64(c/100), 10)
	for i := len(dollars) - 3; i > 0; i -= 3 {
		dollars = dollars[:i] + "," + dollars[i:]
	}
	return fmt.Sprintf("$%s.%02d", dollars, c%100)
}

// parseCents parses what people type: "250", "$1,250.00", "12.5". It refuses
// zero, and ten or more digits of dollars.
func parseCents(typed string) (cents, bool) {
	typed = strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(typed), "$"), ",", "")
	whole, fraction, _ := strings.Cut(typed, ".")
	if len(whole) > 9 || len(fraction) > 2 {
		return 0, false
	}
	n, err := strconv.ParseUint(whole+(fraction + "00")[:2], 10, 63)
	return cents(n), err == nil && n > 0 && whole != ""
}
