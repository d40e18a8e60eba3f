// The patterns by which readers find a symbol and straighten it. Encode draws
// them first.

package qrcode

func (s *symbol) drawPatterns(v version) {
	for _, center := range [][2]int{{3, 3}, {3, s.side - 4}, {s.side - 4, 3}} { // finder patterns, separators (6.3.3, 6.3.4)
		s.drawSquares(center[0], center[1], true, true, false, true, false)
	}
	for _, row := range v.alignment() { // alignment patterns (6.3.6)
		for _, column := range v.alignment() {
			if !s.reserved[row*s.side+column] { // by a finder pattern
				s.drawSquares(row, column, true, false, true)
			}
		}
	}
	for i := 8; i < s.side-8; i++ { // timing patterns (6.3.5)
		s.reserve(6, i, i%2 == 0)
		s.reserve(i, 6, i%2 == 0)
	}
}

// alignment returns the rows, and columns, in which the centers of alignment
// patterns are (Annex E).
func (v version) alignment() []int {
	switch last := v.side() - 7; {
	case v.number == 1:
		return nil
	case v.number < 7:
		return []int{6, last}
	default:
		return []int{6, v.side() / 2, last}
	}
}

// drawSquares draws squares around each other, from the module in the middle
// outward. What is beyond the edge of the symbol is left out.
func (s *symbol) drawSquares(row, column int, dark ...bool) {
	radius := len(dark) - 1
	for y := max(row-radius, 0); y <= min(row+radius, s.side-1); y++ {
		for x := max(column-radius, 0); x <= min(column+radius, s.side-1); x++ {
			s.reserve(y, x, dark[max(y-row, row-y, x-column, column-x)])
		}
	}
}
