package stytchtest

import (
	"net/http"
	"time"
)

// authenticateSMSRequest is the whole request of authenticate. The duration is a
// pointer since an explicit zero is out of range, and absent is not.
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

// check looks at what can be judged without the member.
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

// smsAnswer is the answer of an OTP authentication. The device is null unless a
// telemetry_id came with the request.
type smsAnswer struct {
	sessionAnswer
	MemberDevice *deviceJSON `json:"member_device"`
}

// authenticateSMS is POST /v1/b2b/otps/sms/authenticate.
// https://stytch.com/docs/api-reference/b2b/api/mfa/otp/authenticate-sms-otp
//
// The code is looked at last: a request that is wrong in any other way neither
// uses it up nor counts as a failure.
func (s *Server) authenticateSMS(r *http.Request, body []byte) (answer, *apiError) {
	var req authenticateSMSRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	m, err := s.otpMember(req.OrganizationID, req.MemberID)
	if err != nil {
		return nil, err
	}
	var ss *session
	var l *login
	if req.IntermediateSessionToken != "" {
		l, err = s.state.logins.find(m, req.IntermediateSessionToken)
	} else {
		ss, err = s.findSession(m, req.credentials)
	}
	if err != nil {
		return nil, err
	}
	if l != nil {
		ss = s.state.sessions.begin(m, l.factors)
	}
	claims, err := mergeClaims(ss.claims, req.SessionCustomClaims)
	if err != nil {
		return nil, err
	}
	if err := m.passcodes.redeem(req.Code, s.state.clock.now()); err != nil {
		return nil, err
	}
	if l != nil {
		s.state.logins.consume(l)
		s.state.sessions.byID[ss.id] = ss
	}
	if req.SessionDurationMinutes != nil {
		ss.claims = claims // "only created … by providing a value in session_duration_minutes"
	}
	s.stepUp(ss, req)
	out := &smsAnswer{sessionAnswer: s.sessionAnswer(ss), MemberDevice: s.device(req.TelemetryID)}
	out.SessionToken = s.answeredToken(ss, req.SessionJWT != "")
	return out, nil
}

// stepUp is what a right code does to the member and the session.
func (s *Server) stepUp(ss *session, req authenticateSMSRequest) {
	m, now := ss.member, s.state.clock.now()
	m.phone.verified = true
	m.updated = now
	switch {
	case m.organization.MFAPolicy == "REQUIRED_FOR_ALL":
		m.enrolled = true // and set_mfa_enrollment is ignored
	case req.SetMFAEnrollment != "":
		m.enrolled = req.SetMFAEnrollment == "enroll"
	}
	if req.SetDefaultMFA || m.defaultMFA == "" {
		m.defaultMFA = "sms_otp"
	}
	ss.prove(newFactor(s.ids, m, "otp", "sms", now))
	ss.accessed = now
	ss.expires = now.Add(defaultSessionLife)
	if req.SessionDurationMinutes != nil {
		ss.expires = now.Add(time.Duration(*req.SessionDurationMinutes) * time.Minute)
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

// device invents a device: nothing here takes fingerprints.
func (s *Server) device(telemetryID string) *deviceJSON {
	if telemetryID == "" {
		return nil
	}
	seen := func() map[string]any {
		at := wireTime(s.state.clock.now())
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
