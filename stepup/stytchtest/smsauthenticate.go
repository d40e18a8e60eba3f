// The SMS authenticate endpoint, where a right code steps a session up. The
// routes call it through the pipeline.

package stytchtest

import (
	"net/http"
	"time"
)

// authenticateSMSRequest has all parameters of the endpoint. The duration is a
// pointer because zero is out of range while absent is not.
type authenticateSMSRequest struct {
	OrganizationID         string         `json:"organization_id"`
	MemberID               string         `json:"member_id"`
	Code                   string         `json:"code"`
	SessionDurationMinutes *int           `json:"session_duration_minutes"`
	SessionCustomClaims    map[string]any `json:"session_custom_claims"`
	SetMFAEnrollment       string         `json:"set_mfa_enrollment"`
	SetDefaultMFA          bool           `json:"set_default_mfa"`
	TelemetryID            string         `json:"telemetry_id"`
	credentials
}

// check refuses mistakes that do not depend on the member.
func (req authenticateSMSRequest) check() *apiError {
	switch {
	case req.count() == 0:
		return refuse("no_session_arguments")
	case req.count() > 1:
		return refuse("too_many_session_arguments")
	case !validCode(req.Code):
		return refuse("invalid_code")
	}
	switch req.SetMFAEnrollment {
	case "", "enroll", "unenroll":
	default:
		return refuseBecause("invalid_argument", "set_mfa_enrollment must be enroll or unenroll.")
	}
	return checkDuration(req.SessionDurationMinutes)
}

// smsAnswer is the answer. The device is null unless the request has a
// telemetry_id.
type smsAnswer struct {
	sessionAnswer
	MemberDevice *deviceJSON `json:"member_device"`
}

// authenticateSMS is POST /v1/b2b/otps/sms/authenticate.
// https://stytch.com/docs/api-reference/b2b/api/mfa/otp/authenticate-sms-otp
//
// It looks at the code last, so that a request with another mistake neither uses
// the code up nor counts as a failure.
func (a *api) authenticateSMS(r *http.Request, body []byte) (answer, *apiError) {
	var req authenticateSMSRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	a.state.mu.Lock()
	defer a.state.mu.Unlock()
	m, err := a.findOTPMember(req.OrganizationID, req.MemberID)
	if err != nil {
		return nil, err
	}
	ss, l, err := a.findOrBeginSession(m, req.credentials)
	if err != nil {
		return nil, err
	}
	claims, err := mergeClaims(ss.claims, req.SessionCustomClaims)
	if err != nil {
		return nil, err
	}
	now := a.state.clock.now()
	if err := m.passcodes.redeem(req.Code, now); err != nil {
		return nil, err
	}
	if l != nil {
		a.state.logins.consume(l)
		a.state.sessions.keep(ss)
	}
	if req.SessionDurationMinutes != nil {
		ss.claims = claims // "only created … by providing a value in session_duration_minutes"
	}
	req.applyTo(m)
	m.updated = now
	ss.prove(newFactor(a.ids, m, "otp", "sms", now))
	ss.accessed = now
	ss.expires = now.Add(sessionLife(req.SessionDurationMinutes))
	out := &smsAnswer{sessionAnswer: a.sessionAnswer(ss), MemberDevice: newDevice(req.TelemetryID, now)}
	out.SessionToken = a.answeredToken(ss, req.SessionJWT != "")
	return out, nil
}

// findOrBeginSession returns the session to step up. For an intermediate session
// token that is a new session, not kept yet, and the login that it comes from;
// otherwise the login is nil. state.mu must be held.
func (a *api) findOrBeginSession(m *member, c credentials) (*session, *login, *apiError) {
	if c.IntermediateSessionToken == "" {
		ss, err := a.findSessionOf(m, c)
		return ss, nil, err
	}
	l, err := a.state.logins.find(m, c.IntermediateSessionToken)
	if err != nil {
		return nil, nil, err
	}
	return a.state.sessions.begin(m, l.factors), l, nil
}

// applyTo changes the member as a right code does.
func (req authenticateSMSRequest) applyTo(m *member) {
	m.phone.verified = true
	switch {
	case m.organization.MFAPolicy == "REQUIRED_FOR_ALL":
		m.enrolled = true // set_mfa_enrollment is ignored
	case req.SetMFAEnrollment != "":
		m.enrolled = req.SetMFAEnrollment == "enroll"
	}
	if req.SetDefaultMFA || m.defaultMFA == "" {
		m.defaultMFA = "sms_otp"
	}
}

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
