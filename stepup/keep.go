// Keeps a form that a member posted to a guarded route until the passcode was
// right. challenge.go keeps it; verify.go opens it again when it comes back.

package stepup

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/seal"
)

// keeper keeps forms.
type keeper struct {
	forms  Forms
	links  *links
	keys   seal.Keyring
	action func(r *http.Request, policy Policy) string // Config.Action
	events events
}

// keep seals the form of a refused request until the member steps up, so that
// it need not be typed again. It returns nil for anything that a page cannot
// send again: files, JSON, large bodies, other methods.
//
// The caller has made sure that the request came from this origin or a trusted
// one: what is kept will be sent as if from here.
func (k *keeper) keep(ctx context.Context, q *query) *contract.Form {
	r := q.r
	if r.Method != http.MethodPost || inbound.MediaType(r.Header) != "application/x-www-form-urlencoded" {
		return nil
	}
	path := k.links.pathAndQuery(r)
	if k.links.returnPath(path) != path {
		return nil
	}
	fields, ok := postedFields(r)
	if ok {
		q.bodyRead()
	}
	if !ok {
		return nil
	}
	f := &sealedForm{Method: http.MethodPost, Path: path, Expires: time.Now().Add(formLife).Unix()}
	switch {
	case q.asked != nil:
		f.Title = q.asked.Title
	case k.action != nil:
		f.Title = strings.ToValidUTF8(k.action(r, q.policy.clone()), "\ufffd")
	}
	dropped := make(map[string]bool)
	for _, field := range fields {
		// An empty field holds no secret, and nobody should be asked to fill
		// in what they left empty.
		if field.Value != "" && k.forms.withholds(field.Name) {
			if !dropped[field.Name] {
				f.Dropped = append(f.Dropped, field.Name)
			}
			dropped[field.Name] = true
			continue
		}
		f.Fields = append(f.Fields, field)
	}
	sealed, err := k.seal(q.from.who, f)
	if err != nil {
		k.events.tell(ctx, q.from.who, Event{Kind: EventFailed, Reason: "form", Err: fmt.Errorf("stepup: sealing a form: %w", err)})
		return nil
	}
	if len(sealed) > maxFormInput-maxInput {
		return nil // it could not come back with the passcode
	}
	return k.show(f, sealed)
}

// reopen returns the form that comes with a request to the verify handler, or
// nil if it does not open.
func (k *keeper) reopen(q *query, sealed string) *contract.Form {
	f, err := k.unseal(q.from.who, sealed)
	if err != nil {
		k.events.tell(q.r.Context(), q.from.who, Event{Kind: EventFailed, Reason: "form", Err: err})
		return nil
	}
	return k.show(f, sealed)
}

// show returns a form as the page shows it: the values of fields that the app
// allows to be shown, and the names of the others.
func (k *keeper) show(f *sealedForm, sealed string) *contract.Form {
	form := &contract.Form{Sealed: sealed, Method: f.Method, Action: f.Path, Title: f.Title, Values: f.Fields, Withheld: f.Dropped}
	named := make(map[string]bool) // 64 KiB hold thousands of names
	for _, field := range f.Fields {
		switch {
		case slices.Contains(k.forms.Show, field.Name):
			form.Shown = append(form.Shown, field)
		case !named[field.Name]:
			form.Named = append(form.Named, field.Name)
			named[field.Name] = true
		}
	}
	return form
}

// postedFields returns the fields of an urlencoded body, in their order unless
// the handler has parsed it already.
func postedFields(r *http.Request) ([]contract.FormValue, bool) {
	body, ok := postedBody(r)
	if !ok || len(body) > maxForm {
		return nil, false
	}
	return parseFields(body)
}

func postedBody(r *http.Request) (string, bool) {
	if r.PostForm != nil {
		// ParseForm leaves nothing of a body that it could not read.
		return r.PostForm.Encode(), len(r.PostForm) > 0 || r.ContentLength == 0
	}
	// Browsers say how long a form is. Without that, nobody could tell whether
	// the handler has read a part of it.
	if r.Body == nil || r.ContentLength < 0 || r.ContentLength > maxForm {
		return "", false
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil {
		return "", false
	}
	r.Body = io.NopCloser(bytes.NewReader(body)) // for Config.Action
	// What the handler has read is gone, and a form that is not whole must not
	// be kept.
	return string(body), int64(len(body)) == r.ContentLength
}
