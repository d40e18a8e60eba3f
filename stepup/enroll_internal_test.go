package stepup

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestACallingCodeStandsForItsCountryAlone(t *testing.T) {
	for _, tt := range []struct {
		codes  []string
		number string
		want   bool
	}{
		{nil, "+447700900123", true},
		{nil, "+18765550123", true},
		{nil, "+19005550123", false},
		{[]string{"1", "44", "81"}, "+447400900123", true},
		{[]string{"1", "44", "81"}, "+14155550123", true},
		{[]string{"1", "44", "81"}, "+33612345678", false},
		{[]string{"44"}, "+14155550123", false},
		{[]string{"1"}, "+15062345678", true},
		{[]string{"1"}, "+18765550123", false},
		{[]string{"1"}, "+18095550123", false},
		{[]string{"1"}, "+17875550123", false},
		{[]string{"1", "1876"}, "+18765550123", true},
		{[]string{"1876"}, "+14155550123", false},
		{[]string{"1"}, "+19005550123", false},
		{[]string{"1"}, "+15005550123", false},
		{[]string{"1900"}, "+19005550123", true},
		{[]string{"44"}, "+447012345678", false},
		{[]string{"44"}, "+449012345678", false},
		{[]string{"44"}, "+447781123456", false},
		{[]string{"44"}, "+447624123456", false},
		{[]string{"44", "4470"}, "+447012345678", true},
		{[]string{"7"}, "+79161234567", true},
		{[]string{"7"}, "+77011234567", false},
		{[]string{"7", "77"}, "+77011234567", true},
	} {
		e := &Enrollment{CallingCodes: tt.codes}
		if got := e.calls(tt.number); got != tt.want {
			t.Errorf("with %q, %s: got %v, want %v", tt.codes, tt.number, got, tt.want)
		}
	}
}

func TestAFuncDecidesInPlaceOfCallingCodes(t *testing.T) {
	e := &Enrollment{Allows: func(number string) bool { return number == "+19005550123" }}
	if !e.calls("+19005550123") || e.calls("+14155550123") {
		t.Error("the func does not decide")
	}
}

// One number of each kind of each region of the world.
func TestMobileNumbersOfAllTheWorldAreCalledAndPremiumOnesAreNot(t *testing.T) {
	b, err := os.ReadFile(corpus(t, "e164", "example_numbers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var examples []struct{ Region, CC, Type, E164 string }
	if err := json.Unmarshal(b, &examples); err != nil {
		t.Fatal(err)
	}
	const covered = " US CA GB DE FR ES IT CH AT NL BE DK SE NO FI IE PL CZ SK HU RO BG GR PT RU KZ TR AU NZ JP KR HK SG TH ID MX BR JM "
	mobile, refused := 0, 0
	for _, n := range examples {
		switch n.Type {
		case "mobile":
			mobile++
			if e := new(Enrollment); !e.calls(n.E164) {
				t.Errorf("%s %s, a mobile number, is not called", n.Region, n.E164)
			}
		case "premiumRate", "personalNumber":
			if strings.Contains(covered, " "+n.Region+" ") {
				refused++
				if e := (&Enrollment{CallingCodes: []string{n.CC}}); e.calls(n.E164) {
					t.Errorf("%s %s, a %s, is called", n.Region, n.E164, n.Type)
				}
			}
		}
	}
	if mobile < 200 || refused < 40 {
		t.Errorf("%d mobile and %d premium numbers were read", mobile, refused)
	}
}
