package qrcode

import "testing"

func TestPathOutlinesRunsOfDarkModules(t *testing.T) {
	s := read("##.# ..## #... ....")
	code := &Code{side: s.side, dark: s.dark}
	if got, want := code.Path(), "M4 4h2v1h-2zM7 4h1v1h-1zM6 5h2v1h-2zM4 6h1v1h-1z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := code.Size(); got != 4+2*4 {
		t.Errorf("size: got %d", got)
	}
}
