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
	"unicode/utf8"
)

// What is kept of a form: more would neither fit into a page nor be typed again.
const maxForm = 64 << 10

// keep seals the form of a request that was refused until the member steps up,
// so that it need not be typed again. It returns nil for whatever a form of a
// page can not send again: files, JSON, large bodies, other methods.
//
// The caller has checked that the request came from this origin or a trusted
// one: what is kept will be sent as if from here.
func (g *Guard) keep(r *http.Request, id *identity, policy Policy) *Form {
	if r.Method != http.MethodPost || mediaType(r.Header.Get("Content-Type")) != "application/x-www-form-urlencoded" {
		return nil
	}
	path := g.publicPath(r)
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	if g.ReturnPath(path) != path {
		return nil
	}
	fields, ok := postedFields(r)
	if !ok {
		return nil
	}
	f := &sealedForm{Method: http.MethodPost, Path: path, Expires: time.Now().Add(formLife).Unix()}
	if g.config.Action != nil {
		f.Title = strings.ToValidUTF8(g.config.Action(r, policy), "\ufffd")
	}
	dropped := make(map[string]bool)
	for _, field := range fields {
		// An empty one holds no secret, and nobody should be asked to fill in
		// what they had left empty.
		if field.Value != "" && g.withheld(field.Name) {
			if !dropped[field.Name] {
				f.Dropped = append(f.Dropped, field.Name)
			}
			dropped[field.Name] = true
			continue
		}
		f.Fields = append(f.Fields, field)
	}
	sealed, err := g.seal(id.session, f)
	if err != nil {
		g.tell(r.Context(), id, Event{Kind: EventFailed, Reason: "form", Err: fmt.Errorf("stepup: sealing a form: %w", err)})
		return nil
	}
	if len(sealed) > maxFormInput-maxInput {
		return nil // it could not come back with the code
	}
	return g.shown(f, sealed)
}

// reopen returns the form that rides along with a request to the verify
// handler, or nil if it does not open.
func (g *Guard) reopen(r *http.Request, id *identity, sealed string) *Form {
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
	named := make(map[string]bool) // 64 KiB hold thousands of names
	for _, field := range f.Fields {
		switch {
		case slices.Contains(g.config.ShowFields, field.Name):
			form.Shown = append(form.Shown, field)
		case !named[field.Name]:
			form.Named = append(form.Named, field.Name)
			named[field.Name] = true
		}
	}
	return form
}

// postedFields are the fields of an urlencoded body, in their order where the
// handler has not parsed it yet.
func postedFields(r *http.Request) ([]FormValue, bool) {
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
	// The forms of browsers say how long they are. Of one that does not, it
	// could not be told whether the handler has read the beginning.
	if r.Body == nil || r.ContentLength < 0 || r.ContentLength > maxForm {
		return "", false
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil {
		return "", false
	}
	// What the handler has read by itself is gone: nobody should be told that
	// a form is kept, and be shown an empty one.
	r.Body = io.NopCloser(bytes.NewReader(body)) // for Config.Action
	return string(body), int64(len(body)) == r.ContentLength
}

// parseFields reads urlencoded text as url.ParseQuery does, without losing its
// order. It refuses what that refuses, a semicolon among others, and what a
// page can not send again as it was: in HTML there is no NUL, and no text that
// is not Unicode.
func parseFields(text string) ([]FormValue, bool) {
	var fields []FormValue
	for part := range strings.SplitSeq(text, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, badName := url.QueryUnescape(name)
		value, badValue := url.QueryUnescape(value)
		if badName != nil || badValue != nil || strings.Contains(part, ";") || !isText(name) || !isText(value) {
			return nil, false
		}
		fields = append(fields, FormValue{Name: name, Value: value})
	}
	return fields, true
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// encodeFields is the reverse of parseFields, and the shortest form of fields.
func encodeFields(fields []FormValue) string {
	var b strings.Builder
	for i, field := range fields {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(field.Name) + "=" + url.QueryEscape(field.Value))
	}
	return b.String()
}

// withheld tells the fields that must not lie in a page, even sealed: it may
// be kept by the browser's history, and a password is typed again in a second.
func (g *Guard) withheld(name string) bool {
	if slices.Contains(g.config.WithholdFields, name) {
		return true
	}
	before := ""
	words := wordsOf(name)
	for _, word := range words {
		if isSecret(word, before, len(words) == 1) {
			return true
		}
		before = word
	}
	return false
}

// isSecret tells whether a word of a field name stands for a password, a
// passcode or card data. A "code" is one alone or after certain words: a
// country_code is not.
func isSecret(word, before string, alone bool) bool {
	switch word {
	case "pass", "passwd", "passphrase", "passcode", "pwd", "pin", "otp", "totp", "cvv", "cvc", "csc",
		"card", "cardnumber", "ccnumber", "creditcard", "iban", "ssn", "secret":
		return true
	case "number":
		return before == "cc"
	case "code":
		return alone || slices.Contains([]string{"security", "verification", "auth", "sms", "time", "access", "mfa", "2fa"}, before)
	}
	return strings.Contains(word, "password") // confirmpassword
}

// wordsOf splits a field name as people join words: card_number, cardNumber,
// card[number], card-number. Numbers at the end of a word are no part of it:
// password2, cvv2, code[1].
func wordsOf(name string) []string {
	var words []string
	var word strings.Builder
	flush := func() {
		if w := strings.TrimRight(word.String(), "0123456789"); w != "" {
			words = append(words, w)
		}
		word.Reset()
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
