// Strict reading of JSON objects, for the header, the claims and the key set.

package jwks

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

// errKind reports a JSON value of the wrong kind.
var errKind = errors.New("jwks: JSON value of the wrong kind")

// readObject reads the next JSON object and calls member for each name in it.
// Each call must read exactly one value; name is valid until it does.
//
// The caller compares names byte for byte, after unescaping. encoding/json is
// not used for anything that is signed: it ignores case, so a custom claim
// "Sub" or "ſub" would overwrite "sub", and it takes the last of two equal
// names. This decoder refuses a repeated name at every level.
func readObject(dec *jsontext.Decoder, member func(name []byte) error) error {
	if dec.PeekKind() != '{' {
		return wrongKind(dec)
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := readName(dec)
		if err != nil {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// readName reads a member name without allocating for it, unless it is
// written with escapes.
func readName(dec *jsontext.Decoder) ([]byte, error) {
	quoted, err := dec.ReadValue()
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(quoted, '\\') >= 0 {
		return jsontext.AppendUnquote(nil, quoted)
	}
	return quoted[1 : len(quoted)-1], nil
}

// readArray reads the next JSON array and calls element for each value in it.
// Each call must read exactly one value.
func readArray(dec *jsontext.Decoder, element func() error) error {
	if dec.PeekKind() != '[' {
		return wrongKind(dec)
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		if err := element(); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// readString reads a JSON string.
func readString(dec *jsontext.Decoder) (string, error) {
	if dec.PeekKind() != '"' {
		return "", wrongKind(dec)
	}
	token, err := dec.ReadToken()
	if err != nil {
		return "", err
	}
	return token.String(), nil
}

// wrongKind skips the next value and returns errKind, or the syntax error that
// it meets.
func wrongKind(dec *jsontext.Decoder) error {
	if err := dec.SkipValue(); err != nil {
		return err
	}
	return errKind
}

// lenient returns nil in place of errKind. The value of the wrong kind has been
// skipped, and the field that it was meant for stays zero.
func lenient(err error) error {
	if errors.Is(err, errKind) {
		return nil
	}
	return err
}
