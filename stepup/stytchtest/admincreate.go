// The admin endpoints that create organizations, members and sessions. The
// admin routes call them; they do the work of AddOrganization, AddMember and
// SignIn for tests in other languages.

package stytchtest

import (
	"net/http"
	"time"
)

// addOrganization is POST /_emulator/organizations. The answer is the Organization
// object.
func (ad *admin) addOrganization(r *http.Request, body []byte) (any, *apiError) {
	var req organizationFields
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	st := ad.api.state
	st.mu.Lock()
	defer st.mu.Unlock()
	o, err := st.organizations.add(req.organization())
	if err != nil {
		return nil, err
	}
	return o.json(), nil
}

// addMemberRequest names an organization and the fields of a new member.
type addMemberRequest struct {
	OrganizationID string `json:"organization_id"`
	memberFields
}

// addMember is POST /_emulator/members. The answer is the Member object.
func (ad *admin) addMember(r *http.Request, body []byte) (any, *apiError) {
	var req addMemberRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	st := ad.api.state
	st.mu.Lock()
	defer st.mu.Unlock()
	o, err := st.organizations.find(req.OrganizationID)
	if err != nil {
		return nil, err
	}
	m, err := req.addTo(&st.members, o)
	if err != nil {
		return nil, err
	}
	return m.json(st.clock.now()), nil
}

// signInRequest names a member and the options of [Server.SignIn].
type signInRequest struct {
	OrganizationID         string         `json:"organization_id"`
	MemberID               string         `json:"member_id"`
	SessionDurationMinutes *int           `json:"session_duration_minutes"`
	SessionCustomClaims    map[string]any `json:"session_custom_claims"`
	Impersonated           bool           `json:"impersonated"`
	JWTAgeSeconds          int64          `json:"jwt_age_seconds"`
	Factors                []struct {
		Type           string `json:"type"`
		DeliveryMethod string `json:"delivery_method"`
		AgeSeconds     int64  `json:"age_seconds"`
	} `json:"factors"`
}

// signIn is POST /_emulator/sessions. The answer is a session and its tokens.
func (ad *admin) signIn(r *http.Request, body []byte) (any, *apiError) {
	var req signInRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := checkDuration(req.SessionDurationMinutes); err != nil {
		return nil, err
	}
	out, err := ad.startSession(req)
	if err != nil {
		return nil, err
	}
	ad.api.issue(&out, "")
	return map[string]any{
		"session_jwt":    out.SessionJWT,
		"session_token":  out.SessionToken,
		"member_session": out.MemberSession,
	}, nil
}

// startSession starts the session and prepares its answer. signIn has the JWT
// signed without the lock, since signing is slow.
func (ad *admin) startSession(req signInRequest) (sessionAnswer, *apiError) {
	st := ad.api.state
	st.mu.Lock()
	defer st.mu.Unlock()
	m, err := st.findMember(req.OrganizationID, req.MemberID)
	if err != nil {
		return sessionAnswer{}, err
	}
	in := req.options()
	ss, err := st.sessions.start(m, in)
	if err != nil {
		return sessionAnswer{}, err
	}
	out := ad.api.sessionAnswer(ss)
	now := st.clock.now()
	out.claims = sessionClaims(ad.api.settings(), ss, now.Add(-in.jwtAge), now)
	return out, nil
}

// options turns the request into the options of [Server.SignIn].
func (req signInRequest) options() signInOptions {
	in := signInOptions{
		duration:     sessionLife(req.SessionDurationMinutes),
		jwtAge:       time.Duration(req.JWTAgeSeconds) * time.Second,
		claims:       req.SessionCustomClaims,
		impersonated: req.Impersonated,
	}
	for _, f := range req.Factors {
		age := time.Duration(f.AgeSeconds) * time.Second
		in.factors = append(in.factors, factorAge{f.Type, f.DeliveryMethod, age})
	}
	return in
}
