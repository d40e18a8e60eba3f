package stytchtest

import (
	"net"
	"net/http"
	"time"
)

// adminRoutes serves what a test in another language needs and the service does
// not have: /_emulator/. It takes no credentials; who reaches it may do anything.
func (s *Server) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	for pattern, do := range map[string]adminEndpoint{
		"POST /_emulator/organizations": s.adminAddOrganization,
		"POST /_emulator/members":       s.adminAddMember,
		"POST /_emulator/sessions":      s.adminSignIn,
		"GET /_emulator/messages":       s.adminMessages,
		"GET /_emulator/calls":          s.adminCalls,
		"POST /_emulator/keys/rotate":   s.adminRotateKeys,
		"POST /_emulator/faults":        s.adminFail,
		"POST /_emulator/clock":         s.adminAdvance,
		"/_emulator/":                   adminUnknownRoute,
	} {
		mux.Handle(pattern, s.administer(do))
	}
	mux.Handle("GET /_emulator/phone", s.phonePage())
	mux.Handle("GET /_emulator/phone/", phoneFiles())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !localHost(r.Host) {
			s.failure(&apiError{
				status:  http.StatusForbidden,
				kind:    "forbidden_host",
				message: "The admin API answers to loopback names only.",
			}).write(w)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// localHost reports whether a Host header is one that only this machine's own
// programs send. A web page on the internet can point a name of its own at
// 127.0.0.1 and would then be same-origin with the admin API, but its requests
// still carry that name (DNS rebinding).
func localHost(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	return loopback(host) || "https://"+host == inProcessURL
}

// An adminEndpoint does one admin call and returns what to write as JSON.
type adminEndpoint func(r *http.Request, body []byte) (any, *apiError)

// administer runs one admin call. A POST must be declared as JSON, which decode
// checks: a page of another origin can not send that without a preflight, and no
// preflight is answered here.
func (s *Server) administer(do adminEndpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := readBody(w, r)
		if err != nil {
			s.failure(err).write(w)
			return
		}
		result, err := do(r, body)
		if err != nil {
			s.failure(err).write(w)
			return
		}
		jsonReply(http.StatusOK, result).write(w)
	})
}

// adminUnknownRoute answers like the API, so that a misspelt path is JSON and not
// the text of ServeMux.
func adminUnknownRoute(*http.Request, []byte) (any, *apiError) {
	return nil, refuse("route_not_found")
}

// adminAddOrganization is POST /_emulator/organizations. The answer is the
// Organization object.
func (s *Server) adminAddOrganization(r *http.Request, body []byte) (any, *apiError) {
	var req struct {
		OrganizationName string `json:"organization_name"`
		OrganizationSlug string `json:"organization_slug"`
		MFAPolicy        string `json:"mfa_policy"`
	}
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	o, err := s.state.organizations.add(Organization{
		Name: req.OrganizationName, Slug: req.OrganizationSlug, MFAPolicy: req.MFAPolicy,
	})
	if err != nil {
		return nil, err
	}
	return o.json(), nil
}

// adminAddMember is POST /_emulator/members. The answer is the Member object.
// Unlike [Server.AddMember] it gives no phone number to a member for whom none is
// named: a request should hold what it is about.
func (s *Server) adminAddMember(r *http.Request, body []byte) (any, *apiError) {
	var req struct {
		OrganizationID         string `json:"organization_id"`
		EmailAddress           string `json:"email_address"`
		Name                   string `json:"name"`
		MFAPhoneNumber         string `json:"mfa_phone_number"`
		MFAPhoneNumberVerified *bool  `json:"mfa_phone_number_verified"`
		MFAEnrolled            bool   `json:"mfa_enrolled"`
	}
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	o, err := s.state.organizations.find(req.OrganizationID)
	if err != nil {
		return nil, err
	}
	m, err := s.state.members.add(InOrganization(&o.Organization), func(m *member) {
		if req.EmailAddress != "" {
			m.email = req.EmailAddress
		}
		if req.Name != "" {
			m.name = req.Name
		}
		m.enrolled = req.MFAEnrolled
		m.phone.number = req.MFAPhoneNumber
		m.phone.verified = req.MFAPhoneNumber != "" &&
			(req.MFAPhoneNumberVerified == nil || *req.MFAPhoneNumberVerified)
	})
	if err != nil {
		return nil, err
	}
	return m.json(s.state.clock.now()), nil
}

