// Package stytchtest emulates the Stytch B2B API for tests, and for trying things
// out without an account: logins by password, magic link and exchange, second factors
// by SMS, authenticator app (TOTP) and recovery code, member sessions, the JWKS and the
// few organization calls that go with them. Nothing leaves the machine and no message
// is sent. The code that a person would have received is available from
// [Server.LastCode], from the admin API, and on a page that looks like a phone;
// [Server.TOTPCode], [Server.RecoveryCodes] and [Server.Mails] tell the rest.
//
//	srv := stytchtest.NewServer()
//	defer srv.Close()
//	member := srv.AddMember()
//	session := srv.SignIn(member, stytchtest.WithFactor("otp", "sms", 20*time.Minute))
//	session.AddCookies(request)
//
// [NewServer] listens on the loopback interface, for any HTTP client and any SDK.
// [NewUnstartedServer] does not listen. It is reached through [Server.Client],
// which calls the handler in the caller's goroutine, so that a whole journey can
// run inside a testing/synctest bubble.
//
// # Stricter than the service
//
// An emulator that is kinder than the service hides bugs. So this one refuses
//
//   - unknown and repeated JSON fields, and unknown query parameters,
//   - bodies that are not declared as JSON,
//   - session JWTs signed with a key that is no longer in the JWKS,
//   - a text message for a member with a verified phone, unless the request comes
//     with a session,
//   - another phone number or authenticator app for a member with a second factor,
//     unless the session has proved one.
//
// Where the documentation leaves something open, the emulator takes the harsher
// reading. An authentication without session_duration_minutes makes the session end 60
// minutes from now, and drops the custom claims in the request. Wrong passwords, codes
// and recovery codes count together toward the lock of the member, and a password alone
// does not reset the count. A lock keeps messages from being sent and every login and
// code from being accepted; it does not end the member's sessions. A session in a login
// stands for the second factor only if it has one. A TOTP registration that is pending
// has to be deleted, or to expire, before the next. Where neither reading is clearly the
// harsher one, a field of [Server] chooses. [Server.Fail] makes any call answer as yet
// another reading would.
//
// # Other languages
//
// The command cmd/stytch-emulator serves the emulator to programs in other languages. Calls
// below /_emulator/ do for them what the methods and fields of [Server] do in Go, and two
// pages there show what is in the emulator. The README has the table of these calls, and
// how to begin in each language.
//
// # Between tests
//
// A server is cheap, so that each Go test can have its own. A suite that shares one can go
// back: [Server.Load] says what it begins with, [Server.Reset] returns to that, and
// [Server.Snapshot] and [Server.Restore] to any other time.
//
// # What it does not imitate
//
//   - Other primary authentication: SSO, OAuth, email codes, discovery by email, the
//     invitation and sign-up of members, and the creation and reset of passwords.
//     [Server.SignIn] and [Server.StartLogin] take their place.
//   - QR codes: the qr_code of a TOTP registration is an empty picture.
//   - RBAC: a session authenticate call with an authorization_check is always
//     denied, and so is a call on behalf of a member (X-Stytch-Member-Session).
//   - Rate limits other than the member lock. [Server.Fail] produces any of them.
//   - Carriers and countries: every E.164 number can be reached.
//   - The frontend API (/sdk/v1), webhooks, and device fingerprints: a telemetry_id
//     yields an invented device.
//   - Lists of allowed redirect URLs, and organizations that restrict the methods of
//     primary authentication.
//   - Limits of a project on the length of sessions, and messages that arrive late
//     or never.
//   - Durability: nothing is written to disk.
//
// Calls of endpoints that it does not imitate are answered with 501 and an error_type
// that the service does not have, not_imitated, whatever their credentials; the message
// names the call.
package stytchtest
