// Signing in with a password. Routed in routes.go; the form is that of signin.go.

package main

import (
	"net/http"

	"github.com/rungauth/rung/stepup/stytch"
)

// signInWithPassword has Stytch check a password. Stytch also counts the wrong
// ones, and locks a member after ten in a row.
func (a *app) signInWithPassword(w http.ResponseWriter, r *http.Request) {
	v, ok := a.readSignIn(w, r)
	if !ok {
		return
	}
	password := r.PostFormValue("password")
	if !isEmail(v.Email) || password == "" {
		v.Problem = problemTyping
		a.showSignIn(w, r, http.StatusUnprocessableEntity, v)
		return
	}
	req := stytch.AuthenticatePasswordRequest{
		OrganizationID: v.Organization, EmailAddress: v.Email, Password: password,
		SessionDurationMinutes: sessionMinutes,
	}
	if v.Again {
		// The factor is added to the session, which keeps its second one.
		req.SessionJWT = sessionJWT(r)
	}
	resp, err := a.client.AuthenticatePassword(r.Context(), req)
	if err != nil {
		a.failSignIn(w, r, v, err, problemPassword)
		return
	}
	a.finishSignIn(w, r, &resp.PrimaryAuthenticated, v.Next)
}
