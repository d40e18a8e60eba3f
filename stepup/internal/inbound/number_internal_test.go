package inbound

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpus opens a file of test data that is not part of the project.
func corpus(t *testing.T, name ...string) string {
	t.Helper()
	root := os.Getenv("RUNG_CORPORA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "corpora")
	}
	path := filepath.Join(append([]string{root}, name...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no test data: set RUNG_CORPORA to the folder that holds %s", filepath.Join(name...))
	}
	return path
}

// exampleNumbers are one number of each kind of each region of the world.
func exampleNumbers(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile(corpus(t, "e164", "example_numbers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var examples []struct{ E164 string }
	if err := json.Unmarshal(b, &examples); err != nil {
		t.Fatal(err)
	}
	if len(examples) < 1000 {
		t.Fatalf("%d numbers, want a thousand", len(examples))
	}
	numbers := make([]string, len(examples))
	for i, e := range examples {
		numbers[i] = e.E164
	}
	return numbers
}

func TestNumbersOfAllTheWorldAreUnderstood(t *testing.T) {
	for _, number := range exampleNumbers(t) {
		if number == "+989601" { // a short number of companies in Iran, which no phone of a member has
			if got, ok := Number(number); ok {
				t.Errorf("%q became %q", number, got)
			}
			continue
		}
		for _, typed := range []string{
			number, "00" + number[1:], "\u202a" + number + "\u202c", number[:3] + " (" + number[3:5] + ") " + number[5:],
		} {
			if got, ok := Number(typed); !ok || got != number {
				t.Errorf("%q became %q, %v", typed, got, ok)
			}
		}
		if got, ok := Number(number[1:]); ok {
			t.Errorf("%q, which names no country, became %q", number[1:], got)
		}
	}
}

func TestCopiedNumbersAreUnderstood(t *testing.T) {
	for _, tt := range []struct{ typed, want string }{
		{"tel:+44-7700-900123", "+447700900123"}, {"TEL: +44 7700 900123", "+447700900123"}, {"+44 7700 900123.", "+447700900123"},
		{"+44 ( 0 ) 7700 900123", "+447700900123"}, {"+44 (0)7700 900123", "+447700900123"}, {"+44 [7700] 900123", "+447700900123"},
		{"011 44 7700 900123", "+447700900123"}, {"\u2068+44\u00ad7700\u2060900123\u2069", "+447700900123"},
		{"+44 0 7700 900123", ""}, {"+4407700900123", ""}, {"0044 07700 900123", ""}, {"+1 0415 5550123", ""}, {"+49 0151 23456789", ""},
		{"+39 06 6982 0000", "+390669820000"}, {"011 555 1234", ""}, {"07700 900123", ""}, {"+44 7700 900123 ext 4", ""},
	} {
		if got, ok := Number(tt.typed); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%q became %q, %v, want %q", tt.typed, got, ok, tt.want)
		}
	}
}

// FuzzNumber: whatever is typed becomes a number in E.164 form, the
// same when it is typed again, or is refused.
func FuzzNumber(f *testing.F) {
	for _, typed := range []string{"+1 (415) 555-0123", "0044 20 7946 0958", "＋８１９０１２３４５６７８", "415", "++1", "+0", "\u202a+1\u202c", "+1\xff"} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		number, ok := Number(typed)
		if !ok {
			if number != "" {
				t.Fatalf("refused, and yet %q", number)
			}
			return
		}
		if number[0] != '+' || number[1] == '0' || len(number) > 16 || strings.Trim(number[1:], "0123456789") != "" {
			t.Errorf("%q became %q", typed, number)
		}
		if again, ok := Number(number); !ok || again != number {
			t.Errorf("%q became %q, and then %q", typed, number, again)
		}
	})
}
