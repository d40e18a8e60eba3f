package inbound

import (
	"regexp"
	"strings"
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

func TestPastedTextIsUnderstood(t *testing.T) {
	for _, tt := range []struct{ typed, want string }{
		{"287996", "287996"}, {" 287 996 ", "287996"}, {"#287-996", "287996"}, {"287996.", "287996"}, {"G-287996", "287996"}, {"code: 287996", "287996"},
		{"Your code is 287-996", "287996"}, {"Your Acme code is 287996. @acme.example #287996", "287996"}, {"Acme24: 287996 (valid for 2 minutes)", "287996"},
		{"2\u200b8\u00ad7\u2060996", "287996"}, {"287\u2014996", "287996"}, {"２８７９９６", "287996"},
		{"287996 or 112233", ""}, {"28799", ""}, {"2879961", ""}, {"287996 1", ""}, {"287a996", ""}, {"", ""}, {"code", ""},
		{strings.Repeat("x", 59) + "287996", ""}, {strings.Repeat("x", 58) + "287996", "287996"},
	} {
		if got, ok := Passcode(tt.typed); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%q became %q, %v, want %q", tt.typed, got, ok, tt.want)
		}
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
