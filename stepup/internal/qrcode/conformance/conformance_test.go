// Package conformance tests that another implementation, a port of ZXing,
// reads the codes of package qrcode and would draw the same ones. It is a
// separate module, so that the root module does not require the other one.
package conformance

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/common/reedsolomon"
	zxing "github.com/makiuchi-d/gozxing/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"
	"golang.org/x/text/encoding"

	"github.com/rungauth/rung/stepup/internal/qrcode"
)

func TestMain(m *testing.M) {
	// The other encoder is to take bytes as they are, too.
	encoder.Encoder_DEFAULT_BYTE_MODE_ENCODING = encoding.Nop
	m.Run()
}

func encode(t testing.TB, text string) picture {
	t.Helper()
	code, err := qrcode.Encode(text)
	if err != nil {
		t.Fatal(err)
	}
	return show(t, code)
}

// checkRead has the symbol read, and checks that it is of level M and that
// nothing in it had to be corrected.
func checkRead(t testing.TB, symbol picture, text string) {
	t.Helper()
	bits, err := gozxing.ParseBoolMapToBitMatrix(symbol)
	if err != nil {
		t.Fatal(err)
	}
	parser, err := decoder.NewBitMatrixParser(bits)
	if err != nil {
		t.Fatal(err)
	}
	version, err := parser.ReadVersion()
	if err != nil {
		t.Fatal(err)
	}
	format, err := parser.ReadFormatInformation()
	if err != nil {
		t.Fatal(err)
	}
	if format.GetErrorCorrectionLevel() != decoder.ErrorCorrectionLevel_M {
		t.Errorf("%d bytes: error correction level %v", len(text), format.GetErrorCorrectionLevel())
	}
	codewords, err := parser.ReadCodewords()
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := decoder.DataBlock_GetDataBlocks(codewords, version, decoder.ErrorCorrectionLevel_M)
	if err != nil {
		t.Fatal(err)
	}
	var data []byte
	for i, block := range blocks {
		checkSyndromes(t, i, block)
		data = append(data, block.GetCodewords()[:block.GetNumDataCodewords()]...)
	}
	result, err := decoder.DecodedBitStreamParser_Decode(data, version, decoder.ErrorCorrectionLevel_M, nil)
	if err != nil {
		t.Fatalf("%d bytes: %v", len(text), err)
	}
	if segments := result.GetByteSegments(); len(segments) != 1 || string(segments[0]) != text {
		t.Errorf("%d bytes: read as %q, want %q", len(text), segments, text)
	}
}

// checkSyndromes checks that the generator divides the block.
func checkSyndromes(t testing.TB, number int, block *decoder.DataBlock) {
	t.Helper()
	field := reedsolomon.GenericGF_QR_CODE_FIELD_256
	var coefficients []int
	for _, codeword := range block.GetCodewords() {
		coefficients = append(coefficients, int(codeword))
	}
	polynomial, err := reedsolomon.NewGenericGFPoly(field, coefficients)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(coefficients) - block.GetNumDataCodewords() {
		if polynomial.EvaluateAt(field.Exp(i)) != 0 {
			t.Errorf("block %d: syndrome %d is not 0", number, i)
		}
	}
}

// checkSame has the text encoded by the other encoder and compares all modules,
// and so the masks that were chosen. It returns false where the other one
// chooses another mode, which packs digits or capitals more densely.
func checkSame(t testing.TB, symbol picture, text string) bool {
	t.Helper()
	other, err := encoder.Encoder_encodeWithoutHint(text, decoder.ErrorCorrectionLevel_M)
	if err != nil {
		t.Fatal(err)
	}
	if other.GetMode() != decoder.Mode_BYTE {
		return false
	}
	var want picture
	for _, row := range other.GetMatrix().GetArray() {
		var modules []bool
		for _, module := range row {
			modules = append(modules, module == 1)
		}
		want = append(want, modules)
	}
	if symbol.String() != want.String() {
		t.Errorf("%d bytes: got %v\nwant %v", len(text), symbol, want)
	}
	return true
}

