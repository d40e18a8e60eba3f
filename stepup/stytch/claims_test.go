package stytch_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytch"
)

// claiming are all calls that take custom claims.
var claiming = []struct {
	name, answer string
	call         func(context.Context, *stytch.Client, map[string]any) (hasResult bool, err error)
}{
	{"AuthenticateSMS", smsAnswer, withClaims((*stytch.Client).AuthenticateSMS, authenticateSMS, func(r *stytch.AuthenticateSMSRequest, c map[string]any) { r.SessionCustomClaims = c })},
	{"AuthenticateTOTP", smsAnswer, withClaims((*stytch.Client).AuthenticateTOTP, authenticateTOTP, func(r *stytch.AuthenticateTOTPRequest, c map[string]any) { r.SessionCustomClaims = c })},
	{"Recover", smsAnswer, withClaims((*stytch.Client).Recover, recoverMember, func(r *stytch.RecoverRequest, c map[string]any) { r.SessionCustomClaims = c })},
	{"AuthenticateSession", sessionAnswer, withClaims((*stytch.Client).AuthenticateSession, stytch.AuthenticateSessionRequest{SessionJWT: sessJWT}, func(r *stytch.AuthenticateSessionRequest, c map[string]any) { r.SessionCustomClaims = c })},
	{"AuthenticatePassword", loggedInAnswer, withClaims((*stytch.Client).AuthenticatePassword, authenticatePassword, func(r *stytch.AuthenticatePasswordRequest, c map[string]any) { r.SessionCustomClaims = c })},
	{"AuthenticateMagicLink", loggedInAnswer, withClaims((*stytch.Client).AuthenticateMagicLink, authenticateLink, func(r *stytch.AuthenticateMagicLinkRequest, c map[string]any) { r.SessionCustomClaims = c })},
	{"ExchangeSession", loggedInAnswer, withClaims((*stytch.Client).ExchangeSession, exchangeSession, func(r *stytch.ExchangeSessionRequest, c map[string]any) { r.SessionCustomClaims = c })},
	{"ExchangeIntermediateSession", loggedInAnswer, withClaims((*stytch.Client).ExchangeIntermediateSession, exchangeIntermediate, func(r *stytch.ExchangeIntermediateSessionRequest, c map[string]any) { r.SessionCustomClaims = c })},
}

func withClaims[Req, Resp any](m method[Req, Resp], req Req, set func(*Req, map[string]any)) func(context.Context, *stytch.Client, map[string]any) (bool, error) {
	return func(ctx context.Context, c *stytch.Client, claims map[string]any) (bool, error) {
		req := req
		set(&req, claims)
		return calling(m, req)(ctx, c)
	}
}

func TestReservedClaimsAreRefusedByEveryCall(t *testing.T) {
	for _, tt := range []struct {
		name   string
		claims map[string]any
		want   string // "" = not refused
	}{
		{"iss", map[string]any{"iss": token}, "SessionCustomClaims has the reserved name iss"},
		{"sub", map[string]any{"sub": token}, "SessionCustomClaims has the reserved name sub"},
		{"aud", map[string]any{"aud": []string{token}}, "SessionCustomClaims has the reserved name aud"},
		{"exp", map[string]any{"exp": 1}, "SessionCustomClaims has the reserved name exp"},
		{"nbf", map[string]any{"nbf": 1}, "SessionCustomClaims has the reserved name nbf"},
		{"iat", map[string]any{"iat": 1}, "SessionCustomClaims has the reserved name iat"},
		{"jti", map[string]any{"jti": token}, "SessionCustomClaims has the reserved name jti"},
		{"one among others", map[string]any{"plan": "pro", "jti": token, "team": 7}, "SessionCustomClaims has the reserved name jti"},
		{"several: the first of the list is named", map[string]any{"jti": 1, "aud": 1, "iss": 1}, "SessionCustomClaims has the reserved name iss"},
		{"one that is to be deleted", map[string]any{"sub": nil}, "SessionCustomClaims has the reserved name sub"},
		{"the service's session", map[string]any{"https://stytch.com/session": map[string]any{}}, "SessionCustomClaims has a name with the reserved prefix https://stytch.com/"},
		{"the service's organization", map[string]any{"https://stytch.com/organization": nil}, "SessionCustomClaims has a name with the reserved prefix https://stytch.com/"},
		{"the prefix alone", map[string]any{"https://stytch.com/": 1}, "SessionCustomClaims has a name with the reserved prefix https://stytch.com/"},
		{"the prefix and something private", map[string]any{"https://stytch.com/" + token: 1}, "SessionCustomClaims has a name with the reserved prefix https://stytch.com/"},
		{"over 4 KiB", map[string]any{"c": strings.Repeat("x", 4089)}, "SessionCustomClaims is 4097 bytes"},
		{"4 KiB", map[string]any{"c": strings.Repeat("x", 4088)}, ""},
		{"names that are nearly reserved", map[string]any{"issuer": 1, "ISS": 1, " sub": 1, "auth": 1, "https://stytch.com": 1, "http://stytch.com/session": 1, "https://stytch.community/": 1}, ""},
		{"a reserved name inside of a claim", map[string]any{"app": map[string]any{"sub": 1, "https://stytch.com/session": 1}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := stytch.CheckClaims(tt.claims)
			if (err == nil) != (tt.want == "") || err != nil && (!errors.Is(err, stytch.ErrRequest) || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("CheckClaims: got %v, want %q", err, tt.want)
			}
			for _, c := range claiming {
				client, sent := answering(t, 200, c.answer)
				ok, err := c.call(t.Context(), client, tt.claims)
				if tt.want != "" {
					wantRefused(t, ok, err, *sent, tt.want)
				} else if err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
			}
		})
	}
}
