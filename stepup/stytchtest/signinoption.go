// The options of SignIn. The admin API fills in the same options from a
// request; the table in sessions.go starts the session that they describe.

package stytchtest

import "time"

// signInOptions describes a session to start.
type signInOptions struct {
	duration     time.Duration // from now; negative = the session has ended
	jwtAge       time.Duration
	claims       map[string]any
	factors      []factorAge
	impersonated bool
}

// factorAge is a factor and how long ago it was proved.
type factorAge struct {
	kind, method string
	age          time.Duration
}

// A SignInOption changes the session that [Server.SignIn] starts.
type SignInOption func(*signInOptions)

// WithFactor adds a factor that was proved age ago, such as ("otp", "sms",
// 20*time.Minute). A negative age puts it in the future. Any pair of type and
// delivery method is accepted. A primary factor replaces the magic link that a
// session otherwise begins with.
func WithFactor(kind, method string, age time.Duration) SignInOption {
	return func(in *signInOptions) { in.factors = append(in.factors, factorAge{kind, method, age}) }
}

// WithJWTAge backdates the JWT. Beyond five minutes it is an expired JWT of a
// session that is still alive. It shows only the factors that were proved before
// it was minted.
func WithJWTAge(age time.Duration) SignInOption {
	return func(in *signInOptions) { in.jwtAge = age }
}

// WithDuration makes the session end d from now instead of in an hour. A negative
// d makes a session that has already ended.
func WithDuration(d time.Duration) SignInOption {
	return func(in *signInOptions) { in.duration = d }
}

// WithCustomClaims gives the session custom claims. Registered names such as sub
// are ignored, as at the service.
func WithCustomClaims(claims map[string]any) SignInOption {
	return func(in *signInOptions) { in.claims = claims }
}

// WithImpersonation makes it a session in which support staff act as the member.
func WithImpersonation() SignInOption {
	return func(in *signInOptions) { in.impersonated = true }
}