func TestEveryLengthIsReadBack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	fixed, bytes := strings.Repeat("otpauth: rung. ", qrcode.MaxLength), make([]byte, qrcode.MaxLength)
	for length := 1; length <= qrcode.MaxLength; length++ {
		for i := range bytes {
			bytes[i] = byte(random.Uint32())
		}
		bytes[0] |= 0x80 // so that the mode is that of bytes
		for _, text := range []string{fixed[:length], string(bytes[:length])} {
			symbol := encode(t, text).symbol(t)
			checkRead(t, symbol, text)
			if !checkSame(t, symbol, text) {
				t.Errorf("%d bytes: not compared, because the other mode is not that of bytes", length)
			}
		}
	}
}

// examples are what authenticator apps scan, and what they might.
func examples() map[string]string {
	const label, parameters = "otpauth://totp/", "?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=rung"
	longest := label + strings.Repeat("x", qrcode.MaxLength-len(label+parameters)) + parameters
	return map[string]string{
		"a short URI":         "otpauth://totp/rung:ada?secret=JBSWY3DPEHPK3PXP&issuer=rung",
		"all parameters":      "otpauth://totp/Example%20Corp:ada@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example%20Corp&algorithm=SHA1&digits=6&period=30",
		"a percent-encoded ü": "otpauth://totp/M%C3%BCller:ada@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=M%C3%BCller",
		"the longest URI":     longest,
		"UTF-8 of two bytes":  "otpauth://totp/Müller:ada@example.com?secret=JBSWY3DPEHPK3PXP",
		"UTF-8 of three":      "otpauth://totp/株式会社:ada@example.com?secret=JBSWY3DPEHPK3PXP",
		"UTF-8 of four":       "a key: 🔑, and a lock: 🔒",
		"capitals and digits": "JBSWY3DPEHPK3PXP",
		"digits":              "0123456789",
	}
}

func TestExamplesAreReadFromTheirImage(t *testing.T) {
	for name, text := range examples() {
		t.Run(name, func(t *testing.T) {
			shown := encode(t, text)
			checkRead(t, shown.symbol(t), text)
			bitmap, err := gozxing.NewBinaryBitmapFromImage(shown.enlarged(4))
			if err != nil {
				t.Fatal(err)
			}
			result, err := zxing.NewQRCodeReader().DecodeWithoutHints(bitmap)
			if err != nil {
				t.Fatal(err)
			}
			if got := result.GetText(); got != text {
				t.Errorf("got %q, want %q", got, text)
			}
		})
	}
}

// Two columns are black, which is what a scratch or a dead column of a display
// may do: in no version is this more than the blocks of level M can bear.
func TestDamagedCodesAreReadBack(t *testing.T) {
	for name, text := range examples() {
		t.Run(name, func(t *testing.T) {
			symbol := encode(t, text).symbol(t)
			for _, row := range symbol[9:] { // below the format information, where the first codewords are
				row[len(row)-1], row[len(row)-2] = true, true
			}
			bits, err := gozxing.ParseBoolMapToBitMatrix(symbol)
			if err != nil {
				t.Fatal(err)
			}
			result, err := decoder.NewDecoder().DecodeWithoutHint(bits)
			if err != nil {
				t.Fatal(err)
			}
			if got := result.GetText(); got != text {
				t.Errorf("got %q, want %q", got, text)
			}
		})
	}
}

// FuzzEncode: a text that is not refused is read back as it is, and drawn as
// the other encoder draws it.
func FuzzEncode(f *testing.F) {
	for _, text := range examples() {
		f.Add(text)
	}
	f.Add("")
	f.Add("\x00\xFF")
	f.Add(strings.Repeat("\xFE", qrcode.MaxLength))
	f.Add(strings.Repeat("a", qrcode.MaxLength+1))
	f.Fuzz(func(t *testing.T, text string) {
		code, err := qrcode.Encode(text)
		if fits := text != "" && len(text) <= qrcode.MaxLength; fits != (err == nil) {
			t.Fatalf("%d bytes: %v", len(text), err)
		}
		if err != nil {
			if len(text) > qrcode.MaxLength && strings.Contains(err.Error(), text[:qrcode.MaxLength]) {
				t.Error("the error quotes the text")
			}
			return
		}
		symbol := show(t, code).symbol(t)
		checkRead(t, symbol, text)
		checkSame(t, symbol, text)
	})
}
