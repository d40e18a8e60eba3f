// The factors of a session: which one is which, and how a member proves a
// second factor here. decision.go uses the former, the steps the latter.

package stepup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/provider"
	"github.com/rungauth/rung/stepup/stytch"
)

// Method is a factor that a policy may ask for: the type and the delivery method
// of one of Stytch's authentication factors, exactly, or Primary.
type Method = contract.Method

// The factors that a policy may ask for.
const (
	SMS  = contract.SMS  // a one-time passcode by text message
	TOTP = contract.TOTP // a passcode of an authenticator app
	// RecoveryCode is one of the codes that a member wrote down when they set
	// up their authenticator app.
	RecoveryCode = contract.RecoveryCode
	// Primary is any factor that a person signs in with: a password, a magic
	// link, a passcode by email, SSO or OAuth. Where it is missing or too old,
	// the member is sent to Links.Login.
	Primary Method = "primary"
)

func isKnown(m Method) bool { return m == SMS || m == TOTP || m == RecoveryCode || m == Primary }

// isFactor reports whether f is what m names. It does not build the joined
// string, since it runs for every factor of every guarded request.
func isFactor(m Method, f jwks.Factor) bool {
	if m == Primary {
		return isPrimary(f)
	}
	t, d := len(f.Type), len(f.DeliveryMethod)
	return len(m) == t+1+d && string(m[:t]) == f.Type && m[t] == '/' && string(m[t+1:]) == f.DeliveryMethod
}

// isPrimary reports whether a person signs in with the factor. Types match
// exactly. Exchanged, imported and trusted tokens do not count: nobody has
// just signed in with them.
func isPrimary(f jwks.Factor) bool {
	switch f.Type {
	case "password", "magic_link", "email_otp", "sso":
		return true
	case "oauth":
		return strings.HasPrefix(f.DeliveryMethod, "oauth_") &&
			!strings.HasPrefix(f.DeliveryMethod, "oauth_exchange_") && f.DeliveryMethod != "oauth_access_token_exchange"
	}
	return false
}

// factor is one way for a member to prove themselves on the verify page.
type factor struct {
	method Method
	// sends reports that a message goes out first.
	sends bool
	// allowed reports whether the organization lets its members use it.
	allowed func(stytch.Organization) bool
	// ready reports whether the member has it.
	ready func(*provider.Standing) bool
	// parse returns the passcode of what a member typed.
	parse func(typed string) (passcode string, ok bool)
	// prove shows Stytch a passcode.
	prove func(context.Context, *stytch.Client, provider.Proof) (provider.Answer, error)
}

// factors are all there are, the strongest first: an authenticator app cannot
// be listened to as a text message can, and a recovery code is for a member who
// has lost the other two.
func factors() []*factor { return []*factor{authenticatorApp(), textMessage(), recoveryCode()} }

// allowsMFA reports whether an organization allows one of its MFA methods, by
// Stytch's word for it.
func allowsMFA(o stytch.Organization, method string) bool {
	return o.MFAMethods != "RESTRICTED" || slices.Contains(o.AllowedMFAMethods, method)
}

// answered makes the Answer of a response, which must be about the member that
// was asked for.
func answered(proof provider.Proof, member string, a *stytch.Authenticated, recoveryRemain *int) (provider.Answer, error) {
	if member != proof.Of.Member {
		return provider.Answer{}, fmt.Errorf("%w: other member", provider.ErrMismatch)
	}
	return provider.Answer{Authenticated: a, RecoveryRemain: recoveryRemain}, nil
}

// enrollment is set_mfa_enrollment of a proof, and setsDefault set_default_mfa.
func enrollment(proof provider.Proof) string {
	if proof.EnrollMFA {
		return "enroll"
	}
	return ""
}

func setsDefault(proof provider.Proof) *bool {
	if !proof.SetDefault {
		return nil
	}
	yes := true
	return &yes
}
