// The recovery codes that come with an authenticator app. factor.go lists them.

package stepup

import (
	"context"
	"strings"

	"github.com/rungauth/rung/stepup/internal/provider"
	"github.com/rungauth/rung/stepup/stytch"
)

func recoveryCode() *factor {
	return &factor{
		method:  RecoveryCode,
		allowed: func(o stytch.Organization) bool { return allowsMFA(o, "totp") },
		ready:   func(s *provider.Standing) bool { return s.Member.TOTPRegistrationID != "" },
		parse:   parseRecoveryCode,
		prove:   proveRecoveryCode,
	}
}

// The longest recovery code that is shown to Stytch.
const maxRecoveryCode = 128

// parseRecoveryCode takes what can be one: Stytch does not say what they look
// like, but that they are written down and typed.
func parseRecoveryCode(typed string) (string, bool) {
	code := strings.TrimSpace(typed)
	if len(code) < 4 || len(code) > maxRecoveryCode {
		return "", false
	}
	for _, c := range []byte(code) {
		if c <= ' ' || c > '~' {
			return "", false
		}
	}
	return code, true
}

// proveRecoveryCode uses a code up (POST /v1/b2b/recovery_codes/recover).
func proveRecoveryCode(ctx context.Context, client *stytch.Client, proof provider.Proof) (provider.Answer, error) {
	resp, err := client.Recover(ctx, stytch.RecoverRequest{
		OrganizationID: proof.Of.Organization, MemberID: proof.Of.Member, RecoveryCode: proof.Passcode,
		SessionJWT: proof.SessionJWT, IntermediateSessionToken: proof.Intermediate,
		SessionDurationMinutes: proof.Minutes, SessionCustomClaims: proof.Claims,
	})
	if err != nil {
		return provider.Answer{}, err
	}
	return answered(proof, resp.MemberID, &resp.Authenticated, &resp.RecoveryCodesRemaining)
}
