// The sealed text of a form that is kept. keep.go makes and opens it.

package stepup

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/seal"
)

// sealedForm is a form that was posted to a guarded route. It waits in the
// verify page, sealed: a reader of the page can neither see its fields nor
// change anything.
type sealedForm struct {
	Method  string               `json:"m"`
	Path    string               `json:"p"` // with the query
	Expires int64                `json:"e"` // Unix seconds
	Title   string               `json:"-"` // what the app said is being approved
	Fields  []contract.FormValue `json:"-"`
	Dropped []string             `json:"-"` // names of fields that were not kept
}

// sealedBody is the encrypted part.
type sealedBody struct {
	Title   string   `json:"t,omitempty"`
	Fields  string   `json:"f"` // urlencoded
	Dropped []string `json:"d,omitempty"`
}

// seal makes the text of the hidden field: where the form goes and until when,
// readable, and its fields, encrypted. Everything that it is bound to is
// authenticated: organization, member, session, method, path, expiry.
func (k *keeper) seal(who subject, f *sealedForm) (string, error) {
	header, err := json.Marshal(f)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(sealedBody{Title: f.Title, Fields: encodeFields(f.Fields), Dropped: f.Dropped})
	if err != nil {
		return "", err
	}
	return k.keys.Seal(header, body, who.organization, who.member, who.anchor), nil
}

// unseal returns the form if it was sealed with one of our keys, for this very
// session, and is not too old. Every error wraps seal.ErrOpen.
func (k *keeper) unseal(who subject, sealed string) (*sealedForm, error) {
	header, plain, err := k.keys.Open(sealed, who.organization, who.member, who.anchor)
	if err != nil {
		return nil, err
	}
	var f sealedForm
	var body sealedBody
	if json.Unmarshal(header, &f) != nil || json.Unmarshal(plain, &body) != nil {
		return nil, fmt.Errorf("%w: content", seal.ErrOpen)
	}
	if time.Now().Unix() >= f.Expires {
		return nil, fmt.Errorf("%w: too old", seal.ErrOpen)
	}
	if f.Method != http.MethodPost || k.links.returnPath(f.Path) != f.Path {
		return nil, fmt.Errorf("%w: target", seal.ErrOpen)
	}
	fields, ok := parseFields(body.Fields)
	if !ok {
		return nil, fmt.Errorf("%w: content", seal.ErrOpen)
	}
	f.Title, f.Fields, f.Dropped = body.Title, fields, body.Dropped
	return &f, nil
}
