// The authenticator app, whose passcodes no message is needed for. factor.go
// lists it; authenticator.go sets one up.

package stepup

import (
	"context"

	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/provider"
	"github.com/rungauth/rung/stepup/stytch"
)

func authenticatorApp() *factor {
	return &factor{
		method:  TOTP,
		allowed: func(o stytch.Organization) bool { return allowsMFA(o, "totp") },
		ready:   func(s *provider.Standing) bool { return s.Member.TOTPRegistrationID != "" },
		parse:   inbound.Passcode,
		prove:   proveAuthenticator,
	}
}

// proveAuthenticator shows a passcode (POST /v1/b2b/totp/authenticate). Stytch
// refuses one that was used before.
func proveAuthenticator(ctx context.Context, client *stytch.Client, proof provider.Proof) (provider.Answer, error) {
	resp, err := client.AuthenticateTOTP(ctx, stytch.AuthenticateTOTPRequest{
		OrganizationID: proof.Of.Organization, MemberID: proof.Of.Member, Code: proof.Passcode,
		SessionJWT: proof.SessionJWT, IntermediateSessionToken: proof.Intermediate,
		SessionDurationMinutes: proof.Minutes, SessionCustomClaims: proof.Claims,
		SetMFAEnrollment: enrollment(proof), SetDefaultMFA: setsDefault(proof),
	})
	if err != nil {
		return provider.Answer{}, err
	}
	return answered(proof, resp.MemberID, &resp.Authenticated, nil)
}
