// Authentication factors, in session JWTs and in answers of the API. Read by
// claims.go and by package stytch.

package jwks

import (
	"bytes"
	"fmt"
	"reflect"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Factor is one authentication factor of a session, as in session JWTs and in
// answers of Stytch's API. Type and DeliveryMethod decide which of the fields
// after SequenceOrder are set.
//
// Decoding is lenient, so that one odd factor does not end a session: unknown
// JSON members are ignored, and a time that is missing or malformed is the zero
// time, which no policy may take for a recent one. A member name that appears
// twice is an error.
type Factor struct {
	Type           string // "otp", "magic_link", "sso", …
	DeliveryMethod string // "sms", "email", "sso_saml", "oauth_google", …

	LastAuthenticatedAt time.Time // how fresh the factor is; no other field says so
	CreatedAt           time.Time
	UpdatedAt           time.Time

	SequenceOrder string // "PRIMARY", "SECONDARY" or ""

	Phone PhoneFactor
	Email EmailFactor
	SSO   SSOFactor
	OAuth OAuthFactor

	TOTPID              string
	RecoveryCodeID      string
	TrustedAuthTokenID  string
	AccessTokenClientID string // the client of an OAuth access token exchange

	Impersonator ImpersonatedFactor
}

// PhoneFactor names the phone that received a one-time passcode.
type PhoneFactor struct {
	ID     string
	Number PhoneNumber
}

// EmailFactor names the mailbox that received a link or a one-time passcode.
type EmailFactor struct {
	ID      string
	Address string
}

// SSOFactor names the SAML or OIDC connection that vouched for the member.
type SSOFactor struct {
	ID         string
	ProviderID string
	ExternalID string
}

// OAuthFactor names the OAuth registration that vouched for the member,
// whatever the provider; DeliveryMethod names it ("oauth_google").
type OAuthFactor struct {
	ID              string
	ProviderSubject string
	EmailID         string
}

// ImpersonatedFactor names the dashboard user who is acting as the member.
type ImpersonatedFactor struct {
	ID           string
	EmailAddress string
}

// UnmarshalJSON implements [json.Unmarshaler] of encoding/json.
func (f *Factor) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	var decoded factorObject
	if err := json.Unmarshal(b, &decoded); err != nil {
		return fmt.Errorf("jwks: decoding a factor: %w", err)
	}
	*f = Factor(decoded)
	return nil
}

// factorObject is a Factor that decodes itself from a stream. The method is not
// on the exported type because it would tie users to the decoder's version.
type factorObject Factor

// UnmarshalJSONFrom reads one factor. A value other than an object leaves the
// factor zero.
func (f *factorObject) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return lenient(readObject(dec, func(name []byte) error {
		switch string(name) { // does not allocate
		case "type":
			return readStringInto(dec, &f.Type)
		case "delivery_method":
			return readStringInto(dec, &f.DeliveryMethod)
		case "last_authenticated_at":
			return readTimeInto(dec, &f.LastAuthenticatedAt)
		case "created_at":
			return readTimeInto(dec, &f.CreatedAt)
		case "updated_at":
			return readTimeInto(dec, &f.UpdatedAt)
		case "sequence_order":
			return readStringInto(dec, &f.SequenceOrder)
		}
		return f.readDetails(dec, name)
	}))
}

// readDetails reads the object whose name and fields depend on the factor's
// type.
func (f *factorObject) readDetails(dec *jsontext.Decoder, name []byte) error {
	switch string(name) {
	case "phone_number_factor":
		return readStrings(dec,
			stringMember{"phone_id", &f.Phone.ID},
			stringMember{"phone_number", (*string)(&f.Phone.Number)})
	case "email_factor":
		return readStrings(dec,
			stringMember{"email_id", &f.Email.ID},
			stringMember{"email_address", &f.Email.Address})
	case "saml_sso_factor", "oidc_sso_factor":
		return readStrings(dec,
			stringMember{"id", &f.SSO.ID},
			stringMember{"provider_id", &f.SSO.ProviderID},
			stringMember{"external_id", &f.SSO.ExternalID})
	case "authenticator_app_factor":
		return readStrings(dec, stringMember{"totp_id", &f.TOTPID})
	case "recovery_code_factor":
		return readStrings(dec, stringMember{"totp_recovery_code_id", &f.RecoveryCodeID})
	case "trusted_auth_token_factor":
		return readStrings(dec, stringMember{"token_id", &f.TrustedAuthTokenID})
	case "oauth_access_token_exchange_factor":
		return readStrings(dec, stringMember{"client_id", &f.AccessTokenClientID})
	case "impersonated_factor":
		return readStrings(dec,
			stringMember{"impersonator_id", &f.Impersonator.ID},
			stringMember{"impersonator_email_address", &f.Impersonator.EmailAddress})
	}
	// OAuth providers come and go; their objects all look alike.
	if bytes.HasSuffix(name, []byte("_oauth_factor")) || bytes.HasSuffix(name, []byte("_oauth_exchange_factor")) {
		return readStrings(dec,
			stringMember{"id", &f.OAuth.ID},
			stringMember{"provider_subject", &f.OAuth.ProviderSubject},
			stringMember{"email_id", &f.OAuth.EmailID})
	}
	return dec.SkipValue()
}

// size returns roughly how many bytes of memory the factor takes.
func (f *factorObject) size() int {
	return int(reflect.TypeFor[factorObject]().Size()) + textSize(
		f.Type, f.DeliveryMethod, f.SequenceOrder,
		f.Phone.ID, string(f.Phone.Number),
		f.Email.ID, f.Email.Address,
		f.SSO.ID, f.SSO.ProviderID, f.SSO.ExternalID,
		f.OAuth.ID, f.OAuth.ProviderSubject, f.OAuth.EmailID,
		f.TOTPID, f.RecoveryCodeID, f.TrustedAuthTokenID, f.AccessTokenClientID,
		f.Impersonator.ID, f.Impersonator.EmailAddress)
}

// stringMember says where the string of one member goes.
type stringMember struct {
	name string
	to   *string
}

// readStrings reads an object of strings, leniently.
func readStrings(dec *jsontext.Decoder, members ...stringMember) error {
	return lenient(readObject(dec, func(name []byte) error {
		for _, m := range members {
			if string(name) == m.name {
				return readStringInto(dec, m.to)
			}
		}
		return dec.SkipValue()
	}))
}

// readStringInto reads a string, leniently.
func readStringInto(dec *jsontext.Decoder, to *string) error {
	s, err := readString(dec)
	if err == nil {
		*to = s
	}
	return lenient(err)
}

// readTimeInto reads an RFC 3339 time, leniently. The zero time counts as long
// ago wherever it is used, so a bad time can only close doors.
func readTimeInto(dec *jsontext.Decoder, to *time.Time) error {
	s, err := readString(dec)
	if err != nil {
		return lenient(err)
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		*to = t.UTC()
	}
	return nil
}
