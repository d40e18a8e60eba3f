// What a symbol says of itself: its mask, error correction level and version,
// each with a BCH code. Encode and mask.go draw it.

package qrcode

import "math/bits"

// drawFormat draws the format information (7.9.1) twice, bit 0 first: around
// the upper left finder pattern, where the timing patterns are skipped, and to
// the left below the upper right one, then down beside the lower left one.
func (s *symbol) drawFormat(mask int) {
	format := formatInformation(mask)
	for i, around := 0, 0; i < 15; i, around = i+1, around+1 {
		if around == 6 || around == 10 {
			around++
		}
		dark := format>>i&1 == 1
		s.reserve(min(around, 8), min(16-around, 8), dark)
		if i < 8 {
			s.reserve(8, s.side-1-i, dark)
		} else {
			s.reserve(s.side-15+i, 8, dark)
		}
	}
	s.reserve(s.side-8, 8, true) // always dark, and no part of it
}

// drawVersion draws the version information (7.10), from version 7 on: beside
// the upper right finder pattern and above the lower left one.
func (s *symbol) drawVersion(v version) {
	if v.number < 7 {
		return
	}
	information := versionInformation(v.number)
	for i := range 18 {
		dark := information>>i&1 == 1
		s.reserve(i/3, s.side-11+i%3, dark)
		s.reserve(s.side-11+i%3, i/3, dark)
	}
}

// formatInformation is 00 for level M (Table 12), the mask and ten bits of
// error correction, XORed with what keeps it from being all light (Annex C).
func formatInformation(mask int) int {
	return withBCH(mask, 10, 0b101_0011_0111) ^ 0b101_0100_0001_0010
}

// versionInformation is the number and twelve bits of error correction (Annex D).
func versionInformation(number int) int {
	return withBCH(number, 12, 0b1_1111_0010_0101)
}

// withBCH appends so many bits to the data that the generator, whose degree
// that is, divides the result.
func withBCH(data, degree, generator int) int {
	rest := data << degree
	for rest>>degree != 0 {
		rest ^= generator << (bits.Len(uint(rest)) - 1 - degree)
	}
	return data<<degree | rest
}
