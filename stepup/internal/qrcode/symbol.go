// The square of modules that Encode fills: first the patterns that every symbol
// of the version has, then codewords where room is left.

package qrcode

// A symbol holds its modules row by row.
type symbol struct {
	side int
	dark []bool
	// reserved modules hold no codewords and are not masked (6.3.7).
	reserved []bool
}

func newSymbol(side int) *symbol {
	return &symbol{side: side, dark: make([]bool, side*side), reserved: make([]bool, side*side)}
}

func (s *symbol) reserve(row, column int, dark bool) {
	s.dark[row*s.side+column] = dark
	s.reserved[row*s.side+column] = true
}

// place fills the modules that are not reserved, in columns of two from the
// right, upward and downward in turn (7.7.3). Modules that no codeword is left
// for are light.
func (s *symbol) place(codewords []byte) {
	next := 0 // bit of the codewords, the highest of each first
	upward := true
	for right := s.side - 1; right > 0; right -= 2 {
		if right == 6 {
			right-- // the vertical timing pattern
		}
		for i := range s.side {
			row := i
			if upward {
				row = s.side - 1 - i
			}
			for _, module := range []int{row*s.side + right, row*s.side + right - 1} {
				if s.reserved[module] || next == 8*len(codewords) {
					continue
				}
				s.dark[module] = codewords[next/8]<<(next%8)>>7 == 1
				next++
			}
		}
		upward = !upward
	}
}
