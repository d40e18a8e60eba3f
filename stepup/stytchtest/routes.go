// The routes of the emulator, the first step of every request. The server
// builds the handler once; it passes a request to the API or to the admin API.

package stytchtest

import (
	"net/http"
	"path"
	"strings"
)

// newHandler returns the handler of the whole emulator.
func newHandler(a *api) http.Handler {
	mux := http.NewServeMux()
	f, p := mfa{a}, primary{a}
	for pattern, do := range map[string]endpoint{
		"POST /v1/b2b/otps/sms/send":                                              f.sendSMS,
		"POST /v1/b2b/otps/sms/authenticate":                                      f.authenticateSMS,
		"POST /v1/b2b/totp":                                                       f.createTOTP,
		"POST /v1/b2b/totp/authenticate":                                          f.authenticateTOTP,
		"POST /v1/b2b/recovery_codes/recover":                                     f.recover,
		"POST /v1/b2b/recovery_codes/rotate":                                      f.rotateRecoveryCodes,
		"GET /v1/b2b/recovery_codes/{organization_id}/{member_id}":                f.getRecoveryCodes,
		"POST /v1/b2b/totp/migrate":                                               f.migrateTOTP,
		"POST /v1/b2b/sessions/authenticate":                                      a.authenticateSession,
		"POST /v1/b2b/passwords/authenticate":                                     p.authenticatePassword,
		"POST /v1/b2b/magic_links/email/login_or_signup":                          p.loginOrSignup,
		"POST /v1/b2b/magic_links/authenticate":                                   p.authenticateMagicLink,
		"POST /v1/b2b/sessions/exchange":                                          p.exchangeSession,
		"POST /v1/b2b/discovery/organizations":                                    p.listOrganizations,
		"POST /v1/b2b/discovery/intermediate_sessions/exchange":                   p.exchangeLogin,
		"POST /v1/b2b/sessions/revoke":                                            a.revokeSession,
		"GET /v1/b2b/sessions":                                                    a.listSessions,
		"GET /v1/b2b/organizations/{organization_id}/member":                      a.getMember,
		"PUT /v1/b2b/organizations/{organization_id}/members/{member_id}":         a.updateMember,
		"DELETE /v1/b2b/organizations/{organization_id}/members/{first}/{second}": f.deleteFactor,
		"/": unknownRoute,
	} {
		mux.Handle(pattern, a.serve(do, a.authorized))
	}
	mux.Handle("GET /v1/b2b/sessions/jwks/{project_id}", a.serve(a.getJWKS, a.anonymousOrAuthorized))

	unknown := a.serve(unknownRoute, a.authorized)
	adminHandler := newAdminHandler(&admin{api: a})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/_emulator/"):
			adminHandler.ServeHTTP(w, r)
		case path.Clean(r.URL.Path) != r.URL.Path:
			// ServeMux would redirect to the clean path and hide the mistake
			// of a client that adds a slash too many.
			unknown.ServeHTTP(w, r)
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// unknownRoute refuses unknown paths, and known paths with another method, for
// which the service has no error type of its own.
func unknownRoute(*http.Request, []byte) (answer, *apiError) {
	return nil, refuse("route_not_found")
}
