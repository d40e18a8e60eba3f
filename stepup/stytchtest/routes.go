// The routes of the emulator, the first step of every request. The server
// builds the handler once; it passes a request to the API or to the admin API.

package stytchtest

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// newHandler returns the handler of the whole emulator.
func newHandler(a *api) http.Handler {
	mux := http.NewServeMux()
	f, p := mfa{a}, primary{a}
	for pattern, do := range map[string]endpoint{
		"POST /v1/b2b/otps/sms/send":                                      f.sendSMS,
		"POST /v1/b2b/otps/sms/authenticate":                              f.authenticateSMS,
		"POST /v1/b2b/totp":                                               f.createTOTP,
		"POST /v1/b2b/totp/authenticate":                                  f.authenticateTOTP,
		"POST /v1/b2b/recovery_codes/recover":                             f.recover,
		"POST /v1/b2b/recovery_codes/rotate":                              f.rotateRecoveryCodes,
		"GET /v1/b2b/recovery_codes/{organization_id}/{member_id}":        f.getRecoveryCodes,
		"POST /v1/b2b/totp/migrate":                                       f.migrateTOTP,
		"POST /v1/b2b/sessions/authenticate":                              a.authenticateSession,
		"POST /v1/b2b/passwords/authenticate":                             p.authenticatePassword,
		"POST /v1/b2b/magic_links/email/login_or_signup":                  p.loginOrSignup,
		"POST /v1/b2b/magic_links/authenticate":                           p.authenticateMagicLink,
		"POST /v1/b2b/sessions/exchange":                                  p.exchangeSession,
		"POST /v1/b2b/discovery/organizations":                            p.listOrganizations,
		"POST /v1/b2b/discovery/intermediate_sessions/exchange":           p.exchangeLogin,
		"POST /v1/b2b/sessions/revoke":                                    a.revokeSession,
		"GET /v1/b2b/sessions":                                            a.listSessions,
		"GET /v1/b2b/organizations/{organization_id}/member":              a.getMember,
		"PUT /v1/b2b/organizations/{organization_id}/members/{member_id}": a.updateMember,
	} {
		mux.Handle(pattern, a.serve(do, a.authorized))
	}
	mux.Handle("GET /v1/b2b/sessions/jwks/{project_id}", a.serve(a.getJWKS, a.anonymousOrAuthorized))

	other := a.serve(nil, notImitated)
	mux.Handle("/", other)
	mux.Handle("DELETE /v1/b2b/organizations/{organization_id}/members/{first}/{second}", deleteHandler(f, other))
	adminHandler := newAdminHandler(&admin{api: a})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch at := r.URL.Path; {
		case at == "/_emulator" || strings.HasPrefix(at, "/_emulator/"):
			adminHandler.ServeHTTP(w, r)
			return
		case at == "/healthz":
			healthy(w, r)
			return
		}
		r = withoutSpareSlashes(r)
		if escaped := r.URL.EscapedPath(); path.Clean(escaped) != escaped {
			other.ServeHTTP(w, r) // ServeMux would redirect from a/../b to b
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// healthy is /healthz: it answers as soon as the server does. It takes no credentials and
// is in no log.
func healthy(w http.ResponseWriter, _ *http.Request) {
	jsonReply(http.StatusOK, map[string]any{"status": "ok"}).write(w)
}

// deleteHandler returns the handler of DELETE
// /v1/b2b/organizations/{organization_id}/members/ with mfa_phone_numbers/{member_id} or
// {member_id}/totp, which are one pattern to ServeMux.
func deleteHandler(f mfa, other http.Handler) http.Handler {
	phone, app := f.serve(f.deletePhone, f.authorized), f.serve(f.deleteTOTP, f.authorized)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch first, second := r.PathValue("first"), r.PathValue("second"); {
		case first == "mfa_phone_numbers":
			r.SetPathValue("member_id", second)
			phone.ServeHTTP(w, r)
		case second == "totp":
			r.SetPathValue("member_id", first)
			app.ServeHTTP(w, r)
		default:
			other.ServeHTTP(w, r)
		}
	})
}

// withoutSpareSlashes returns the request as if its path had no doubled and no trailing
// slashes. A base URL that ends in a slash is no mistake to every SDK.
func withoutSpareSlashes(r *http.Request) *http.Request {
	escaped := r.URL.EscapedPath()
	parts := strings.FieldsFunc(escaped, func(c rune) bool { return c == '/' })
	slim := "/" + strings.Join(parts, "/")
	plain, err := url.PathUnescape(slim)
	if slim == escaped || err != nil {
		return r
	}
	copied := *r
	at := *r.URL
	at.Path, at.RawPath = plain, slim
	copied.URL = &at
	return &copied
}

// notImitated is the [access] of everything else, and of known paths by another method.
// It refuses before credentials or the body are looked at, or the reader of the answer
// would suspect those. The service has no error type for it.
func notImitated(r *http.Request) *apiError {
	return &apiError{
		status:  http.StatusNotImplemented,
		kind:    "not_imitated",
		message: r.Method + " " + quoted(r.URL.Path) + " is not imitated by this emulator.",
	}
}
