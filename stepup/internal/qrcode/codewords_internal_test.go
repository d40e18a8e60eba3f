package qrcode

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestEncodedTexts(t *testing.T) {
	tests := []struct {
		name   string
		number int
		text   string
		want   string // the first codewords, and the last ones
	}{
		{"padding after a short text", 1, "a", "\x40\x16\x10\xEC\x11\xEC\x11\xEC\x11\xEC\x11\xEC\x11\xEC\x11\xEC"},
		{"one codeword of padding", 1, "0123456789abc", "\x40\xD3\x03\x13\x23\x33\x43\x53\x63\x73\x83\x96\x16\x26\x30\xEC"},
		{"a full symbol has no padding", 1, "0123456789abcd", "\x40\xE3\x03\x13\x23\x33\x43\x53\x63\x73\x83\x96\x16\x26\x36\x40"},
		{"bytes beyond ASCII stay as they are", 1, "\u00FC\xFF", "\x40\x3C\x3B\xCF\xF0\xEC\x11\xEC\x11\xEC\x11\xEC\x11\xEC\x11\xEC"},
		{"version 10 counts with two bytes", 10, strings.Repeat("0", 213), "\x40\x0D\x53" + strings.Repeat("\x03", 212) + "\x00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := versions()[tt.number-1].encode(tt.text); string(got) != tt.want {
				t.Errorf("got %x, want %x", got, tt.want)
			}
		})
	}
}

// 7.6: the first codeword of each block, the second of each, and the longer
// blocks end alone. The blocks of 10-M begin at 0, 43, 86, 129 and 172.
func TestCodewordsOfBlocksTakeTurns(t *testing.T) {
	v := versions()[9]
	data := make([]byte, v.data())
	for i := range data {
		data[i] = byte(i)
	}
	got := v.interleave(data)
	if len(got) != 346 {
		t.Fatalf("%d codewords", len(got))
	}
	if want := []byte{0, 43, 86, 129, 172, 1, 44, 87, 130, 173}; !bytes.Equal(got[:10], want) {
		t.Errorf("begins with %v, want %v", got[:10], want)
	}
	if want := []byte{42, 85, 128, 171, 214, 215}; !bytes.Equal(got[210:216], want) {
		t.Errorf("data ends with %v, want %v", got[210:216], want)
	}
	for i, block := range [][]byte{data[:43], data[43:86], data[86:129], data[129:172], data[172:]} {
		block = slices.Clone(block)
		for j := range v.correction {
			block = append(block, got[216+5*j+i])
		}
		if s := syndromes(block, v.correction); slices.Max(s) != 0 {
			t.Errorf("block %d: syndromes %v", i, s)
		}
	}
}
