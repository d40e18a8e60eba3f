// What follows from Stytch's answer to a primary factor. password.go,
// magiclink.go and organization.go end here.

package main

import (
	"net/http"
	"slices"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
)

// finishSignIn starts the session, or has the guard ask for the second factor, or
// says that the organization wants another first one.
func (a *app) finishSignIn(w http.ResponseWriter, r *http.Request, answer *stytch.PrimaryAuthenticated, next string) {
	log := a.log.With("organization", answer.Organization.OrganizationID, "member", answer.MemberID)
	switch {
	case answer.MemberAuthenticated:
		log.Info("signed in")
		if err := a.setSession(w, r, answer); err != nil {
			log.Error("sign-in", "error", err)
			http.Error(w, "This session does not fit into a cookie.", http.StatusInternalServerError)
			return
		}
		http.Redirect(w, r, a.guard.ReturnPath(next), http.StatusSeeOther)
	case answer.PrimaryRequired != nil:
		log.Info("another first factor is required")
		a.askForPrimary(w, r, answer, next)
	default:
		log.Info("a second factor is required")
		a.guard.CompleteLogin(w, r, loginOf(answer, next))
	}
}

// loginOf is an answer as the guard takes it.
func loginOf(answer *stytch.PrimaryAuthenticated, next string) stepup.Login {
	login := stepup.Login{
		OrganizationID:           answer.Organization.OrganizationID,
		MemberID:                 answer.MemberID,
		IntermediateSessionToken: answer.IntermediateSessionToken,
		ExpiresAt:                answer.IntermediateSessionTokenExpiresAt.Time,
		Next:                     next,
	}
	required := answer.MFARequired
	if required == nil {
		return login
	}
	login.CodeSent = required.SecondaryAuthInitiated == "sms_otp"
	if has := required.MemberOptions; has != nil {
		login.PhoneNumber = has.MFAPhoneNumber.LastDigits(2) // the page shows no more
		if has.MFAPhoneNumber != "" {
			login.Methods = append(login.Methods, stepup.SMS)
		}
		if has.TOTPRegistrationID != "" { // recovery codes come with it
			login.Methods = append(login.Methods, stepup.TOTP, stepup.RecoveryCode)
		}
	}
	return login
}

// askForPrimary shows the sign-in page of an organization that does not accept the
// factor that was shown: a password of another organization, for instance. What
// the member proved so far is dropped; they sign in afresh.
func (a *app) askForPrimary(w http.ResponseWriter, r *http.Request, answer *stytch.PrimaryAuthenticated, next string) {
	allowed := answer.PrimaryRequired.AllowedAuthMethods
	v := signInView{
		Organization: answer.Organization.OrganizationID,
		Name:         answer.Organization.OrganizationName,
		Email:        answer.Member.EmailAddress,
		NoPassword:   !slices.Contains(allowed, "password"),
		NoLink:       !slices.Contains(allowed, "magic_link"),
		Next:         a.guard.ReturnPath(next),
		Problem:      answer.Organization.OrganizationName + " does not accept the way you signed in. Sign in to it here.",
	}
	if v.NoPassword && v.NoLink {
		v.Problem = answer.Organization.OrganizationName + " accepts neither passwords nor links, and this app offers nothing else. Ask your administrator."
	}
	a.showSignIn(w, r, http.StatusForbidden, v)
}
