// The masks: each inverts some of the modules that hold codewords. Encode takes
// the one that looks least like the patterns of patterns.go.

package qrcode

import "slices"

// mask returns the symbol with the mask whose penalty is lowest, the first of
// equals, and its format information (7.8.3).
func (s *symbol) mask() *symbol {
	var best *symbol
	lowest := 0
	for mask := range 8 {
		candidate := s.masked(mask)
		if penalty := candidate.penalty(); best == nil || penalty < lowest {
			best, lowest = candidate, penalty
		}
	}
	return best
}

func (s *symbol) masked(mask int) *symbol {
	m := &symbol{side: s.side, dark: slices.Clone(s.dark), reserved: s.reserved}
	m.drawFormat(mask)
	for module := range m.dark {
		if !m.reserved[module] && inverts(mask, module/m.side, module%m.side) {
			m.dark[module] = !m.dark[module]
		}
	}
	return m
}

// inverts is Table 10 (7.8.2), where a row is i and a column j.
func inverts(mask, i, j int) bool {
	return [8]int{
		(i + j) % 2, i % 2, j % 3, (i + j) % 3,
		(i/2 + j/3) % 2, i*j%2 + i*j%3, (i*j%2 + i*j%3) % 2, ((i+j)%2 + i*j%3) % 2,
	}[mask] == 0
}
