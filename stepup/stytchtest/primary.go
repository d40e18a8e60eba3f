// The steps that the endpoints of primary authentication share: what a member has
// proved before, and whether that is enough for a session. The routes call the
// endpoints, which are in the files named after them.

package stytchtest

import (
	"encoding/json"
	"time"
)

// primary has the endpoints of primary authentication. It works on the same parts as
// api.
type primary struct{ *api }

// primaryRequest has the parameters that all of these endpoints share.
type primaryRequest struct {
	SessionDurationMinutes *int           `json:"session_duration_minutes"`
	SessionCustomClaims    map[string]any `json:"session_custom_claims"`
	Locale                 string         `json:"locale"`
	TelemetryID            string         `json:"telemetry_id"`
}

// check refuses mistakes that do not depend on the member.
func (req primaryRequest) check() *apiError {
	if !validLocale(req.Locale) {
		return refuse("invalid_locale")
	}
	return checkDuration(req.SessionDurationMinutes)
}

// entry is a member on the way in: what the call says and what was proved before it.
type entry struct {
	request primaryRequest
	member  *member
	session *session // of the member, alive; nil = none was given
	byJWT   bool     // the session was given by its JWT
	login   *login   // of the member; nil = none was given
	claims  map[string]json.RawMessage
	now     time.Time
}

// enter finds what the credentials say that m has proved before. A session of another
// member is ignored, as documented for magic links. state.mu must be held.
// https://stytch.com/docs/api-reference/b2b/api/email-magic-links/authenticate-magic-link
func (p primary) enter(m *member, c credentials, req primaryRequest) (*entry, *apiError) {
	e := &entry{request: req, member: m, now: p.state.clock.now()}
	var err *apiError
	switch {
	case c.count() > 1:
		return nil, refuse("too_many_session_arguments")
	case c.IntermediateSessionToken != "":
		e.login, err = p.state.logins.find(m, c.IntermediateSessionToken)
	case c.count() == 1:
		e.session, err = p.findSession(c.SessionToken, c.SessionJWT)
	}
	if err != nil {
		return nil, err
	}
	if e.session != nil && e.session.member != m {
		e.session = nil
	}
	e.byJWT = c.SessionJWT != ""
	return e, p.check(e)
}

// check refuses an entry of a locked member and one whose claims are not valid.
func (p primary) check(e *entry) *apiError {
	if e.member.lock.locked(e.now) {
		return refuse("user_lock_limit_reached")
	}
	var held map[string]json.RawMessage
	if e.session != nil {
		held = e.session.claims
	}
	var err *apiError
	e.claims, err = mergeClaims(held, e.request.SessionCustomClaims)
	return err
}

// admit lets the member in, or has it wait for another factor. proved are the factors
// that the call has added to those from before. state.mu must be held.
func (p primary) admit(e *entry, proved ...*factor) *primaryAnswer {
	var factors []*factor
	switch {
	case e.session != nil:
		factors = copyFactors(e.session.factors)
	case e.login != nil:
		factors = e.login.factors
	}
	for _, f := range proved {
		factors = withProved(factors, f)
	}
	e.member.updated = e.now
	if missing := missingFrom(e.member, factors); missing.any() {
		return p.wait(e, factors, missing)
	}
	return p.letIn(e, factors)
}

// letIn answers with a session that has the factors. Only now do failures before it no
// longer count, or a thief who has the password could guess codes without end.
func (p primary) letIn(e *entry, factors []*factor) *primaryAnswer {
	ss := e.session
	if ss == nil {
		ss = p.state.sessions.begin(e.member, nil)
		p.state.sessions.keep(ss)
	}
	if e.login != nil {
		p.state.logins.consume(e.login)
	}
	if e.request.SessionDurationMinutes != nil {
		ss.claims = e.claims // as at the endpoints of second factors
	}
	ss.factors = factors
	ss.accessed = e.now
	ss.expires = e.now.Add(sessionLife(e.request.SessionDurationMinutes))
	_ = e.member.lock.count(nil, e.now)
	out := &primaryAnswer{
		sessionAnswer:       p.sessionAnswer(ss),
		MemberAuthenticated: true,
		MemberDevice:        newDevice(e.request.TelemetryID, e.now),
	}
	out.SessionToken = p.answeredToken(ss, e.byJWT)
	return out
}

// wait answers with an intermediate session token: the one of the call, or a new one.
// Duration and claims are ignored, and a session of the call stays as it is.
func (p primary) wait(e *entry, factors []*factor, missing requirements) *primaryAnswer {
	l := e.login
	if l == nil {
		l = p.state.logins.start(e.member)
	}
	l.member, l.factors = e.member, factors
	if missing.MFARequired != nil && textsByItself(e.member) {
		initiated := "sms_otp"
		missing.MFARequired.SecondaryAuthInitiated = &initiated
		p.state.text(e.member, e.request.Locale)
	}
	return &primaryAnswer{
		sessionAnswer:                     sessionAnswer{memberAnswer: *p.memberAnswer(e.member)},
		requirements:                      missing,
		IntermediateSessionToken:          l.token,
		IntermediateSessionTokenExpiresAt: wireTimeOrNull(l.expires),
		MemberDevice:                      newDevice(e.request.TelemetryID, e.now),
	}
}

// textsByItself reports whether a login has a code sent to m without being asked. The
// service does so for members with a phone number, even one that is not verified yet,
// as its own login page says. That members who prefer their authenticator app get none
// is inferred.
func textsByItself(m *member) bool {
	return m.phone.number != "" && m.defaultMFA != "totp" && m.organization.allowsMFA("sms_otp")
}
