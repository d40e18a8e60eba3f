package jwks_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"github.com/rungauth/rung/jwks"
)

func TestPhoneNumberIsMaskedHoweverItIsPrinted(t *testing.T) {
	const number = jwks.PhoneNumber("+14155550123")
	factor := jwks.Factor{Phone: jwks.PhoneFactor{ID: "phone-number-test-1", Number: number}}

	printed := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t", "%08s", "%T%v"} {
		if verb == "%T%v" {
			printed[verb] = fmt.Sprintf(verb, number, number)
			continue
		}
		printed[verb] = fmt.Sprintf(verb, number)
		printed["factor "+verb] = fmt.Sprintf(verb, factor)
		printed["pointer "+verb] = fmt.Sprintf(verb, &factor)
	}
	printed["Error"] = fmt.Errorf("sending to %v", number).Error()

	text, err := json.Marshal([]any{number, factor, &factor})
	if err != nil {
		t.Fatal(err)
	}
	printed["JSON"] = string(text)

	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).Info("sent", "to", number, "factor", factor)
		printed[name] = b.String()
	}

	var b bytes.Buffer
	if err := template.Must(template.New("").Parse("{{.}}")).Execute(&b, number); err != nil {
		t.Fatal(err)
	}
	printed["template"] = b.String()

	for how, got := range printed {
		if strings.Contains(got, "5555") || strings.Contains(got, "35353535") {
			t.Errorf("%s prints the number: %s", how, got)
		}
	}
	if got, want := printed["%v"], "•••• 23"; got != want {
		t.Errorf("%%v = %q, want %q", got, want)
	}
	if string(number) != "+14155550123" {
		t.Errorf("string(p) = %q, want the real number", string(number))
	}
}

func TestPhoneNumberMask(t *testing.T) {
	for _, c := range []struct{ name, number, want string }{
		{"two digits of a long number", "+4915112345678", "•••• 78"},
		{"the same mask for a shorter one", "+15550199", "•••• 99"},
		{"no digit of a number of five digits", "+12345", "••••"},
		{"nothing for no number", "", ""},
		{"no digit of junk", "call me", "••••"},
	} {
		if got := fmt.Sprint(jwks.PhoneNumber(c.number)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPhoneNumberLastDigits(t *testing.T) {
	for _, c := range []struct {
		number string
		n      int
		want   string
	}{
		{"+14155550123", 2, "23"},
		{"+14155550123", 4, "0123"},
		{"+1 (415) 555-01 23", 3, "123"},
		{"+12", 4, "12"},
		{"+14155550123", 0, ""},
		{"+14155550123", -1, ""},
		{"", 2, ""},
	} {
		if got := jwks.PhoneNumber(c.number).LastDigits(c.n); got != c.want {
			t.Errorf("LastDigits(%d) of %s: got %q, want %q", c.n, c.number, got, c.want)
		}
	}
}

func TestPhoneNumberDecodesUnmasked(t *testing.T) {
	var v struct{ Number jwks.PhoneNumber }
	if err := json.Unmarshal([]byte(`{"Number":"+14155550123"}`), &v); err != nil {
		t.Fatal(err)
	}
	if string(v.Number) != "+14155550123" {
		t.Errorf("got %q, want the real number", string(v.Number))
	}
}
