// The options of StartLogin. The admin API fills in the same options from a
// request; the state begins the login that they describe.

package stytchtest

// loginOptions describes a login to begin.
type loginOptions struct{ codeSent bool }

// A LoginOption changes the login that [Server.StartLogin] begins.
type LoginOption func(*loginOptions)

// CodeSent has a code texted to the member as the login begins. That is what the
// service does by itself after the primary authentication of a member with a phone
// number, whose mfa_required then says secondary_auth_initiated: "sms_otp".
func CodeSent() LoginOption {
	return func(in *loginOptions) { in.codeSent = true }
}
