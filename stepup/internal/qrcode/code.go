// Package qrcode draws QR codes (ISO/IEC 18004:2015, whose sections the
// comments name) of short texts: the otpauth URI that an authenticator app
// reads when a member enrolls it. It knows byte mode, error correction level M,
// which bears the loss of about 15 % of a symbol, and versions 1 to 10.
package qrcode

import "fmt"

// MaxLength is the length in bytes of the longest text (Table 7, 10-M).
const MaxLength = 213

// Code is a QR code. It never changes and may be used concurrently. Where its
// text is a secret, so is all that its methods return.
type Code struct {
	side int
	dark []bool // row by row
}

// Encode returns the code of a text of 1 to MaxLength bytes, in the smallest
// version that holds it. Readers take bytes beyond ASCII for UTF-8 or guess,
// because no ECI designator names the character set (7.4.2): a URI should
// percent-encode them. The error does not quote the text.
func Encode(text string) (*Code, error) {
	v, fits := smallest(len(text))
	if text == "" || !fits {
		return nil, fmt.Errorf("stepup: text of a QR code has %d bytes, want 1 to %d", len(text), MaxLength)
	}
	s := newSymbol(v.side())
	s.drawPatterns(v)
	s.drawVersion(v)
	s.drawFormat(0) // reserves its modules until the mask is known
	s.place(v.interleave(v.encode(text)))
	s = s.mask()
	return &Code{side: s.side, dark: s.dark}, nil
}
