// Package stytch is a small typed client for the part of the Stytch B2B API
// that a login with two factors and a step-up need: passwords, magic links and
// exchanges for the first factor; SMS one-time passcodes, authenticator apps and
// recovery codes for the second; authenticating and revoking a session; reading
// a member and changing what the member needs for a second factor.
//
// Each method makes one HTTP request. Nothing is retried: sending again voids
// the first code and costs a second message, and a code can be used only once.
// After a failure the caller needs to know whether the service may have acted,
// and the errors say so:
//
//   - [ErrRequest]: the arguments were refused; nothing was sent.
//   - [ErrNotSent]: the service was not reached; nothing was sent.
//   - [*APIError]: the status was neither 200 nor 201. The service did nothing
//     if it was 4xx, and may have acted otherwise.
//   - [ErrResponse]: the status was 200 or 201, but the answer could not be
//     understood. The service has probably acted.
//   - any other error: the service may or may not have acted.
//
// A method returns a result or an error, never both. Errors, and clients,
// requests and responses as fmt and log/slog print them, reveal no project
// secret, session token, password, code, secret of an authenticator app or full
// phone number. [Config] lists two exceptions that Go cannot prevent.
//
// # Arguments
//
// The types of the requests say of each argument what it means, its range and
// what its zero value does. What they say of the service is documented by
// Stytch, unless they call it not documented. These are the calls that send and
// check a second factor, and where package stepup takes each argument from. "The
// session" is the one in the cookies or in Config.Credential. Login is what the
// app hands to Guard.CompleteLogin: a login has no session yet.
//
//	SendSMSRequest: POST /v1/b2b/otps/sms/send
//
//	organization_id             OrganizationID            the session, or Login
//	member_id                   MemberID                  the session, or Login
//	mfa_phone_number            MFAPhoneNumber            typed on the phone form of Config.Enroll
//	locale                      Locale                    Config.Language, else the language of the page
//	intermediate_session_token  IntermediateSessionToken  Login
//	session_token               SessionToken              never
//	session_jwt                 SessionJWT                the session
//
//	AuthenticateSMSRequest: POST /v1/b2b/otps/sms/authenticate
//	AuthenticateTOTPRequest: POST /v1/b2b/totp/authenticate
//
//	organization_id             OrganizationID            the session, or Login
//	member_id                   MemberID                  the session, or Login
//	code                        Code                      typed on the verify page
//	intermediate_session_token  IntermediateSessionToken  Login
//	session_token               SessionToken              never
//	session_jwt                 SessionJWT                the session
//	session_duration_minutes    SessionDurationMinutes    Config: SessionDuration, ExtendBy, MaxSession; Logins.SessionDuration
//	session_custom_claims       SessionCustomClaims       Config.SessionCustomClaims, and the claims of Policy.Bound and SameAddress
//	set_mfa_enrollment          SetMFAEnrollment          Config.Logins.EnrollMFA
//	set_default_mfa             SetDefaultMFA             Config.Logins.SetDefault
//	telemetry_id                TelemetryID               never
//
//	RecoverRequest: POST /v1/b2b/recovery_codes/recover
//
//	organization_id             OrganizationID            the session, or Login
//	member_id                   MemberID                  the session, or Login
//	recovery_code               RecoveryCode              typed on the verify page
//	intermediate_session_token  IntermediateSessionToken  Login
//	session_token               SessionToken              never
//	session_jwt                 SessionJWT                the session
//	session_duration_minutes    SessionDurationMinutes    Config: SessionDuration, ExtendBy, MaxSession; Logins.SessionDuration
//	session_custom_claims       SessionCustomClaims       Config.SessionCustomClaims, and the claims of Policy.Bound and SameAddress
//	telemetry_id                TelemetryID               never
//
// Recovery codes have neither set_mfa_enrollment nor set_default_mfa.
package stytch
