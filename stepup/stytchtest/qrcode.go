// The picture in the answer of the endpoint that registers an authenticator app.

package stytchtest

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
)

// qrCode returns a data URL of a PNG, the form that pages show unchanged. It is not a
// QR code of the otpauth URI but an empty square of the same size: an app that is to
// scan something has to be given the secret instead.
func qrCode() string {
	const side = 200 // pixels
	picture := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White})
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(out.Bytes())
}
