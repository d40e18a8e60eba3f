package stytchtest

import (
	"crypto/subtle"
	"net/http"
	"path"
	"strings"
)

// routes builds the handler of the whole emulator.
func (s *Server) routes() http.Handler {
	api := http.NewServeMux()
	for pattern, do := range map[string]endpoint{
		"POST /v1/b2b/otps/sms/send":                                                           s.sendSMS,
		"POST /v1/b2b/otps/sms/authenticate":                                                   s.authenticateSMS,
		"POST /v1/b2b/sessions/authenticate":                                                   s.authenticateSession,
		"POST /v1/b2b/sessions/revoke":                                                         s.revokeSession,
		"GET /v1/b2b/sessions":                                                                 s.listSessions,
		"GET /v1/b2b/organizations/{organization_id}/member":                                   s.getMember,
		"PUT /v1/b2b/organizations/{organization_id}/members/{member_id}":                      s.updateMember,
		"DELETE /v1/b2b/organizations/{organization_id}/members/mfa_phone_numbers/{member_id}": s.deletePhone,
		"/": unknownRoute,
	} {
		api.Handle(pattern, s.serve(do, s.authorized))
	}
	api.Handle("GET /v1/b2b/sessions/jwks/{project_id}", s.serve(s.jwks, s.anonymousOrAuthorized))

	unknown := s.serve(unknownRoute, s.authorized)
	admin := s.adminRoutes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/_emulator/"):
			admin.ServeHTTP(w, r)
		case path.Clean(r.URL.Path) != r.URL.Path:
			// ServeMux would redirect to the clean path. A client that adds a
			// slash too many should hear of it.
			unknown.ServeHTTP(w, r)
		default:
			api.ServeHTTP(w, r)
		}
	})
}

// unknownRoute is also where a known path with another method ends up: the service
// names no error of its own for that.
func unknownRoute(*http.Request, []byte) (answer, *apiError) {
	return nil, refuse("route_not_found")
}

// authorized checks the Basic credentials: project id and secret.
func (s *Server) authorized(r *http.Request) bool {
	project, secret, ok := r.BasicAuth()
	return ok && subtle.ConstantTimeCompare([]byte(project+"\x00"+secret), []byte(s.ProjectID+"\x00"+s.Secret)) == 1
}

// anonymousOrAuthorized is for the JWKS, which most SDKs fetch without
// credentials and the Ruby SDK with them. Wrong ones are a mistake all the same.
func (s *Server) anonymousOrAuthorized(r *http.Request) bool {
	return r.Header.Get("Authorization") == "" || s.authorized(r)
}

// serve runs one API call and logs it.
func (s *Server) serve(do endpoint, allowed func(*http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := readBody(w, r)
		call := Call{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Body: body}
		out := s.reply(r.Context(), s.faults.take(r.URL.Path), func(t Tamper) *reply {
			if err != nil {
				return s.failure(err)
			}
			return s.call(do, allowed, r, body, t)
		})
		if out != nil {
			call.Status, call.ErrorType = out.status, out.errorType
		}
		s.calls.add(call)
		if out == nil {
			panic(http.ErrAbortHandler) // closes the connection without an answer
		}
		out.write(w)
	})
}

// call does what the request asks for and signs what needs a signature.
func (s *Server) call(do endpoint, allowed func(*http.Request) bool, r *http.Request, body []byte, t Tamper) *reply {
	if !allowed(r) {
		return s.failure(refuse("unauthorized_credentials"))
	}
	a, err := do(r, body)
	if err != nil {
		return s.failure(err)
	}
	if a, ok := a.(interface{ issued() *sessionAnswer }); ok {
		s.complete(a.issued(), t)
	}
	return s.success(a)
}
