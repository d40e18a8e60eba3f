// The device that an authenticate call came from. The endpoints that accept a
// telemetry_id answer with it.

package stytchtest

import "time"

// deviceJSON is the DeviceInfo object.
type deviceJSON struct {
	VisitorID           string         `json:"visitor_id"`
	VisitorIDDetails    map[string]any `json:"visitor_id_details"`
	IPAddress           string         `json:"ip_address"`
	IPAddressDetails    map[string]any `json:"ip_address_details"`
	IPGeoCity           string         `json:"ip_geo_city"`
	IPGeoRegion         string         `json:"ip_geo_region"`
	IPGeoCountry        string         `json:"ip_geo_country"`
	IPGeoCountryDetails map[string]any `json:"ip_geo_country_details"`
}

// newDevice invents a device that was first seen now, since the emulator takes no
// fingerprints. It returns nil without a telemetry id.
func newDevice(telemetryID string, now time.Time) *deviceJSON {
	if telemetryID == "" {
		return nil
	}
	seen := func() map[string]any {
		at := wireTime(now)
		return map[string]any{"is_new": true, "first_seen_at": at, "last_seen_at": at}
	}
	return &deviceJSON{
		VisitorID:           "visitor-" + newUUID(),
		VisitorIDDetails:    seen(),
		IPAddress:           "127.0.0.1",
		IPAddressDetails:    seen(),
		IPGeoCountryDetails: seen(),
	}
}
