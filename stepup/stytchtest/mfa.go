// The steps that the endpoints of all second factors share, around the check of the
// code itself. The routes call the endpoints, which are in the files named after
// them.

package stytchtest

import (
	"encoding/json"
	"time"
)

// mfa has the endpoints of second factors. It works on the same parts as api.
type mfa struct{ *api }

// mfaRequest has the parameters that all authenticate endpoints of second factors
// share. The duration is a pointer because zero is out of range while absent is not.
type mfaRequest struct {
	OrganizationID         string         `json:"organization_id"`
	MemberID               string         `json:"member_id"`
	SessionDurationMinutes *int           `json:"session_duration_minutes"`
	SessionCustomClaims    map[string]any `json:"session_custom_claims"`
	TelemetryID            string         `json:"telemetry_id"`
	credentials
}

// check refuses mistakes that do not depend on the member.
func (req mfaRequest) check() *apiError {
	switch {
	case req.count() == 0:
		return refuse("no_session_arguments")
	case req.count() > 1:
		return refuse("too_many_session_arguments")
	}
	return checkDuration(req.SessionDurationMinutes)
}

// enrollment are the parameters with which a right code changes the member.
type enrollment struct {
	SetMFAEnrollment string `json:"set_mfa_enrollment"`
	SetDefaultMFA    bool   `json:"set_default_mfa"`
}

func (e enrollment) check() *apiError {
	switch e.SetMFAEnrollment {
	case "", "enroll", "unenroll":
		return nil
	}
	return refuseBecause("invalid_argument", "set_mfa_enrollment must be enroll or unenroll.")
}

// applyTo changes the member as a right code of the method does.
func (e enrollment) applyTo(m *member, method string) {
	switch {
	case m.organization.MFAPolicy == "REQUIRED_FOR_ALL":
		m.enrolled = true // set_mfa_enrollment is ignored
	case e.SetMFAEnrollment != "":
		m.enrolled = e.SetMFAEnrollment == "enroll"
	}
	if e.SetDefaultMFA || m.defaultMFA == "" {
		m.defaultMFA = method
	}
}

// attempt is an authenticate call whose code has yet to be checked. Its endpoint
// looks at the code last, so that a request with another mistake neither uses the
// code up nor counts as a failure.
type attempt struct {
	request mfaRequest
	member  *member
	session *session
	login   *login                     // that becomes the session; nil = the session exists
	claims  map[string]json.RawMessage // of the session afterward
	now     time.Time
}

// begin finds the member and the session that a request is about. state.mu must be held.
func (f mfa) begin(req mfaRequest, method string) (*attempt, *apiError) {
	m, err := f.findUnlocked(req.OrganizationID, req.MemberID, method)
	if err != nil {
		return nil, err
	}
	try := &attempt{request: req, member: m, now: f.state.clock.now()}
	if req.IntermediateSessionToken == "" {
		try.session, err = f.findSessionOf(m, req.credentials)
	} else if try.login, err = f.state.logins.findWithPrimary(m, req.IntermediateSessionToken); err == nil {
		try.session = f.state.sessions.begin(m, try.login.factors)
	}
	if err != nil {
		return nil, err
	}
	try.claims, err = mergeClaims(try.session.claims, req.SessionCustomClaims)
	return try, err
}

// mfaAnswer is the answer to an authenticate call. The device is null unless the
// request has a telemetry_id.
type mfaAnswer struct {
	sessionAnswer
	MemberDevice *deviceJSON `json:"member_device"`
}

// finish adds the factor that was proved to the session. state.mu must be held.
func (f mfa) finish(try *attempt, proved *factor) *mfaAnswer {
	req, ss := try.request, try.session
	if try.login != nil {
		f.state.logins.consume(try.login)
		f.state.sessions.keep(ss)
	}
	if req.SessionDurationMinutes != nil {
		ss.claims = try.claims // "only created … by providing a value in session_duration_minutes"
	}
	try.member.updated = try.now
	ss.factors = withProved(ss.factors, proved)
	ss.accessed = try.now
	ss.expires = try.now.Add(sessionLife(req.SessionDurationMinutes))
	out := &mfaAnswer{sessionAnswer: f.sessionAnswer(ss), MemberDevice: newDevice(req.TelemetryID, try.now)}
	out.SessionToken = f.answeredToken(ss, req.SessionJWT != "")
	return out
}

// findMember finds a member that may have and use this second factor. state.mu must
// be held.
func (f mfa) findMember(organizationRef, memberID, method string) (*member, *apiError) {
	m, err := f.state.findMember(organizationRef, memberID)
	if err != nil {
		return nil, err
	}
	switch {
	case m.status != "active":
		return nil, refuse("action_available_only_for_active_members")
	case !m.organization.allowsMFA(method):
		return nil, refuse("operation_restricted_by_organization_mfa_methods")
	}
	return m, nil
}

// findUnlocked is findMember for calls that a lock stops: those that check a code,
// and those that send one, or an attacker could have a member texted forever.
// state.mu must be held.
func (f mfa) findUnlocked(organizationRef, memberID, method string) (*member, *apiError) {
	m, err := f.findMember(organizationRef, memberID, method)
	if err == nil && m.lock.locked(f.state.clock.now()) {
		return nil, refuse("user_lock_limit_reached")
	}
	return m, err
}

// findSessionOf returns the session that a request names by token or JWT. It must
// be a session of m. state.mu must be held.
func (f mfa) findSessionOf(m *member, c credentials) (*session, *apiError) {
	ss, err := f.findSession(c.SessionToken, c.SessionJWT)
	if err != nil {
		return nil, err
	}
	if ss.member != m {
		return nil, refuse("member_session_member_id_mismatch")
	}
	return ss, nil
}

// checkBypass refuses a request that could get around a second factor that m already
// has: "If the Member already has an active MFA factor, then passing an intermediate
// session token, session token, or session JWT with the existing MFA factor on it is
// required to prevent bypassing MFA." Unless literally, a session without that factor
// is enough. Other members need no session, but one that is given must be theirs.
// state.mu must be held.
func (f mfa) checkBypass(m *member, c credentials, literally bool) *apiError {
	factors, err := f.provenFactors(m, c)
	if err != nil {
		return err
	}
	proven := hasOrder(factors, "SECONDARY")
	if m.hasActiveFactor() && (c.count() == 0 || literally && !proven) {
		return refuse("session_enforced_factor_matching_session_required")
	}
	return nil
}

// provenFactors returns the factors of the session or login that a request names. It
// must belong to m. Without credentials there are no factors. state.mu must be held.
func (f mfa) provenFactors(m *member, c credentials) ([]*factor, *apiError) {
	switch {
	case c.count() == 0:
		return nil, nil
	case c.count() > 1:
		return nil, refuse("too_many_session_arguments")
	case c.IntermediateSessionToken != "":
		l, err := f.state.logins.findWithPrimary(m, c.IntermediateSessionToken)
		if err != nil {
			return nil, err
		}
		return l.factors, nil
	}
	ss, err := f.findSessionOf(m, c)
	if err != nil {
		return nil, err
	}
	return ss.factors, nil
}
