package stepup

import "testing"

func TestTheAppSaysWhichCountriesAreCalled(t *testing.T) {
	for _, tt := range []struct {
		codes  []string
		number string
		want   bool
	}{
		{nil, "+447700900123", true},
		{[]string{"1", "44", "81"}, "+447700900123", true},
		{[]string{"1", "44", "81"}, "+14155550123", true},
		{[]string{"1", "44", "81"}, "+33612345678", false},
		{[]string{"44"}, "+14155550123", false},
	} {
		e := &Enrollment{CallingCodes: tt.codes}
		if got := e.calls(tt.number); got != tt.want {
			t.Errorf("with %q, %s: got %v, want %v", tt.codes, tt.number, got, tt.want)
		}
	}
}
