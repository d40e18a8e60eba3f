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
	var req struct {
		OrganizationID    string   `json:"organization_id"` // "" = a new one
		OrganizationName  string   `json:"organization_name"`
		OrganizationSlug  string   `json:"organization_slug"`
		MFAPolicy         string   `json:"mfa_policy"`
		AllowedMFAMethods []string `json:"allowed_mfa_methods"` // null = all
	}
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	st := ad.api.state
	st.mu.Lock()
	defer st.mu.Unlock()
	o, err := st.organizations.add(Organization{
		ID: req.OrganizationID, Name: req.OrganizationName, Slug: req.OrganizationSlug,
		MFAPolicy: req.MFAPolicy, MFAMethods: req.AllowedMFAMethods,
	})
	if err != nil {
		return nil, err
	}
	return o.json(), nil
}

// addMemberRequest has the fields of a new member. Unlike [Server.AddMember] it
// gives the member no phone number by itself: a request should show everything
// that matters.
type addMemberRequest struct {
	OrganizationID         string    `json:"organization_id"`
	EmailAddress           string    `json:"email_address"`
	Name                   string    `json:"name"`
	MFAPhoneNumber         string    `json:"mfa_phone_number"`
	MFAPhoneNumberVerified *bool     `json:"mfa_phone_number_verified"` // nil = true
	MFAEnrolled            bool      `json:"mfa_enrolled"`
	TOTP                   bool      `json:"totp"`     // an authenticator app, as by WithTOTP
	Password               string    `json:"password"` // "" = none
	Roles                  *[]string `json:"roles"`    // nil = stytch_member
	Status                 string    `json:"status"`   // "" = active
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
	m, err := st.members.add(InOrganization(&o.Organization), req.applyTo)
	if err != nil {
		return nil, err
	}
	return m.json(st.clock.now()), nil
}

// applyTo is the [MemberOption] of the request.
func (req addMemberRequest) applyTo(m *member) {
	if req.EmailAddress != "" {
		m.email.address = req.EmailAddress
	}
	if req.Name != "" {
		m.name = req.Name
	}
	m.enrolled = req.MFAEnrolled
	m.password = req.Password
	if req.Roles != nil {
		WithRoles(*req.Roles...)(m)
	}
	if req.Status != "" {
		m.status = req.Status
	}
	if req.TOTP {
		WithTOTP()(m)
	}
	m.phone.number = req.MFAPhoneNumber
	m.phone.verified = req.MFAPhoneNumber != "" &&
		(req.MFAPhoneNumberVerified == nil || *req.MFAPhoneNumberVerified)
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
