// Choosing an organization at the end of a sign-in by mail, which proves the
// address in all of them. magiclink.go begins it; routes.go routes the page.

package main

import (
	"net/http"
	"net/url"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
)

// pendingCookie holds a sign-in that waits for the choice.
const (
	pendingCookie = "ledgerline-sign-in"
	pendingLife   = 10 * time.Minute // that of the token in it
)

// pending is a sign-in without a session that waits for the choice.
type pending struct {
	Login   stepup.Login // to the organization that the link was for
	Primary bool         // which wants another first factor
}

// offerOrganizations lets a member with more than one organization choose, and
// finishes the sign-in of everybody else.
func (a *app) offerOrganizations(w http.ResponseWriter, r *http.Request, answer *stytch.PrimaryAuthenticated, next string) {
	req := stytch.DiscoverOrganizationsRequest{IntermediateSessionToken: answer.IntermediateSessionToken}
	if answer.MemberAuthenticated {
		req = stytch.DiscoverOrganizationsRequest{SessionJWT: answer.SessionJWT}
	}
	choices, err := a.discover(r.Context(), req, answer.Organization.OrganizationID)
	if err != nil {
		a.log.Warn("organizations", "error", err) // the choice is a convenience
	}
	if len(choices) < 2 {
		a.finishSignIn(w, r, answer, next)
		return
	}
	if answer.MemberAuthenticated {
		query := url.Values{"next": {a.guard.ReturnPath(next)}}
		a.finishSignIn(w, r, answer, "/organizations?"+query.Encode())
		return
	}
	// Stytch may have sent a code by now. It stays the right one if the member
	// chooses the organization that the link was for.
	waiting := pending{Login: loginOf(answer, next), Primary: answer.PrimaryRequired != nil}
	if err := a.sealer.set(w, pendingCookie, waiting, pendingLife); err != nil {
		a.log.Error("organizations", "error", err)
		a.finishSignIn(w, r, answer, next)
		return
	}
	http.Redirect(w, r, "/sign-in/organization", http.StatusSeeOther)
}

// chooseOrganization shows the organizations of a sign-in that waits.
func (a *app) chooseOrganization(w http.ResponseWriter, r *http.Request) {
	var waiting pending
	if !a.sealer.open(r, pendingCookie, &waiting) {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return
	}
	choices, err := a.discover(r.Context(), stytch.DiscoverOrganizationsRequest{
		IntermediateSessionToken: waiting.Login.IntermediateSessionToken,
	}, waiting.Login.OrganizationID)
	if err != nil {
		a.failSignIn(w, r, signInView{Organization: a.organization, Next: waiting.Login.Next}, err, problemLate)
		return
	}
	a.show(w, r, http.StatusOK, "organizations", "Choose your organization", organizationsView{
		Organizations: choices, Action: "/sign-in/organization",
	})
}

// enterOrganization goes on with a sign-in that waits.
func (a *app) enterOrganization(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	var waiting pending
	if !a.sealer.open(r, pendingCookie, &waiting) {
		a.showSignIn(w, r, http.StatusUnprocessableEntity, signInView{Organization: a.organization, Next: "/", Problem: problemLate})
		return
	}
	chosen := r.PostFormValue("organization")
	if chosen == waiting.Login.OrganizationID && !waiting.Primary {
		a.sealer.clear(w, pendingCookie)
		a.guard.CompleteLogin(w, r, waiting.Login)
		return
	}
	resp, err := a.client.ExchangeIntermediateSession(r.Context(), stytch.ExchangeIntermediateSessionRequest{
		IntermediateSessionToken: waiting.Login.IntermediateSessionToken, OrganizationID: chosen,
		SessionDurationMinutes: sessionMinutes,
	})
	if err != nil {
		a.failSignIn(w, r, signInView{Organization: a.organization, Next: waiting.Login.Next}, err, problemLate)
		return
	}
	a.sealer.clear(w, pendingCookie)
	a.finishSignIn(w, r, &resp.PrimaryAuthenticated, waiting.Login.Next)
}
