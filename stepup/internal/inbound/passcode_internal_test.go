package inbound

import (
	"regexp"
	"testing"
	"unicode"
)

func TestEveryDecimalDigitIsUnderstood(t *testing.T) {
	digits := 0
	for c := rune(0); c <= unicode.MaxRune; c++ {
		got, ok := decimal(c)
		if ok != unicode.Is(unicode.Nd, c) {
			t.Fatalf("%U: got %v", c, ok)
		}
		if ok {
			if got != '0'+byte(digits%10) {
				t.Fatalf("%U is %c, want %d", c, got, digits%10)
			}
			digits++
		}
	}
	if digits%10 != 0 || digits == 0 {
		t.Errorf("%d digits", digits)
	}
}

func FuzzPasscode(f *testing.F) {
	for _, seed := range []string{"123456", "123 456", "#123-456", "１２３４５６", "١٢٣٤٥٦", "12345", "1234567", "12345a", "\u202a123456\u202c", "1\x00"} {
		f.Add(seed)
	}
	six := regexp.MustCompile(`^[0-9]{6}$`)
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := Passcode(typed)
		if ok != six.MatchString(code) || !ok && code != "" {
			t.Fatalf("%q became %q, %v", typed, code, ok)
		}
		if again, _ := Passcode(code); ok && again != code {
			t.Fatalf("%q became %q, then %q", typed, code, again)
		}
	})
}
