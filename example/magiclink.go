// Signing in with a link in a mail. Routed in routes.go; the form is that of
// signin.go.

package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
)

const (
	linkPath    = "/sign-in/link" // where the links lead
	linkCookie  = "ledgerline-link"
	linkMinutes = 15 // how long a link works
)

// askedLink is what the browser that asked for a link remembers.
type askedLink struct {
	// Verifier makes the link work in this browser alone (PKCE, RFC 7636).
	// Without it, anybody with the mail could use the link, and a scanner of
	// mails would use it up. And an attacker could send a link that signs the
	// member in to the account of the attacker.
	Verifier string
	Next     string
}

// emailLink has Stytch send a link. The answer is the same whether the address
// belongs to a member or not.
func (a *app) emailLink(w http.ResponseWriter, r *http.Request) {
	v, ok := a.readSignIn(w, r)
	if !ok {
		return
	}
	if !isEmail(v.Email) {
		v.Problem = problemEmail
		a.showSignIn(w, r, http.StatusUnprocessableEntity, v)
		return
	}
	asked := askedLink{Verifier: rand.Text() + rand.Text(), Next: v.Next} // of the 43 to 128 letters of RFC 7636, 4.1
	challenge := sha256.Sum256([]byte(asked.Verifier))
	_, err := a.client.LoginOrSignupByEmail(r.Context(), stytch.LoginOrSignupByEmailRequest{
		OrganizationID: v.Organization, EmailAddress: v.Email,
		// Not from the Host header, which anybody can write: the link would
		// lead to another site, token included.
		LoginRedirectURL: a.origin + linkPath, SignupRedirectURL: a.origin + linkPath,
		PKCECodeChallenge:      base64.RawURLEncoding.EncodeToString(challenge[:]),
		LoginExpirationMinutes: linkMinutes, SignupExpirationMinutes: linkMinutes,
	})
	if err != nil && !isAboutMember(err) {
		a.failSignIn(w, r, v, err, problemOutage)
		return
	}
	if err != nil {
		a.log.Warn("sign-in link", "error", err)
	}
	if err := a.sealer.set(w, linkCookie, asked, linkMinutes*time.Minute); err != nil {
		a.failSignIn(w, r, v, err, problemOutage)
		return
	}
	http.Redirect(w, r, "/sign-in/sent", http.StatusSeeOther) // so that a reload sends no other
}

// isAboutMember reports whether Stytch refused to send the link because of the
// address, for all that can be told: there is no such member, or it is locked.
func isAboutMember(err error) bool {
	var refused *stytch.APIError
	return errors.As(err, &refused) && refused.StatusCode/100 == 4 && refused.Type != "too_many_requests"
}

// linkSent says that a link is on its way, if the address is a member's.
func (a *app) linkSent(w http.ResponseWriter, r *http.Request) {
	a.show(w, r, http.StatusOK, "sent", "Check your email", linkMinutes)
}

// openLink signs in the member that followed a link.
func (a *app) openLink(w http.ResponseWriter, r *http.Request) {
	again := signInView{Organization: a.organization, Next: "/"}
	var asked askedLink
	if !a.sealer.open(r, linkCookie, &asked) {
		again.Problem = problemBrowser // the link is not used up
		a.showSignIn(w, r, http.StatusUnprocessableEntity, again)
		return
	}
	again.Next = a.guard.ReturnPath(asked.Next)
	req := stytch.AuthenticateMagicLinkRequest{
		MagicLinksToken: r.FormValue("token"), PKCECodeVerifier: asked.Verifier,
		SessionDurationMinutes: sessionMinutes,
	}
	session, signedIn := stepup.SessionFromContext(r.Context())
	if signedIn {
		// The factor is added to the session, if it is the member's.
		req.SessionJWT = sessionJWT(r)
	}
	resp, err := a.client.AuthenticateMagicLink(r.Context(), req)
	if err != nil {
		a.failSignIn(w, r, again, err, problemLink)
		return
	}
	a.sealer.clear(w, linkCookie)
	if signedIn && session.MemberID() == resp.MemberID {
		a.finishSignIn(w, r, &resp.PrimaryAuthenticated, again.Next)
		return
	}
	a.offerOrganizations(w, r, &resp.PrimaryAuthenticated, again.Next)
}