// adminSignIn is POST /_emulator/sessions: a login, with the options of
// [Server.SignIn].
func (s *Server) adminSignIn(r *http.Request, body []byte) (any, *apiError) {
	var req struct {
		OrganizationID         string `json:"organization_id"`
		MemberID               string `json:"member_id"`
		SessionDurationMinutes *int   `json:"session_duration_minutes"`
		Impersonated           bool   `json:"impersonated"`
		JWTAgeSeconds          int64  `json:"jwt_age_seconds"`
		Factors                []struct {
			Type           string `json:"type"`
			DeliveryMethod string `json:"delivery_method"`
			AgeSeconds     int64  `json:"age_seconds"`
		} `json:"factors"`
	}
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := checkDuration(req.SessionDurationMinutes); err != nil {
		return nil, err
	}
	in := signInOptions{
		duration:     defaultSessionLife,
		jwtAge:       time.Duration(req.JWTAgeSeconds) * time.Second,
		impersonated: req.Impersonated,
	}
	if req.SessionDurationMinutes != nil {
		in.duration = time.Duration(*req.SessionDurationMinutes) * time.Minute
	}
	for _, f := range req.Factors {
		age := time.Duration(f.AgeSeconds) * time.Second
		in.factors = append(in.factors, factorAge{f.Type, f.DeliveryMethod, age})
	}
	answer, err := s.adminStartSession(req.OrganizationID, req.MemberID, in)
	if err != nil {
		return nil, err
	}
	s.complete(&answer, "")
	return map[string]any{
		"session_jwt":    answer.SessionJWT,
		"session_token":  answer.SessionToken,
		"member_session": answer.MemberSession,
	}, nil
}

// adminStartSession starts the session and prepares the answer, whose JWT is
// signed once the lock is released.
func (s *Server) adminStartSession(organizationID, memberID string, in signInOptions) (sessionAnswer, *apiError) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	o, err := s.state.organizations.find(organizationID)
	if err != nil {
		return sessionAnswer{}, err
	}
	m, err := s.state.members.find(o, memberID)
	if err != nil {
		return sessionAnswer{}, err
	}
	ss, err := s.state.sessions.start(m, in)
	if err != nil {
		return sessionAnswer{}, err
	}
	answer := s.sessionAnswer(ss)
	answer.claims = s.claimsAt(ss, in.jwtAge)
	return answer, nil
}

// adminMessages is GET /_emulator/messages, newest last.
func (s *Server) adminMessages(r *http.Request, _ []byte) (any, *apiError) {
	type messageJSON struct {
		MemberID    string `json:"member_id"`
		PhoneNumber string `json:"phone_number"`
		Code        string `json:"code"`
		Locale      string `json:"locale"`
		SentAt      string `json:"sent_at"`
	}
	if err := checkQuery(r.URL.Query(), "member_id"); err != nil {
		return nil, err
	}
	messages := []messageJSON{}
	for _, m := range s.Messages(r.URL.Query().Get("member_id")) {
		messages = append(messages, messageJSON{m.MemberID, m.PhoneNumber, m.Code, m.Locale, wireTime(m.SentAt)})
	}
	return map[string]any{"messages": messages}, nil
}

// adminCalls is GET /_emulator/calls. It leaves out what the requests held: a log
// that a test prints on failure ends up in build logs.
func (s *Server) adminCalls(*http.Request, []byte) (any, *apiError) {
	type callJSON struct {
		Method    string `json:"method"`
		Path      string `json:"path"`
		Status    int    `json:"status"`
		ErrorType string `json:"error_type"`
		At        string `json:"at"`
	}
	calls := []callJSON{}
	for _, c := range s.Calls() {
		calls = append(calls, callJSON{c.Method, c.Path, c.Status, c.ErrorType, c.At.UTC().Format(time.RFC3339Nano)})
	}
	return map[string]any{"calls": calls}, nil
}
