// Strict decoding of requests. Every endpoint with a body or a query begins
// here.

package stytchtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxBody bounds request bodies, in bytes.
const maxBody = 64 << 10

// readBody reads the whole body of r. The pipeline calls it before it does anything
// else.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *apiError) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, refuseBecause("bad_request", "The body could not be read or is over 64 KiB.")
	}
	return body, nil
}

// decode reads a JSON request into the struct that into points to. It is strict
// where encoding/json is not: names must match exactly and must not repeat, and
// nothing may follow the object. The service may ignore a misspelled field; a test
// should notice it.
func decode(r *http.Request, body []byte, into any) *apiError {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return refuseBecause("bad_request", "The Content-Type must be application/json.")
	}
	names, err := fieldNames(body)
	if err != nil || !utf8.Valid(body) {
		return refuseBecause("bad_request", "The body is not one JSON object.")
	}
	known := knownNames(reflect.TypeOf(into).Elem())
	for i, name := range names {
		if !slices.Contains(known, name) {
			return refuseBecause("bad_request", "This endpoint of the emulator has no field "+quoted(name)+".")
		}
		if slices.Contains(names[:i], name) {
			return refuseBecause("bad_request", "The field "+quoted(name)+" is repeated.")
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields() // for nested objects
	if err := decoder.Decode(into); err != nil {
		var mismatch *json.UnmarshalTypeError
		if errors.As(err, &mismatch) {
			return refuseBecause("bad_request", "The field "+quoted(mismatch.Field)+" must not be of type "+mismatch.Value+".")
		}
		return refuseBecause("bad_request", "The body is not valid.")
	}
	return nil
}

// fieldNames lists the names at the top level of a JSON object, in order.
func fieldNames(body []byte) ([]string, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	open, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	if open != json.Delim('{') {
		return nil, errors.New("not an object")
	}
	var names []string
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		names = append(names, name.(string))
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
	}
	if _, err := decoder.Token(); err != nil { // the closing brace
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something follows the object")
	}
	return names, nil
}

// knownNames lists the JSON names of the fields of a struct.
func knownNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous {
			names = append(names, knownNames(field.Type)...)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// checkQuery refuses repeated query parameters and those that are not known.
func checkQuery(query url.Values, known ...string) *apiError {
	for name, values := range query {
		if !slices.Contains(known, name) {
			return refuseBecause("bad_request", "This endpoint of the emulator has no parameter "+quoted(name)+".")
		}
		if len(values) > 1 {
			return refuseBecause("bad_request", "The parameter "+quoted(name)+" is repeated.")
		}
	}
	return nil
}

// checkPathValue refuses an id in the body or the query that is not the one in the path.
// "" = it is not repeated there.
func checkPathValue(r *http.Request, name, given string) *apiError {
	if given != "" && given != r.PathValue(name) {
		return refuseBecause("bad_request", name+" is not that of the path.")
	}
	return nil
}

// quoted quotes a name from a request, shortened to fit a message.
func quoted(name string) string {
	if len(name) > 128 {
		name = name[:128]
	}
	return `"` + strings.ToValidUTF8(name, "") + `"`
}
