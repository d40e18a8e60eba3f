// The sizes of a symbol. Encode picks one by the length of the text.

package qrcode

// A version is a size, and how level M divides its codewords.
type version struct {
	number     int
	codewords  int // data and error correction, of all blocks
	blocks     int
	correction int // error correction codewords of each block
}

// versions returns those that are known, smallest first (7.5.1, Table 9).
func versions() []version {
	return []version{
		{1, 26, 1, 10}, {2, 44, 1, 16}, {3, 70, 1, 26}, {4, 100, 2, 18}, {5, 134, 2, 24},
		{6, 172, 4, 16}, {7, 196, 4, 18}, {8, 242, 4, 22}, {9, 292, 5, 22}, {10, 346, 5, 26},
	}
}

// smallest returns the smallest version that holds a text of so many bytes, or
// false if none does.
func smallest(length int) (version, bool) {
	for _, v := range versions() {
		if length <= v.capacity() {
			return v, true
		}
	}
	return version{}, false
}

// side is the number of modules of a row or column (6.3.2, Table 1).
func (v version) side() int { return 17 + 4*v.number }

// data is the number of data codewords.
func (v version) data() int { return v.codewords - v.blocks*v.correction }

// counter is the number of bytes that say how long the text is: two in version
// 10 (7.4.1, Table 3).
func (v version) counter() int { return 1 + v.number/10 }

// capacity is the length in bytes of the longest text (Table 7): the mode
// indicator and the terminator take one codeword together.
func (v version) capacity() int { return v.data() - v.counter() - 1 }
