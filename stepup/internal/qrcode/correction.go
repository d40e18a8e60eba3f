// Reed-Solomon codes over GF(256) (7.5.2). codewords.go appends them to each
// block of data.

package qrcode

// generator returns the polynomial (x - 1)(x - α)(x - α²)… of a degree (Annex
// A), its coefficients from the second highest to the lowest: the highest is 1.
func generator(degree int) []byte {
	polynomial := make([]byte, degree)
	polynomial[degree-1] = 1
	root := byte(1)
	for range degree {
		for i := range polynomial {
			polynomial[i] = multiply(polynomial[i], root)
			if i+1 < degree {
				polynomial[i] ^= polynomial[i+1]
			}
		}
		root = multiply(root, 2)
	}
	return polynomial
}

// remainder returns the error correction codewords of a block: what is left of
// it, with as many zeros behind it, divided by the generator.
func remainder(block, generator []byte) []byte {
	rest := make([]byte, len(generator))
	for _, b := range block {
		factor := b ^ rest[0]
		copy(rest, rest[1:])
		rest[len(rest)-1] = 0
		for i := range rest {
			rest[i] ^= multiply(generator[i], factor)
		}
	}
	return rest
}

// multiply is the product of the field whose polynomial is 1 0001 1101. α is 2.
func multiply(a, b byte) byte {
	var product byte
	for ; b != 0; b >>= 1 {
		if b&1 == 1 {
			product ^= a
		}
		overflow := a >> 7
		a = a<<1 ^ overflow*0b00011101
	}
	return product
}
