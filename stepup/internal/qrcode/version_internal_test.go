package qrcode

import "testing"

// Tables 1 and E.1: what is not reserved holds the codewords and at most seven
// modules more.
func TestCodewordsFillTheSymbol(t *testing.T) {
	remainders := []int{0, 7, 7, 7, 7, 7, 0, 0, 0, 0}
	for i, v := range versions() {
		s := newSymbol(v.side())
		s.drawPatterns(v)
		s.drawVersion(v)
		s.drawFormat(0)
		free := 0
		for _, reserved := range s.reserved {
			if !reserved {
				free++
			}
		}
		if free != 8*v.codewords+remainders[i] {
			t.Errorf("version %d: %d modules for %d codewords", v.number, free, v.codewords)
		}
	}
}

// Table 9 writes the blocks of a version as (codewords, data codewords).
func TestBlocks(t *testing.T) {
	tests := []struct {
		number        int
		short, longer [2]int // how many blocks, and of how many data codewords
	}{
		{1, [2]int{1, 16}, [2]int{}},
		{2, [2]int{1, 28}, [2]int{}},
		{3, [2]int{1, 44}, [2]int{}},
		{4, [2]int{2, 32}, [2]int{}},
		{5, [2]int{2, 43}, [2]int{}},
		{6, [2]int{4, 27}, [2]int{}},
		{7, [2]int{4, 31}, [2]int{}},
		{8, [2]int{2, 38}, [2]int{2, 39}},
		{9, [2]int{3, 36}, [2]int{2, 37}},
		{10, [2]int{4, 43}, [2]int{1, 44}},
	}
	for i, tt := range tests {
		v := versions()[i]
		if v.number != tt.number || v.blocks != tt.short[0]+tt.longer[0] || v.data() != tt.short[0]*tt.short[1]+tt.longer[0]*tt.longer[1] {
			t.Errorf("version %d: got %+v with %d data codewords", tt.number, v, v.data())
		}
	}
}
