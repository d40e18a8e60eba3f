// The addresses of the verify pages, for what a request is about. The steps and
// write.go send members and programs there.

package stepup

import (
	"net/url"
	"slices"
	"strings"

	"github.com/rungauth/rung/stepup/contract"
)

// base is where the forms of the verify page go: those of logins have a folder
// of their own.
func (l *links) base(q *query) string {
	if q.isLogin() {
		return l.verify + loginFolder
	}
	return l.verify
}

// start is where the verify page is, and where its passcodes go.
func (l *links) start(q *query) string {
	if l.bare {
		return strings.TrimSuffix(l.base(q), "/")
	}
	return l.base(q)
}

// page is the verify page of what q is about, with the way back.
func (l *links) page(q *query) string {
	values := make(url.Values)
	set := func(name, value string) {
		if value != "" {
			values.Set(name, value)
		}
	}
	set("policy", q.policy.Name)
	set("method", string(q.in.method))
	set("bound", q.bound)
	if q.next != "/" {
		set("next", q.next)
	}
	if len(values) == 0 {
		return l.start(q)
	}
	return l.start(q) + "?" + values.Encode()
}

// document returns the links for programs.
func (l *links) document(q *query, state contract.State) *contract.Links {
	base := l.base(q)
	links := &contract.Links{Send: base + "send", Verify: l.start(q), Status: base + "status", Page: l.page(q)}
	if q.policy.Name != "" {
		links.Status += "?" + url.Values{"policy": {q.policy.Name}}.Encode()
	}
	if state == contract.StatePhone || slices.Contains(q.addable, SMS) {
		links.Phone = base + "phone"
	}
	if slices.Contains(q.addable, TOTP) {
		links.Authenticator = base + "authenticator"
	}
	if state == contract.StateReauthenticate || state == contract.StateSignedOut {
		links.SignIn = l.login(q.next)
	}
	return links
}
