// Custom claims: kept as they are while the claims are read, decoded when the
// app asks for them. An app may put anything into them, so they are read more
// kindly than our own.

package jwks

import (
	"bytes"
	jsonv1 "encoding/json"
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// stytchPrefix begins the names of Stytch's own claims. Stytch allows it in no
// custom claim.
const stytchPrefix = "https://stytch.com/"

// isCustom reports whether a claim of this name is neither registered nor one of
// Stytch's.
func isCustom(name []byte) bool {
	switch string(name) {
	case "iss", "sub", "aud", "exp", "nbf", "iat", "jti":
		return false
	}
	return !bytes.HasPrefix(name, []byte(stytchPrefix))
}

// decodeClaims decodes the payload of a token. If that fails, it tries again with
// the custom claims mended.
func decodeClaims[T any](payload []byte, into *T) error {
	empty := *into
	err := json.Unmarshal(payload, into)
	if err == nil {
		return nil
	}
	mended := mend(payload)
	if mended == nil {
		return err
	}
	*into = empty
	return json.Unmarshal(mended, into)
}

// mend returns a payload with U+FFFD for each lone surrogate in a custom claim,
// or nil if it has none. An app that cuts a text in the middle of an emoji puts
// one there, as an escape such as \ud83d. That is JSON by its grammar, but most
// decoders refuse it (RFC 8259 section 8.2), and its member must not be locked
// out. All other claims are copied as they are, for the strict decoder to judge.
func mend(payload []byte) []byte {
	escaped := bytes.Contains(payload, []byte(`\ud`)) || bytes.Contains(payload, []byte(`\uD`))
	if !escaped || !utf8.Valid(payload) { // bytes that are not UTF-8 are no JSON (section 8.1)
		return nil
	}
	lax := []jsontext.Options{jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)}
	dec := jsontext.NewDecoder(bytes.NewReader(payload), lax...)
	if brace, err := dec.ReadToken(); err != nil || brace.Kind() != '{' {
		return nil
	}
	mended := []byte{'{'}
	custom := false
	for i := 0; dec.PeekKind() != '}'; i++ {
		value, err := dec.ReadValue() // a name, then its value
		if err != nil {
			return nil
		}
		separator := byte(':')
		if i%2 == 0 {
			name, _ := jsontext.AppendUnquote(nil, value)
			custom, separator = isCustom(name), ','
		}
		if i > 0 {
			mended = append(mended, separator)
		}
		if !custom {
			mended = append(mended, value...)
		} else if mended, err = jsontext.AppendFormat(mended, value, lax...); err != nil {
			return nil
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil
	}
	return append(append(mended, '}'), payload[dec.InputOffset():]...)
}

// readCustom keeps the raw JSON of a claim that Stytch did not define.
func (s *Session) readCustom(dec *jsontext.Decoder, name []byte) (err error) {
	separator := byte(',')
	if s.custom == nil {
		separator = '{'
	}
	s.custom, err = jsontext.AppendQuote(append(s.custom, separator), name)
	if err != nil {
		return err
	}
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	s.custom = append(append(s.custom, ':'), value...)
	return nil
}

// Claims decodes the session's custom claims into v, which must be a pointer
// as for [encoding/json.Unmarshal]. A custom claim is one whose name is not
// registered (iss, sub, aud, exp, nbf, iat, jti) and does not begin with
// "https://stytch.com/". If there are none, v is unchanged. An error never
// quotes a claim's value.
//
// Numbers keep all their digits: an any gets a [encoding/json.Number] where
// encoding/json would round to a float64, so that an id such as 9007199254740993
// stays what it is. Text that was cut in the middle of an emoji ends in U+FFFD.
//
// Unlike in encoding/json, names must match in case: a claim "Plan" does not
// end up in a field tagged "plan". A null makes its field zero, and an array must
// have the length of a Go array that it is decoded into.
func (s *Session) Claims(v any) error {
	custom := s.custom
	if custom == nil {
		custom = []byte("{}")
	}
	err := json.Unmarshal(custom, v, json.WithUnmarshalers(json.JoinUnmarshalers(
		json.UnmarshalFromFunc(readNumber), json.UnmarshalFromFunc(readAny))))
	if err == nil {
		return nil
	}
	// The cause quotes values of claims, which do not belong in a log.
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		return fmt.Errorf("jwks: custom claims: a value at %q does not fit into a Go %v", semantic.JSONPointer, semantic.GoType)
	}
	return errors.New("jwks: custom claims do not decode")
}

// readNumber reads a number, or a string that holds one.
func readNumber(dec *jsontext.Decoder, to *jsonv1.Number) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	switch value.Kind() {
	case 'n':
		*to = ""
		return nil
	case '"':
		text, err := jsontext.AppendUnquote(nil, value)
		if value = text; err != nil || value.Kind() != '0' || !value.IsValid() {
			return errKind
		}
	case '0':
	default:
		return errKind
	}
	*to = jsonv1.Number(value)
	return nil
}

// readAny reads a value into an any, as encoding/json does with UseNumber. By
// now it is known to have no name twice.
func readAny(dec *jsontext.Decoder, to *any) error {
	if reflect.ValueOf(*to).Kind() == reflect.Pointer {
		return json.UnmarshalDecode(dec, *to)
	}
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	v1 := jsonv1.NewDecoder(bytes.NewReader(value))
	v1.UseNumber()
	return v1.Decode(to)
}
