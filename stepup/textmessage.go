// The one-time passcode by text message. factor.go lists it; send.go sends it.

package stepup

import (
	"context"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/provider"
	"github.com/rungauth/rung/stepup/stytch"
)

func textMessage() *factor {
	return &factor{
		method:  SMS,
		sends:   true,
		allowed: func(o stytch.Organization) bool { return allowsMFA(o, "sms_otp") },
		// An unproved number may be anybody's: a thief with a stolen session
		// could have typed it.
		ready: func(s *provider.Standing) bool {
			return s.Member.MFAPhoneNumber != "" && s.Member.MFAPhoneNumberVerified
		},
		parse: inbound.Passcode,
		prove: proveTextMessage,
	}
}

// ending returns the digits that tell the member which phone to look at.
func ending(s *provider.Standing) string { return s.Member.MFAPhoneNumber.LastDigits(2) }

// delivery is what a message needs.
type delivery struct {
	who    subject
	shown  credential
	number jwks.PhoneNumber // to be linked to the member first; "" = the one on file
	locale string           // "" = Stytch chooses
}

// sendTextMessage sends the message (POST /v1/b2b/otps/sms/send). It passes
// the session, which Stytch requires if it holds a second factor already. It
// passes a number only if the phone form brought it: anyone who could name one
// elsewhere would get the passcode.
func sendTextMessage(ctx context.Context, client *stytch.Client, d delivery) (string, error) {
	resp, err := client.SendSMS(ctx, stytch.SendSMSRequest{
		OrganizationID: d.who.organization, MemberID: d.who.member, MFAPhoneNumber: d.number,
		SessionJWT: d.shown.jwt, IntermediateSessionToken: d.shown.intermediate, Locale: d.locale,
	})
	if err != nil {
		return "", err
	}
	return resp.RequestID, nil
}

// proveTextMessage shows the passcode (POST /v1/b2b/otps/sms/authenticate).
func proveTextMessage(ctx context.Context, client *stytch.Client, proof provider.Proof) (provider.Answer, error) {
	resp, err := client.AuthenticateSMS(ctx, stytch.AuthenticateSMSRequest{
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
