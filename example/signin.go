// The sign-in page. Routed in routes.go to everybody; its buttons lead to
// password.go and magiclink.go.

package main

import (
	"errors"
	"net/http"
	"strings"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
)

// signInView is the sign-in page. It holds no password: one that was typed is
// never shown again.
type signInView struct {
	People   []person // to sign in as with one click; nil = none
	Password string   // of People

	Organization string // id or slug that the form is for
	Name         string // of the organization; "" = not known
	Email        string // as typed, or that of the member who signs in again
	Again        bool   // the member is signed in, and does so again
	NoPassword   bool   // the organization accepts no passwords
	NoLink       bool   // the organization accepts no links
	Next         string // where to go afterwards
	Problem      string // why the last try failed
}

// What the sign-in page says about a try that failed.
const (
	// Whether the address is a member's, the password is wrong or the member is
	// locked: it is one text, or the page would tell strangers who is a member.
	problemPassword = "The email address or the password is not right. After too many wrong tries, even the right password is refused for a while. You can have a link emailed to you instead."
	problemTyping   = "Enter your email address and your password."
	problemEmail    = "Enter your email address."
	problemLink     = "This link does not work. It may be old, or was used before. Ask for a new one."
	problemBrowser  = "Open the link in the browser where you asked for it, within 15 minutes. Or ask for a new one here."
	problemLate     = "That took too long. Sign in again."
	problemTooMany  = "There were too many tries. Wait a minute, then try again."
	problemOutage   = "Signing in is not possible at the moment. Try again soon."
)

// maxForm bounds the forms of the app.
const maxForm = 16 << 10

// signIn shows the sign-in page. A member who is signed in comes here too, when a
// policy wants a primary factor that is more recent.
func (a *app) signIn(w http.ResponseWriter, r *http.Request) {
	v := a.signInForm(r)
	if again, err := a.signInAgain(r); err == nil {
		v = again
	} else if !errors.Is(err, stepup.ErrNoSession) {
		a.log.Warn("sign-in", "error", err)
	}
	a.showSignIn(w, r, http.StatusOK, v)
}

// signInForm is the page for the address and organization that a request names, in
// the query of a GET or the form of a POST.
func (a *app) signInForm(r *http.Request) signInView {
	v := signInView{
		Organization: a.organization,
		Email:        strings.TrimSpace(r.PostFormValue("email")),
		Next:         a.guard.ReturnPath(r.FormValue("next")),
	}
	if named := r.FormValue("organization"); isOrganization(named) {
		v.Organization = named
	}
	return v
}

// signInAgain is the page for the member that is signed in. The error is
// stepup.ErrNoSession if there is none. A session JWT holds only ids, so Stytch is
// asked for the address.
func (a *app) signInAgain(r *http.Request) (signInView, error) {
	session, ok := stepup.SessionFromContext(r.Context())
	if !ok {
		return signInView{}, stepup.ErrNoSession
	}
	resp, err := a.client.Member(r.Context(), stytch.MemberRequest{
		OrganizationID: session.OrganizationID(), MemberID: session.MemberID(),
	})
	if err != nil {
		return signInView{}, err
	}
	return signInView{
		Organization: session.OrganizationID(), Name: resp.Organization.OrganizationName,
		Email: resp.Member.EmailAddress, Again: true, Next: a.guard.ReturnPath(r.FormValue("next")),
	}, nil
}

// readSignIn reads a form of the page. false = it was answered already.
func (a *app) readSignIn(w http.ResponseWriter, r *http.Request) (signInView, bool) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	v := a.signInForm(r)
	if r.PostFormValue("again") == "" {
		return v, true
	}
	again, err := a.signInAgain(r)
	switch {
	case errors.Is(err, stepup.ErrNoSession): // it has ended meanwhile
		a.showSignIn(w, r, http.StatusUnprocessableEntity, signInView{Organization: a.organization, Next: v.Next, Problem: problemLate})
	case err != nil:
		a.failSignIn(w, r, v, err, problemOutage)
	}
	return again, err == nil
}

// showSignIn renders the page.
func (a *app) showSignIn(w http.ResponseWriter, r *http.Request, status int, v signInView) {
	if a.demo != nil && v.Name == "" { // else it is about one organization
		v.People, v.Password = a.demo.people, demoPassword
	}
	title := "Sign in"
	if v.Problem != "" {
		title = "Error: " + title // a screen reader reads it first
	}
	a.show(w, r, status, "signin", title, v)
}

// failSignIn answers a try that failed. problem is what to say if the member, and
// not the service, is to blame.
func (a *app) failSignIn(w http.ResponseWriter, r *http.Request, v signInView, err error, problem string) {
	// Errors of the client print no address, password or token.
	a.log.Warn("sign-in", "error", err)
	status := http.StatusUnprocessableEntity
	var refused *stytch.APIError
	switch {
	case errors.As(err, &refused) && refused.Type == "too_many_requests": // whoever the address belongs to
		status, problem = http.StatusTooManyRequests, problemTooMany
	case errors.As(err, &refused) && refused.StatusCode/100 == 4, errors.Is(err, stytch.ErrRequest):
	default:
		status, problem = http.StatusServiceUnavailable, problemOutage
	}
	v.Problem = problem
	a.showSignIn(w, r, status, v)
}

// isEmail is no stricter than it has to be: Stytch judges the address.
func isEmail(address string) bool { return len(address) <= 254 && strings.Contains(address, "@") }

// isOrganization reports whether text can be the id or slug of an organization: 2
// to 128 of the characters that need no escaping in a URL. It comes from a link
// that anybody can make, and is shown.
func isOrganization(text string) bool {
	const unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
	return len(text) >= 2 && len(text) <= 128 && strings.Trim(text, unreserved) == ""
}
