package stepup

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/rungauth/rung/jwks"
)

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
	var g Guard
	for _, number := range exampleNumbers(t) {
		if number == "+989601" { // a short number of companies in Iran, which no phone of a member has
			if got, ok := g.normalisePhone(number); ok {
				t.Errorf("%q became %q", number, string(got))
			}
			continue
		}
		for _, typed := range []string{
			number, "00" + number[1:], "\u202a" + number + "\u202c", number[:3] + " (" + number[3:5] + ") " + number[5:],
		} {
			if got, ok := g.normalisePhone(typed); !ok || string(got) != number {
				t.Errorf("%q became %q, %v", typed, string(got), ok)
			}
		}
		if got, ok := g.normalisePhone(number[1:]); ok {
			t.Errorf("%q, which names no country, became %q", number[1:], string(got))
		}
	}
}

// Two digits tell a member which phone to look at. More would tell a thief of
// the session which number to take over.
func TestPagesShowTwoDigitsOfAnyNumber(t *testing.T) {
	p := mustPages(t, nil)
	pages := samplePages()
	// The example beside the field, and names that are hashes, have digits of
	// their own.
	others := strings.NewReplacer("+1 415 555 0123", "", p.assetName("css"), "", p.assetName("js"), "")
	for i, number := range exampleNumbers(t) {
		page := pages[i%len(pages)]
		page.PhoneEnding, page.Entered = jwks.PhoneNumber(number).LastDigits(2), ""
		if page.PhoneEnding != number[len(number)-2:] {
			t.Fatalf("the last digits of %s are %q", number, page.PhoneEnding)
		}
		source := others.Replace(parsePage(t, p, page).source)
		if strings.Contains(source, number[len(number)-4:]) || strings.Contains(source, number[1:5]) {
			t.Errorf("a page in the state %s shows more of %s than its end", page.State, number)
		}
	}
}

// FuzzNormalisePhone: whatever is typed becomes a number in E.164 form, the
// same when it is typed again, or is refused.
func FuzzNormalisePhone(f *testing.F) {
	for _, typed := range []string{"+1 (415) 555-0123", "0044 20 7946 0958", "＋８１９０１２３４５６７８", "415", "++1", "+0", "\u202a+1\u202c", "+1\xff"} {
		f.Add(typed)
	}
	g := &Guard{config: Config{Enroll: &Enrollment{CallingCodes: []string{"1", "44", "81"}}}}
	f.Fuzz(func(t *testing.T, typed string) {
		number, ok := g.normalisePhone(typed)
		if !ok {
			if number != "" {
				t.Fatalf("refused, and yet %q", string(number))
			}
			return
		}
		text := string(number)
		if text[0] != '+' || text[1] == '0' || len(text) > 16 || strings.Trim(text[1:], "0123456789") != "" {
			t.Errorf("%q became %q", typed, text)
		}
		if !strings.HasPrefix(text, "+1") && !strings.HasPrefix(text, "+44") && !strings.HasPrefix(text, "+81") {
			t.Errorf("%q became %q, of a country that is not texted", typed, text)
		}
		if again, ok := g.normalisePhone(text); !ok || again != number {
			t.Errorf("%q became %q, and then %q", typed, text, string(again))
		}
	})
}
