// What every answer to a first factor has: a session, or what is still missing
// for one.

package stytch

import (
	"time"

	"github.com/rungauth/rung/jwks"
)

// PrimaryAuthenticated is what a call returns that authenticates a first factor
// or takes it to an organization. If MemberAuthenticated is true, the member is
// logged in and SessionJWT is set. If not, there is no session yet, and
// IntermediateSessionToken goes into the call that checks what PrimaryRequired
// asks for, or else a second factor. fmt and log/slog print its ids only.
type PrimaryAuthenticated struct {
	RequestID    string       `json:"request_id"`
	StatusCode   int          `json:"status_code"`
	MemberID     string       `json:"member_id"`
	Member       Member       `json:"member"`
	Organization Organization `json:"organization"`

	MemberAuthenticated bool           `json:"member_authenticated"`
	SessionToken        string         `json:"session_token"`  // "" without a session; may be "" with one
	SessionJWT          string         `json:"session_jwt"`    // "" without a session
	MemberSession       *MemberSession `json:"member_session"` // nil without a session; may be nil with one

	// IntermediateSessionToken is valid for ten minutes by default. "" if
	// MemberAuthenticated.
	IntermediateSessionToken string `json:"intermediate_session_token"`

	// IntermediateSessionTokenExpiresAt is zero if the service did not say.
	IntermediateSessionTokenExpiresAt OptionalTime `json:"intermediate_session_token_expires_at"`

	MFARequired     *MFARequired     `json:"mfa_required"`     // nil = no second factor is missing
	PrimaryRequired *PrimaryRequired `json:"primary_required"` // nil = no first factor is missing

	MemberDevice *DeviceInfo `json:"member_device"` // nil without a TelemetryID
}

// MFARequired says that the organization or the member's enrollment asks for a
// second factor.
type MFARequired struct {
	// MemberOptions are the second factors that the member has. nil = not said.
	MemberOptions *MFAOptions `json:"member_options"`

	// SecondaryAuthInitiated is "sms_otp" if the service has already sent the
	// member a code, which a SendSMS would void. "" = nothing was sent.
	SecondaryAuthInitiated string `json:"secondary_auth_initiated"`
}

// MFAOptions are the second factors of a member.
type MFAOptions struct {
	MFAPhoneNumber     jwks.PhoneNumber `json:"mfa_phone_number"`     // prints masked; "" = none
	TOTPRegistrationID string           `json:"totp_registration_id"` // "" = none
}

// PrimaryRequired says that the organization does not accept the first factor
// that was shown, or not it alone.
type PrimaryRequired struct {
	AllowedAuthMethods []string `json:"allowed_auth_methods"` // such as sso, magic_link, google_oauth
}

// OptionalTime is a time that is zero where the service sends null, an empty
// string or nothing.
type OptionalTime struct{ time.Time }

// UnmarshalJSON implements [encoding/json.Unmarshaler].
func (t *OptionalTime) UnmarshalJSON(data []byte) error {
	if string(data) == `""` {
		t.Time = time.Time{}
		return nil
	}
	return t.Time.UnmarshalJSON(data)
}

// missing asks for the session or, without one, for the way to get it.
func (p *PrimaryAuthenticated) missing() string {
	switch {
	case p.MemberAuthenticated && p.SessionJWT == "":
		return "session_jwt"
	case !p.MemberAuthenticated && p.IntermediateSessionToken == "":
		return "intermediate_session_token"
	}
	return missingMember(p.RequestID, p.MemberID, p.Member, p.Organization)
}
