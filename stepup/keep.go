package stepup

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// What is kept of a form: more would neither fit into a page nor be typed again.
const maxForm = 64 << 10

// keep seals the form of a request that was refused until the member steps up,
// so that it need not be typed again. It returns nil for whatever a form of a
// page can not send again: files, JSON, large bodies, other methods.
//
// The caller has checked that the request came from this origin: what is kept
// will be sent as if from here.
func (g *Guard) keep(r *http.Request, id *identity, policy Policy) *Form {
	if r.Method != http.MethodPost || id == nil || mediaType(r.Header.Get("Content-Type")) != "application/x-www-form-urlencoded" {
		return nil
	}
	path := g.publicPath(r)
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	if g.returnPath(path) != path {
		return nil
	}
	fields, ok := postedFields(r)
	if !ok {
		return nil
	}
	f := &sealedForm{Method: http.MethodPost, Path: path, Expires: time.Now().Add(formLife).Unix()}
	if g.config.Action != nil {
		f.Title = g.config.Action(r, policy)
	}
	for _, field := range fields {
		if g.withheld(field.Name) {
			if !slices.Contains(f.Dropped, field.Name) {
				f.Dropped = append(f.Dropped, field.Name)
			}
			continue
		}
		f.Fields = append(f.Fields, field)
	}
	sealed, err := g.seal(id.session, f)
	if err != nil {
		g.tell(r.Context(), id, Event{Kind: EventFailed, Reason: "form", Err: fmt.Errorf("stepup: sealing a form: %w", err)})
		return nil
	}
	return g.shown(f, sealed)
}

// reopen returns the form that rides along with a request to the verify
// handler, or nil.
func (g *Guard) reopen(r *http.Request, id *identity, sealed string) *Form {
	if sealed == "" {
		return nil
	}
	f, err := g.open(id.session, sealed)
	if err != nil {
		g.tell(r.Context(), id, Event{Kind: EventFailed, Reason: "form", Err: err})
		return nil
	}
	return g.shown(f, sealed)
}

// shown is how the page tells of a form: the values of fields that the app
// allows to be shown, and the names of the others.
func (g *Guard) shown(f *sealedForm, sealed string) *Form {
	form := &Form{Sealed: sealed, Method: f.Method, Action: f.Path, Title: f.Title, Values: f.Fields, Withheld: f.Dropped}
	for _, field := range f.Fields {
		switch {
		case slices.Contains(g.config.ShowFields, field.Name):
			form.Shown = append(form.Shown, field)
		case !slices.Contains(form.Named, field.Name):
			form.Named = append(form.Named, field.Name)
		}
	}
	return form
}

// postedFields are the fields of an urlencoded body, in their order where the
// handler has not parsed it yet.
func postedFields(r *http.Request) ([]FormValue, bool) {
	if r.PostForm != nil {
		return fieldsOf(r.PostForm)
	}
	if r.Body == nil || r.ContentLength > maxForm {
		return nil, false
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil || len(body) > maxForm {
		return nil, false
	}
	var fields []FormValue
	for part := range bytes.SplitSeq(body, []byte("&")) {
		if len(part) == 0 {
			continue
		}
		name, value, _ := strings.Cut(string(part), "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, false
		}
		value, err = url.QueryUnescape(value)
		if err != nil {
			return nil, false
		}
		fields = append(fields, FormValue{Name: name, Value: value})
	}
	return fields, true
}

func fieldsOf(values url.Values) ([]FormValue, bool) {
	if len(values.Encode()) > maxForm {
		return nil, false
	}
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	var fields []FormValue
	for _, name := range names {
		for _, value := range values[name] {
			fields = append(fields, FormValue{Name: name, Value: value})
		}
	}
	return fields, true
}

// withheld tells the fields that must not lie in a page, even sealed: it may
// be kept by the browser's history, and a password is typed again in a second.
func (g *Guard) withheld(name string) bool {
	if slices.Contains(g.config.WithholdFields, name) {
		return true
	}
	words := wordsOf(name)
	for i, word := range words {
		switch word {
		case "password", "passwd", "passphrase", "passcode", "pwd", "pin", "otp", "cvv", "cvc", "csc",
			"card", "cardnumber", "ccnumber", "creditcard", "iban", "ssn", "secret":
			return true
		case "code":
			if len(words) == 1 || i > 0 && slices.Contains([]string{"security", "verification", "auth", "sms", "time", "access", "mfa", "totp"}, words[i-1]) {
				return true
			}
		}
	}
	return false
}

// wordsOf splits a field name as people join words: card_number, cardNumber,
// card[number], card-number.
func wordsOf(name string) []string {
	var words []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	lower := false
	for _, c := range name {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			flush()
			lower = false
			continue
		}
		if unicode.IsUpper(c) && lower {
			flush()
		}
		lower = unicode.IsLower(c)
		word.WriteRune(unicode.ToLower(c))
	}
	flush()
	return words
}
