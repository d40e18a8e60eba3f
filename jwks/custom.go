// Custom claims: kept as they are while the claims are read, decoded when the
// app asks for them.

package jwks

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

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
// Unlike in encoding/json, names must match in case: a claim "Plan" does not
// end up in a field tagged "plan".
func (s *Session) Claims(v any) error {
	custom := s.custom
	if custom == nil {
		custom = []byte("{}")
	}
	err := json.Unmarshal(custom, v)
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
