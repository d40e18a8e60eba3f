// The home page. Routed in routes.go to members.

package main

import (
	"net/http"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
)

type homeView struct {
	Member       stytch.Member // zero = Stytch did not answer
	Organization stytch.Organization
	SteppedUp    bool // the payouts open without a code
}

// home shows who is signed in, and what that opens.
func (a *app) home(w http.ResponseWriter, r *http.Request) {
	session, _ := stepup.SessionFromContext(r.Context())
	data := homeView{SteppedUp: a.guard.Check(r, a.policies.money) == nil}
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
