// Second factors: which ones count, and how a member proves one here.
// decision.go uses the former, send.go and prove.go the latter.

package stepup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/provider"
	"github.com/rungauth/rung/stepup/stytch"
)

// Method is a second factor: the type and the delivery method of one of
// Stytch's authentication factors, exactly. With a prefix or the type alone,
// the first factor could pass for the second: email_otp is not otp.
type Method string

// The second factors that a policy may accept.
const (
	SMS  Method = "otp/sms"                // a one-time passcode by text message
	TOTP Method = "totp/authenticator_app" // a passcode of an authenticator app, used elsewhere in the same session
)

func validateMethods(methods []Method) error {
	for _, m := range methods {
		if m != SMS && m != TOTP {
			return fmt.Errorf("holds %q, which is not a second factor", m)
		}
	}
	if len(methods) > 0 && !slices.Contains(methods, SMS) {
		return errors.New("must hold SMS, which is what the verify pages ask for")
	}
	return nil
}

// accepts reports whether a factor is one of the methods, or, if there are
// none, the one that the verify pages ask for.
func accepts(methods []Method, f jwks.Factor) bool {
	if len(methods) == 0 {
		return SMS.is(f)
	}
	for _, m := range methods {
		if m.is(f) {
			return true
		}
	}
	return false
}

// is reports whether f is m. It does not build the joined string, since it
// runs for every factor of every guarded request.
func (m Method) is(f jwks.Factor) bool {
	t, d := len(f.Type), len(f.DeliveryMethod)
	return len(m) == t+1+d && string(m[:t]) == f.Type && m[t] == '/' && string(m[t+1:]) == f.DeliveryMethod
}

// factor is one way for a member to prove themselves on the verify page.
type factor struct {
	method Method
	// allowed reports whether the organization lets its members use it.
	allowed func(stytch.Organization) bool
	// ready reports whether the member has it.
	ready func(*provider.Standing) bool
	// ending returns the digits that tell the member which phone to look at.
	ending func(*provider.Standing) string
	// parse returns the passcode of what a member typed.
	parse func(typed string) (passcode string, ok bool)
	// send sends a passcode, and returns Stytch's request id.
	send func(context.Context, *stytch.Client, delivery) (requestID string, err error)
	// prove shows Stytch a passcode.
	prove func(context.Context, *stytch.Client, provider.Proof) (*stytch.Authenticated, error)
}

// delivery is what a message needs.
type delivery struct {
	who    subject
	jwt    string           // the member's session
	number jwks.PhoneNumber // to be linked to the member first; "" = the one on file
	locale string           // "" = Stytch chooses
}

// textMessage is the one-time passcode by SMS.
func textMessage() factor {
	return factor{
		method: SMS,
		allowed: func(o stytch.Organization) bool {
			return o.MFAMethods != "RESTRICTED" || slices.Contains(o.AllowedMFAMethods, "sms_otp")
		},
		// An unproved number may be anybody's: a thief with a stolen session
		// could have typed it.
		ready: func(s *provider.Standing) bool {
			return s.Member.MFAPhoneNumber != "" && s.Member.MFAPhoneNumberVerified
		},
		ending: func(s *provider.Standing) string { return s.Member.MFAPhoneNumber.LastDigits(2) },
		parse:  inbound.Passcode,
		send:   sendTextMessage,
		prove:  proveTextMessage,
	}
}

// sendTextMessage sends the message (POST /v1/b2b/otps/sms/send). It passes
// the session, which Stytch requires if it holds a second factor already. It
// passes a number only if the phone form brought it: anyone who could name one
// elsewhere would get the passcode.
func sendTextMessage(ctx context.Context, client *stytch.Client, d delivery) (string, error) {
	resp, err := client.SendSMS(ctx, stytch.SendSMSRequest{
		OrganizationID: d.who.organization, MemberID: d.who.member,
		MFAPhoneNumber: d.number, SessionJWT: d.jwt, Locale: d.locale,
	})
	if err != nil {
		return "", err
	}
	return resp.RequestID, nil
}

// proveTextMessage shows the passcode (POST /v1/b2b/otps/sms/authenticate).
func proveTextMessage(ctx context.Context, client *stytch.Client, proof provider.Proof) (*stytch.Authenticated, error) {
	resp, err := client.AuthenticateSMS(ctx, stytch.AuthenticateSMSRequest{
		OrganizationID: proof.Organization, MemberID: proof.Member, Code: proof.Passcode,
		SessionJWT: proof.SessionJWT, SessionDurationMinutes: proof.Minutes, SessionCustomClaims: proof.Claims,
	})
	switch {
	case err != nil:
		return nil, err
	case resp.MemberID != proof.Member:
		return nil, fmt.Errorf("%w: other member", provider.ErrMismatch)
	}
	return &resp.Authenticated, nil
}
