// Strict decoding of requests. Every endpoint with a body or a query begins
// here; Load reads its document with it.

package stytchtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
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

// decode reads a JSON request into the struct that into points to.
func decode(r *http.Request, body []byte, into any) *apiError {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return refuseBecause("bad_request", "The Content-Type must be application/json.")
	}
	return decodeObject(body, into)
}

// decodeObject is strict where encoding/json is not: names must match exactly and must
// not repeat, and nothing may follow the object. The service may ignore a misspelled
// field; a test should notice it.
func decodeObject(text []byte, into any) *apiError {
	values, err := objectValues(text)
	if err != nil || !utf8.Valid(text) {
		return refuseBecause("bad_request", "This is not one JSON object.")
	}
	fields := jsonFields(reflect.ValueOf(into).Elem())
	for i, v := range values {
		field, known := fields[v.name]
		if !known {
			return refuseBecause("bad_request", "The emulator knows no field "+quoted(v.name)+" here.").of(v.name)
		}
		if slices.ContainsFunc(values[:i], func(before namedValue) bool { return before.name == v.name }) {
			return refuseBecause("bad_request", "The field "+quoted(v.name)+" is repeated.").of(v.name)
		}
		decoder := json.NewDecoder(bytes.NewReader(v.value))
		decoder.DisallowUnknownFields() // for nested objects
		if decoder.Decode(field.Addr().Interface()) != nil {
			return refuseBecause("bad_request", "The field "+quoted(v.name)+" must be "+wanted(field.Type())+".").of(v.name)
		}
	}
	return nil
}

// namedValue is a name and its value in a JSON object.
type namedValue struct {
	name  string
	value json.RawMessage
}

// objectValues lists what is at the top level of a JSON object, in order.
func objectValues(text []byte) ([]namedValue, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	open, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	if open != json.Delim('{') {
		return nil, errors.New("not an object")
	}
	var values []namedValue
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		v := namedValue{name: name.(string)}
		if err := decoder.Decode(&v.value); err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	if _, err := decoder.Token(); err != nil { // the closing brace
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something follows the object")
	}
	return values, nil
}

// jsonFields returns the fields of a struct by their JSON names.
func jsonFields(v reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Anonymous {
			maps.Copy(fields, jsonFields(v.Field(i)))
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		fields[name] = v.Field(i)
	}
	return fields
}

// wanted says in words what the values of a type are.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "an integer"
	case reflect.Slice:
		switch t.Elem().Kind() {
		case reflect.String:
			return "a list of strings"
		case reflect.Struct:
			return "a list of objects with known fields"
		}
		return "a list of objects"
	}
	return "an object"
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
