package qrcode

import (
	"slices"
	"strings"
	"testing"
)

// drawn returns modules as the figures below show them.
func drawn(side int, dark []bool) string {
	var b strings.Builder
	for i, isDark := range dark {
		if i%side == 0 {
			b.WriteByte('\n')
		}
		if isDark {
			b.WriteByte('#')
		} else {
			b.WriteByte('.')
		}
	}
	return b.String() + "\n"
}

// figure1 is Figure 1 of the standard, with mask 101.
const figure1 = `
#######....##.#######
#.....#.#..##.#.....#
#.###.#.###.#.#.###.#
#.###.#.#.#...#.###.#
#.###.#.....#.#.###.#
#.....#...#.#.#.....#
#######.#.#.#.#######
........##..#........
#.....#.####.##..###.
#...#...###...#...###
.###.####..##..#...#.
##.#....#.##.#.#..##.
.##########...#.##.##
........#.......#.##.
#######..######...##.
#.....#...#..##.###..
#.###.#.....###...###
#.###.#..#....#.#.#..
#.###.#..#..#.#.#..##
#.....#....###.####..
#######.#.##..#.#..#.
`

// figureI2 is the symbol of Annex I.2, with mask 010.
const figureI2 = `
#######..#.##.#######
#.....#..####.#.....#
#.###.#.#.....#.###.#
#.###.#.##....#.###.#
#.###.#.#.###.#.###.#
#.....#.#...#.#.....#
#######.#.#.#.#######
........#..##........
#.#####..#..#.#####..
...#.#.##.#.#..#.##..
..#...##.#.#.#..#####
....#....#.....####..
...######..#.#..#....
........#.#####..##..
#######..##.#.##.....
#.....#.#.#####...#.#
#.###.#.#...#..#.##..
#.###.#.##..#..#.....
#.###.#.#.##.#..#.#..
#.....#........##.##.
#######.####.#..#.#..
`

// annexI2 are the data codewords of Annex I.2: eight digits, a mode that Encode
// does not know.
var annexI2 = []byte{0x10, 0x20, 0x0C, 0x56, 0x61, 0x80, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11}

// unmasked returns the symbol of data codewords before a mask is chosen.
func unmasked(v version, data []byte) *symbol {
	s := newSymbol(v.side())
	s.drawPatterns(v)
	s.drawVersion(v)
	s.drawFormat(0)
	s.place(v.interleave(data))
	return s
}

func TestSymbolsOfTheStandard(t *testing.T) {
	v := versions()[0]
	tests := []struct {
		name string
		data []byte
		mask int
		want string
	}{
		{"Figure 1", v.encode("QR Code Symbol"), 0b101, figure1},
		{"Annex I.2", annexI2, 0b010, figureI2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := unmasked(v, tt.data).masked(tt.mask)
			if got := drawn(s.side, s.dark); got != tt.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestEveryLengthIsEncodedInTheSmallestVersion(t *testing.T) {
	capacities := []int{14, 26, 42, 62, 84, 106, 122, 152, 180, MaxLength} // Table 7
	number := 1
	for length := 1; length <= MaxLength; length++ {
		if length > capacities[number-1] {
			number++
		}
		code, err := Encode(strings.Repeat("a", length))
		if err != nil {
			t.Fatalf("%d bytes: %v", length, err)
		}
		if want := 17 + 4*number; code.side != want || len(code.dark) != want*want {
			t.Errorf("%d bytes: %d modules a side, %d in all, want version %d", length, code.side, len(code.dark), number)
		}
	}
}

func TestEncodeTakesTheMaskOfTheLowestPenalty(t *testing.T) {
	for _, v := range versions() {
		text := strings.Repeat("rung", v.capacity())[:v.capacity()]
		code, err := Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		taken := (&symbol{side: code.side, dark: code.dark}).penalty()
		found := false
		for mask := range 8 {
			s := unmasked(v, v.encode(text)).masked(mask)
			if penalty := s.penalty(); penalty < taken {
				t.Errorf("version %d: the code has the penalty %d, mask %d has %d", v.number, taken, mask, penalty)
			}
			found = found || slices.Equal(s.dark, code.dark)
		}
		if !found {
			t.Errorf("version %d: the code has none of the masks", v.number)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	tests := []struct{ name, text string }{
		{"no text", ""},
		{"a text of a byte too many", strings.Repeat("JBSWY3DPEHPK3PXP", 14)[:MaxLength+1]},
		{"a text whose length does not fit into its two bytes", strings.Repeat("JBSWY3DPEHPK3PXP", 1<<12) + "J"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, err := Encode(tt.text)
			if err == nil || code != nil {
				t.Fatalf("got %v, %v", code, err)
			}
			if strings.Contains(err.Error(), "JBSW") {
				t.Error("the error quotes the text")
			}
		})
	}
}
