// MemberSession, which the answers of the session and SMS calls hold.

package stytch

import (
	"time"

	"github.com/rungauth/rung/jwks"
)

// A MemberSession is a session as the service holds it. Numbers in
// CustomClaims are json.Number.
type MemberSession struct {
	MemberSessionID  string `json:"member_session_id"`
	MemberID         string `json:"member_id"`
	OrganizationID   string `json:"organization_id"`
	OrganizationSlug string `json:"organization_slug"`

	StartedAt      time.Time `json:"started_at"`
	LastAccessedAt time.Time `json:"last_accessed_at"`
	ExpiresAt      time.Time `json:"expires_at"`

	// AuthenticationFactors are the factors of the session. Session JWTs list
	// them in the same type.
	AuthenticationFactors []jwks.Factor `json:"authentication_factors"`

	Roles        []string       `json:"roles"` // role ids
	CustomClaims map[string]any `json:"custom_claims"`
}

// DeviceInfo is what the service knows about the member's device by its
// TelemetryID.
type DeviceInfo struct {
	VisitorID           string                  `json:"visitor_id"`
	VisitorIDDetails    *DeviceAttributeDetails `json:"visitor_id_details"` // nil = none
	IPAddress           string                  `json:"ip_address"`
	IPAddressDetails    *DeviceAttributeDetails `json:"ip_address_details"` // nil = none
	IPGeoCity           string                  `json:"ip_geo_city"`
	IPGeoRegion         string                  `json:"ip_geo_region"`
	IPGeoCountry        string                  `json:"ip_geo_country"`
	IPGeoCountryDetails *DeviceAttributeDetails `json:"ip_geo_country_details"` // nil = none
}

// DeviceAttributeDetails says since when an attribute of a device is known.
type DeviceAttributeDetails struct {
	IsNew       bool      `json:"is_new"`
	FirstSeenAt time.Time `json:"first_seen_at"`
	LastSeenAt  time.Time `json:"last_seen_at"`
}
