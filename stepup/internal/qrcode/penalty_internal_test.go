package qrcode

import (
	"strings"
	"testing"
)

func TestPenaltiesOfLines(t *testing.T) {
	tests := []struct {
		name, line    string
		runs, finders int
	}{
		{"four modules of a color", "1111011110", 0, 0},
		{"five", "0111110", 3, 0},
		{"six", "0111111", 4, 0},
		{"five light ones and then seven dark ones", "000001111111", 3 + 5, 0},
		{"a finder pattern at the beginning of the line", "10111011", 0, 1},
		{"a finder pattern at the end of the line", "11011101", 0, 1},
		{"a finder pattern without four light modules beside it", "110001011101000111", 0, 0},
		{"four light modules before it", "1100001011101011", 0, 1},
		{"four light modules after it", "1101011101000011", 0, 1},
		{"four light modules on both sides count once", "11000010111010000110", 0, 1},
		{"the next one begins in the last one", "1011101110101110001011101", 0, 2},
		{"a middle of two", "00001011010000", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := runs(tt.line); got != tt.runs {
				t.Errorf("runs: got %d, want %d", got, tt.runs)
			}
			if got := finders(tt.line); got != tt.finders {
				t.Errorf("finders: got %d, want %d", got, tt.finders)
			}
		})
	}
}

// read returns the symbol that a figure shows, the other way round than drawn.
func read(figure string) *symbol {
	lines := strings.Fields(figure)
	s := newSymbol(len(lines))
	for i, module := range strings.Join(lines, "") {
		s.dark[i] = module == '#'
	}
	return s
}

func TestPenaltiesOfSymbols(t *testing.T) {
	tests := []struct {
		name, figure               string
		blocks, imbalance, penalty int
	}{
		{"a chessboard", "#.#. .#.# #.#. .#.#", 0, 0, 0},
		{"two squares of each color", "##.. ##.. ..## ..##", 4, 0, 4 * 3},
		{"a block of two by three holds two squares", "###. ###. ..#. .#.#", 2, 1, 2*3 + 10},
		{"dark modules alone", "### ### ###", 4, 10, 4*3 + 10*10},
		{"light modules alone", "... ... ...", 4, 10, 4*3 + 10*10},
		{"three columns of one color", "#.#.# #.... #.#.# #.#.# #.#..", 0, 0, 3 * 3},
		{"three rows of one color", "##### ..... #.### ..... #.##.", 0, 0, 3 * 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := read(tt.figure)
			if got := s.blocks(); got != tt.blocks {
				t.Errorf("blocks: got %d, want %d", got, tt.blocks)
			}
			if got := s.imbalance(); got != tt.imbalance {
				t.Errorf("imbalance: got %d, want %d", got, tt.imbalance)
			}
			if got := s.penalty(); got != tt.penalty {
				t.Errorf("penalty: got %d, want %d", got, tt.penalty)
			}
		})
	}
}
