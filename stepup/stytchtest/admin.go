// The pipeline of the admin API: the steps around each of its endpoints. The
// routes in adminroutes.go send every admin call through it.

package stytchtest

import "net/http"

// admin answers the calls of tests in other languages, for which the controls of
// [Server] are out of reach. It works on the same state as the API.
type admin struct{ api *api }

// An adminEndpoint does one admin call. It returns the value to write as JSON, or
// the reason why the call is refused. It locks the state itself.
type adminEndpoint func(r *http.Request, body []byte) (any, *apiError)

// serve returns the handler of one admin endpoint. A web page of another origin must
// not reach it: decode refuses a POST that is not declared as JSON, such a page
// cannot send JSON without a preflight, and no preflight is answered here.
func (ad *admin) serve(do adminEndpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := readBody(w, r)
		if err != nil {
			ad.api.failure(err).write(w)
			return
		}
		result, err := do(r, body)
		if err != nil {
			ad.api.failure(err).write(w)
			return
		}
		jsonReply(http.StatusOK, result).write(w)
	})
}

// requireLocalHost refuses requests whose Host header does not name this machine.
// The admin API takes no credentials, so anyone who reaches it may do anything.
func (ad *admin) requireLocalHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLocalHost(r.Host) {
			ad.api.failure(&apiError{
				status:  http.StatusForbidden,
				kind:    "forbidden_host",
				message: "The admin API answers to loopback names only.",
			}).write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}
