// What of a request's body a proof is bound to. approval.go hashes it.

package stepup

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
)

// content returns what a proof is bound to of the body of a request, and the body
// itself if nobody has read that yet. A form is its fields: another browser, or
// the same one again, may write it in other bytes.
func (a *approvals) content(r *http.Request) (content string, body []byte, err error) {
	isForm := inbound.MediaType(r.Header) == "application/x-www-form-urlencoded"
	if isForm && r.PostForm != nil && parsesBody(r.Method) {
		content = r.PostForm.Encode()
		switch {
		case r.ContentLength > maxForm, r.ContentLength < 0 && len(content) > maxForm:
			return "", nil, errTooLarge
		case len(r.PostForm) == 0 && r.ContentLength != 0:
			return "", nil, errWasRead // ParseForm leaves nothing of a body that it could not read
		}
	} else {
		if body, err = peek(r); err != nil {
			return "", nil, err
		}
		content = string(body)
	}
	if fields, ok := parseFields(content); ok && isForm {
		return a.ofFields(fields), body, nil
	}
	if parts, ok := a.ofParts(r.Header, body); ok {
		return parts, body, nil
	}
	if content == "" {
		return "", body, nil
	}
	return lengthened(r.Header.Get("Content-Type"), r.Header.Get("Content-Encoding"), content), body, nil
}

// ofFields is the content of an urlencoded form. Its fields are sorted by name,
// since a handler that has parsed them does not know their order, and without
// those that are withheld, since the member types them again.
func (a *approvals) ofFields(fields []contract.FormValue) string {
	fields = slices.DeleteFunc(fields, func(f contract.FormValue) bool { return a.forms.withholds(f.Name) })
	slices.SortStableFunc(fields, func(x, y contract.FormValue) int { return strings.Compare(x.Name, y.Name) })
	return encodeFields(fields)
}

// ofParts is the content of a form of several parts (RFC 7578). Browsers part it
// in another way each time that they send it.
func (a *approvals) ofParts(h http.Header, body []byte) (string, bool) {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" || h.Get("Content-Encoding") != "" {
		return "", false
	}
	content := []string{kind}
	for parts := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return lengthened(content...), true
		}
		if err != nil {
			return "", false
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return "", false
		}
		if part.FileName() == "" && a.forms.withholds(part.FormName()) {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(part.Header)) {
			content = append(content, name, lengthened(part.Header[name]...))
		}
		content = append(content, "", string(value))
	}
}

// lengthened puts the length of each part in front of it, so that no two lists of
// parts make the same text.
func lengthened(parts ...string) string {
	var b []byte
	for _, part := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	return string(b)
}

// parsesBody reports whether ParseForm reads the body of such a request into
// PostForm.
func parsesBody(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}

// peek returns the body of a request, which can still be read afterwards. A body
// that was read before cannot be told from none at all, and a proof of it would
// be one for any body: so it must be all there.
func peek(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		if r.ContentLength > 0 {
			return nil, errWasRead
		}
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	r.Body = readAgain{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	var large *http.MaxBytesError
	switch {
	case len(body) > maxForm, errors.As(err, &large):
		return nil, errTooLarge
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrBody, err)
	case r.ContentLength < 0 && len(body) == 0, r.ContentLength >= 0 && int64(len(body)) != r.ContentLength:
		return nil, errWasRead
	}
	return body, nil
}

// readAgain is a body that was read and put back.
type readAgain struct {
	io.Reader
	io.Closer
}
