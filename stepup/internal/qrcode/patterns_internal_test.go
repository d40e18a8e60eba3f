package qrcode

import (
	"slices"
	"testing"
)

// Table E.1.
func TestAlignmentPatternsOfAnnexE(t *testing.T) {
	want := [][]int{
		nil, {6, 18}, {6, 22}, {6, 26}, {6, 30}, {6, 34}, {6, 22, 38}, {6, 24, 42}, {6, 26, 46}, {6, 28, 50},
	}
	for i, v := range versions() {
		if got := v.alignment(); !slices.Equal(got, want[i]) {
			t.Errorf("version %d: got %v, want %v", v.number, got, want[i])
		}
	}
}
