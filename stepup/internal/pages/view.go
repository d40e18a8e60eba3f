// What the templates see and call while render.go writes a page.

package pages

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/rungauth/rung/stepup/contract"
)

// view is the page, and the words and addresses that a template needs to show
// it.
type view struct {
	contract.Page
	Get bool // the answer to a GET, which may be asked for again

	pages *Pages
	texts *texts
}

// T is the text of key. See texts.text.
func (v *view) T(key string, pairs ...any) (template.HTML, error) { return v.texts.text(key, pairs...) }

// N is the text of key in the plural form for n. See texts.count.
func (v *view) N(key string, n int, pairs ...any) (template.HTML, error) {
	return v.texts.count(key, n, pairs...)
}

// Working, Cooling and Waiting report whether the passcode still works,
// whether a new one must be waited for, and whether it is known when to try
// again.
func (v *view) Working() bool { return !v.Expired() && v.ExpiresAt.After(v.Now) }
func (v *view) Cooling() bool { return v.ResendAt.After(v.Now) }
func (v *view) Waiting() bool { return v.RetryAt.After(v.Now) }

// Expired reports whether the passcode is known to have stopped working.
func (v *view) Expired() bool {
	return v.Code == contract.CodeExpired || !v.ExpiresAt.IsZero() && !v.ExpiresAt.After(v.Now)
}

// Stamp is a time as the script reads it, and other machines.
func (v *view) Stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// Duration is how long it is until t, in words. It is rounded up, so that
// nobody is told to come back too early.
//
// Pages say how long and not when: a member's time zone is not known here, and
// a time of day in another zone is worse than none. The script knows the zone
// and puts the time of day in its place.
func (v *view) Duration(t time.Time) (template.HTML, error) {
	return v.Seconds(int((t.Sub(v.Now) + time.Second - 1) / time.Second))
}

// Seconds is a number of seconds in words.
func (v *view) Seconds(n int) (template.HTML, error) {
	n = max(n, 1)
	if n > 60 {
		n = (n + 9) / 10 * 10 // nobody counts 87 seconds
	}
	switch {
	case n < 120:
		return v.N("duration.seconds", n)
	case n <= 119*60:
		return v.N("duration.minutes", (n+59)/60)
	}
	return v.N("duration.hours", (n+3599)/3600)
}

// WhatFor is Action, isolated from the direction of the text around it.
func (v *view) WhatFor() template.HTML { return isolated(v.Action) }

// Request is what the button of StateContinue sends.
func (v *view) Request() template.HTML { return isolated(v.Form.Method + " " + v.Form.Action) }

// Names lists names of form fields.
func (v *view) Names(names []string) template.HTML {
	var list []string
	for _, name := range names {
		list = append(list, string(isolated(name)))
	}
	return template.HTML(strings.Join(list, ", "))
}

func isolated(s string) template.HTML { return "<bdi>" + escaped(s) + "</bdi>" }

// Start is where the journey begins again: at the page that asks for the
// passcode, or, if no policy and no login is known, at the page that the member
// wanted.
func (v *view) Start() string {
	switch {
	case v.Login:
		return v.VerifyURL() + "?" + url.Values{"next": {v.Next}}.Encode()
	case v.Policy != "":
		return v.VerifyURL() + "?" + url.Values{"policy": {v.Policy}, "next": {v.Next}}.Encode()
	}
	return v.Onward()
}

// Onward is the page that the member wanted.
func (v *view) Onward() string {
	if v.Next != "" {
		return v.Next
	}
	return "/"
}

// VerifyURL is where the page is, and where its passcodes go.
func (v *view) VerifyURL() string { return cmp.Or(v.Verify, v.Base) }

// StatusURL tells the script where to ask whether the member was verified in
// another tab, on the pages where that makes a difference. A login has no
// status: until it is complete there is no session to ask about.
func (v *view) StatusURL() string {
	if v.Login || v.State != contract.StateAsk && v.State != contract.StateCode {
		return ""
	}
	return v.Base + "status?" + url.Values{"policy": {v.Policy}}.Encode()
}

// Stylesheet and Script are the addresses of the static files.
func (v *view) Stylesheet() string { return v.folder() + v.pages.assets.name("stepup.css") }
func (v *view) Script() string     { return v.folder() + v.pages.assets.name("stepup.js") }

// File is the address of a picture or font of the app.
func (v *view) File(name string) (string, error) {
	if v.pages.assets.by[name] == nil {
		return "", fmt.Errorf("there is no picture or font %q in the folder", name)
	}
	return v.folder() + v.pages.assets.name(name), nil
}

// folder is where the static files are: they are the same for a login.
func (v *view) folder() string {
	if v.Login {
		return strings.TrimSuffix(v.Base, "login/")
	}
	return v.Base
}
