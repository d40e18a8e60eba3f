package qrcode

import (
	"bytes"
	"slices"
	"testing"
)

// powers returns α to the 0, 1, … 254.
func powers() []byte {
	list := make([]byte, 255)
	x := 1
	for i := range list {
		list[i] = byte(x)
		if x *= 2; x > 255 {
			x ^= 0b1_0001_1101
		}
	}
	return list
}

// syndromes returns the values of a block, error correction included, at the
// roots of its generator. With logarithms: multiply is what is tested.
func syndromes(block []byte, correction int) []byte {
	power := powers()
	values := make([]byte, correction)
	for i := range values {
		for j, b := range block {
			if b != 0 {
				values[i] ^= power[(slices.Index(power, b)+i*(len(block)-1-j))%255]
			}
		}
	}
	return values
}

// Annex A writes the coefficients as powers of α, here without the highest,
// which is α⁰.
func TestGeneratorsOfAnnexA(t *testing.T) {
	tests := map[int][]int{
		10: {251, 67, 46, 61, 118, 70, 64, 94, 32, 45},
		16: {120, 104, 107, 109, 102, 161, 76, 3, 91, 191, 147, 169, 182, 194, 225, 120},
		18: {215, 234, 158, 94, 184, 97, 118, 170, 79, 187, 152, 148, 252, 179, 5, 98, 96, 153},
		22: {210, 171, 247, 242, 93, 230, 14, 109, 221, 53, 200, 74, 8, 172, 98, 80, 219, 134, 160, 105, 165, 231},
		24: {229, 121, 135, 48, 211, 117, 251, 126, 159, 180, 169, 152, 192, 226, 228, 218, 111, 0, 117, 232, 87, 96, 227, 21},
		26: {173, 125, 158, 2, 103, 182, 118, 17, 145, 201, 111, 28, 165, 53, 161, 21, 245, 142, 13, 102, 48, 227, 153, 145, 218, 70},
	}
	for _, v := range versions() {
		if tests[v.correction] == nil {
			t.Errorf("version %d: no generator of degree %d below", v.number, v.correction)
		}
	}
	for degree, exponents := range tests {
		var want []byte
		for _, e := range exponents {
			want = append(want, powers()[e])
		}
		if got := generator(degree); !bytes.Equal(got, want) {
			t.Errorf("degree %d: got %v, want %v", degree, got, want)
		}
	}
}

func TestErrorCorrectionOfAnnexI(t *testing.T) {
	want := []byte{0xA5, 0x24, 0xD4, 0xC1, 0xED, 0x36, 0xC7, 0x87, 0x2C, 0x55}
	if got := remainder(annexI2, generator(10)); !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}

func TestMultiplicationAddsPowers(t *testing.T) {
	power := powers()
	for i, a := range power {
		for j, b := range power {
			if got, want := multiply(a, b), power[(i+j)%255]; got != want {
				t.Fatalf("%d times %d: got %d, want %d", a, b, got, want)
			}
		}
		if multiply(a, 0) != 0 || multiply(0, a) != 0 {
			t.Errorf("%d times 0 is not 0", a)
		}
	}
}
