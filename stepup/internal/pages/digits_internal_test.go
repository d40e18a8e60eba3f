package pages

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rungauth/rung/jwks"
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

// Two digits tell a member which phone to look at. More would tell a thief
// with the session which number to take over.
func TestPagesShowTwoDigitsOfAnyNumber(t *testing.T) {
	p := mustPages(t, nil)
	samples := samplePages()
	// The example beside the field, and names that are hashes, have digits of
	// their own.
	others := strings.NewReplacer("+1 415 555 0123", "", p.assets.name("stepup.css"), "", p.assets.name("stepup.js"), "")
	for i, number := range exampleNumbers(t) {
		page := samples[i%len(samples)]
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
