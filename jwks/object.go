package jwks

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

// errKind reports a JSON value of another kind than the one required.
var errKind = errors.New("jwks: JSON value of the wrong kind")

// readObject reads the JSON object that comes next and calls member for each
// of its names; member must read exactly one value, and name is valid until
// it does.
//
// Names are compared by the caller, byte for byte and after unescaping.
// encoding/json is not used for anything that is signed: it matches names
// without regard to case, so a custom claim "Sub" or "ſub" would overwrite
// "sub", and of two equal names it takes the last. The decoder underneath
// refuses a repeated name at every level.
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

// readArray reads the JSON array that comes next and calls element for each
// of its values; element must read exactly one.
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

// wrongKind reads past the next value and returns errKind, or the syntax error
// that is the reason why there is no value of the kind asked for.
func wrongKind(dec *jsontext.Decoder) error {
	if err := dec.SkipValue(); err != nil {
		return err
	}
	return errKind
}

// lenient forgives err if it only says that a value, which has been read past,
// is of another kind. The field that it was meant for stays zero.
func lenient(err error) error {
	if errors.Is(err, errKind) {
		return nil
	}
	return err
}
