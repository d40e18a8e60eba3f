// How hard a symbol is to read (7.8.3.1, Table 11). mask.go compares by it.

package qrcode

import "strings"

// penalty adds up the four rules of Table 11, whose weights are 3, 3, 40, 10.
func (s *symbol) penalty() int {
	score := 3*s.blocks() + 10*s.imbalance()
	for i := range s.side {
		for _, line := range []string{s.line(i*s.side, 1), s.line(i, s.side)} { // a row and a column
			score += runs(line) + 40*finders(line)
		}
	}
	return score
}

// line returns a row or column, 1 for dark modules.
func (s *symbol) line(first, step int) string {
	line := make([]byte, s.side)
	for i := range line {
		line[i] = '0'
		if s.dark[first+i*step] {
			line[i] = '1'
		}
	}
	return string(line)
}

// runs scores each run of five modules or more of one color: 3 for five and 1
// for each module more.
func runs(line string) int {
	score, length := 0, 0
	for i := range line {
		if i > 0 && line[i] != line[i-1] {
			length = 0
		}
		length++
		if length == 5 {
			score += 3
		} else if length > 5 {
			score++
		}
	}
	return score
}

// finders counts what looks like a row of a finder pattern: 1:1:3:1:1 with four
// light modules before it or after it. The standard does not say whether the
// quiet zone counts; here it does, because a reader sees it.
func finders(line string) int {
	const quiet = "0000"
	line = quiet + line + quiet
	count := 0
	for i := range line {
		after, found := strings.CutPrefix(line[i:], "1011101")
		if found && (strings.HasSuffix(line[:i], quiet) || strings.HasPrefix(after, quiet)) {
			count++
		}
	}
	return count
}

// blocks counts the squares of two by two modules of one color. A block of m by
// n holds (m-1)(n-1) of them, which is how Table 11 puts it.
func (s *symbol) blocks() int {
	count := 0
	for row := range s.side - 1 {
		for column := range s.side - 1 {
			i := row*s.side + column
			color := s.dark[i]
			if s.dark[i+1] == color && s.dark[i+s.side] == color && s.dark[i+s.side+1] == color {
				count++
			}
		}
	}
	return count
}

// imbalance is how many whole steps of 5 % the share of dark modules is away
// from 50 %.
func (s *symbol) imbalance() int {
	balance := 0
	for _, dark := range s.dark {
		if dark {
			balance++
		} else {
			balance--
		}
	}
	return max(balance, -balance) * 10 / len(s.dark)
}
