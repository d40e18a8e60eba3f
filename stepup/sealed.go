package stepup

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rungauth/rung/jwks"
)

// How long a form waits for the step-up.
const formLife = 15 * time.Minute

// errSealed says nothing more: whether a sealed form was altered, is of another
// member or too old is nobody's business but the log's.
var errSealed = errors.New("stepup: sealed form does not open")

// sealedForm is a form that was posted to a guarded route. It waits in the
// verify page, sealed: whoever reads the page can neither see nor change it.
type sealedForm struct {
	Method  string      `json:"m"`
	Path    string      `json:"p"` // with the query
	Expires int64       `json:"e"` // Unix seconds
	Title   string      `json:"-"` // what the app said is being approved
	Fields  []FormValue `json:"-"`
	Dropped []string    `json:"-"` // names of fields that were not kept
}

// sealedBody is the encrypted part.
type sealedBody struct {
	Title   string   `json:"t,omitempty"`
	Fields  string   `json:"f"` // urlencoded
	Dropped []string `json:"d,omitempty"`
}

// seal makes the text of the hidden field: where the form goes and until when,
// readable, and its fields, encrypted. Everything that it is bound to is
// authenticated with it: organization, member, session, method, path, expiry.
func (g *Guard) seal(s *jwks.Session, f *sealedForm) (string, error) {
	header, err := json.Marshal(f)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(sealedBody{Title: f.Title, Fields: encodeFields(f.Fields), Dropped: f.Dropped})
	if err != nil {
		return "", err
	}
	nonceAndText := g.keys.forms[0].Seal(nil, nil, body, boundTo(s, header))
	return base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(nonceAndText), nil
}

// open returns the form if it was sealed by an instance with our key, for this
// very session, and is not too old.
func (g *Guard) open(s *jwks.Session, sealed string) (*sealedForm, error) {
	head, tail, _ := strings.Cut(sealed, ".")
	header, err := base64.RawURLEncoding.Strict().DecodeString(head)
	if err != nil {
		return nil, fmt.Errorf("%w: encoding", errSealed)
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(tail)
	if err != nil {
		return nil, fmt.Errorf("%w: encoding", errSealed)
	}
	plain, err := g.unseal(text, boundTo(s, header))
	if err != nil {
		return nil, fmt.Errorf("%w: not sealed for this session", errSealed)
	}
	var f sealedForm
	var body sealedBody
	if json.Unmarshal(header, &f) != nil || json.Unmarshal(plain, &body) != nil {
		return nil, fmt.Errorf("%w: content", errSealed)
	}
	if time.Now().Unix() >= f.Expires {
		return nil, fmt.Errorf("%w: too old", errSealed)
	}
	if f.Method != http.MethodPost || g.ReturnPath(f.Path) != f.Path {
		return nil, fmt.Errorf("%w: target", errSealed)
	}
	fields, ok := parseFields(body.Fields)
	if !ok {
		return nil, fmt.Errorf("%w: content", errSealed)
	}
	f.Title, f.Fields, f.Dropped = body.Title, fields, body.Dropped
	return &f, nil
}

func (g *Guard) unseal(text, bound []byte) (plain []byte, err error) {
	for _, sealer := range g.keys.forms {
		if plain, err = sealer.Open(nil, nil, text, bound); err == nil {
			return plain, nil
		}
	}
	return nil, err
}

// boundTo is what a sealed form is authenticated with: each part with its
// length in front.
func boundTo(s *jwks.Session, header []byte) []byte {
	var b []byte
	for _, part := range []string{s.OrganizationID(), s.MemberID(), s.ID(), string(header)} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}
