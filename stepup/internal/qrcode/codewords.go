// From a text to the codewords of its symbol, which Encode then places.

package qrcode

import "encoding/binary"

// encode returns the data codewords of a text that fits: mode indicator,
// character count, the bytes, terminator, padding (7.4).
func (v version) encode(text string) []byte {
	stream := binary.BigEndian.AppendUint16(nil, uint16(len(text)))[2-v.counter():]
	stream = append(stream, text...)
	// The mode indicator is half a codeword (7.4.5: 0100) and so shifts all
	// that follows it. Thus the terminator (7.4.9: 0000) always fills up the
	// last codeword.
	codewords := make([]byte, 0, v.data())
	half := byte(0b0100)
	for _, b := range stream {
		codewords = append(codewords, half<<4|b>>4)
		half = b & 0b1111
	}
	codewords = append(codewords, half<<4)
	for pad := byte(0b11101100); len(codewords) < v.data(); pad ^= 0b11101100 ^ 0b00010001 { // 7.4.10
		codewords = append(codewords, pad)
	}
	return codewords
}

// interleave cuts the data codewords into blocks, of which the last ones may
// be longer by one, and returns the first codeword of each block, the second of
// each and so on, then the error correction codewords likewise (7.6).
func (v version) interleave(data []byte) []byte {
	var blocks, corrections [][]byte
	divisor := generator(v.correction)
	for i := range v.blocks {
		length := (v.data() + i) / v.blocks
		blocks = append(blocks, data[:length])
		corrections = append(corrections, remainder(data[:length], divisor))
		data = data[length:]
	}
	return append(inTurn(blocks), inTurn(corrections)...)
}

func inTurn(blocks [][]byte) []byte {
	var codewords []byte
	for i := range blocks[len(blocks)-1] { // the longest
		for _, block := range blocks {
			if i < len(block) {
				codewords = append(codewords, block[i])
			}
		}
	}
	return codewords
}
