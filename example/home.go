// The home page. Routed in routes.go to everybody.

package main

import (
	"net/http"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
)

type homeView struct {
	People  []person // to sign in as; nil = not the demo
	Next    string   // where to go after signing in
	Problem string   // why the last try failed

	Member       stytch.Member // zero = Stytch did not answer
	Organization stytch.Organization
	SteppedUp    bool // the payouts open without a code
}

// home shows who is signed in, or a sign-in.
func (a *app) home(w http.ResponseWriter, r *http.Request) {
	session, ok := stepup.SessionFromContext(r.Context())
	if !ok {
		data := homeView{Next: a.guard.ReturnPath(r.FormValue("next"))}
		if a.demo != nil {
			data.People = a.demo.people
		}
		a.show(w, r, http.StatusOK, "home", "Sign in", data)
		return
	}
	data := homeView{SteppedUp: a.guard.Check(r, a.money) == nil}
	// A session JWT holds only ids. If Stytch does not answer, the page shows
	// no name.
	resp, err := a.client.Member(r.Context(), stytch.MemberRequest{
		OrganizationID: session.OrganizationID(), MemberID: session.MemberID(),
	})
	if err != nil {
		a.log.Warn("home", "error", err)
	} else {
		data.Member, data.Organization = resp.Member, resp.Organization
	}
	a.show(w, r, http.StatusOK, "home", "Home", data)
}

// show renders a page with data and what all pages show.
func (a *app) show(w http.ResponseWriter, r *http.Request, status int, name, title string, data any) {
	v := view{Title: title, Path: r.URL.Path, Phone: a.demo != nil, Data: data}
	if session, ok := stepup.SessionFromContext(r.Context()); ok {
		v.Session = session
	}
	a.pages.render(w, status, name, v)
}
