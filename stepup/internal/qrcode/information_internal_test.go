package qrcode

import "testing"

// The lines of Table C.1 for level M, whose data bits are 00 and the mask.
func TestFormatInformationOfAnnexC(t *testing.T) {
	want := []int{0x5412, 0x5125, 0x5E7C, 0x5B4B, 0x45F9, 0x40CE, 0x4F97, 0x4AA0}
	for mask, want := range want {
		if got := formatInformation(mask); got != want {
			t.Errorf("mask %d: got %015b, want %015b", mask, got, want)
		}
	}
}

// Table D.1.
func TestVersionInformationOfAnnexD(t *testing.T) {
	for number, want := range map[int]int{7: 0x07C94, 8: 0x085BC, 9: 0x09A99, 10: 0x0A4D3} {
		if got := versionInformation(number); got != want {
			t.Errorf("version %d: got %018b, want %018b", number, got, want)
		}
	}
}

// 7.10: bit 0 is above and to the left of all others.
func TestVersionInformationIsDrawnFromVersion7On(t *testing.T) {
	for _, v := range versions() {
		s := newSymbol(v.side())
		s.drawVersion(v)
		above, left := 0, 0
		for i := range 18 {
			upper, lower := i/3*s.side+s.side-11+i%3, (s.side-11+i%3)*s.side+i/3
			if s.dark[upper] {
				above |= 1 << i
			}
			if s.dark[lower] {
				left |= 1 << i
			}
		}
		want := 0
		if v.number >= 7 {
			want = versionInformation(v.number)
		}
		if above != want || left != want {
			t.Errorf("version %d: %018b and %018b, want %018b", v.number, above, left, want)
		}
	}
}
