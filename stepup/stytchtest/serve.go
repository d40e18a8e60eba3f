// The pipeline of the API: the steps of a call around its endpoint. The routes
// send every call through it: it reads the body, injects a fault, checks the
// credentials, runs the endpoint, signs the answer, logs the call and writes
// the reply.

package stytchtest

import (
	"crypto/subtle"
	"net/http"
)

// serve returns the handler of one endpoint. It reads the body before anything
// else, because net/http notices only then that a client has gone.
func (a *api) serve(do endpoint, allowed func(*http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := readBody(w, r)
		call := Call{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Body: body}
		out := a.inject(r.Context(), a.faults.take(r.URL.Path), func(t Tamper) *reply {
			if err != nil {
				return a.failure(err)
			}
			return a.call(do, allowed, r, body, t)
		})
		if out != nil {
			call.Status, call.ErrorType = out.status, out.errorType
		}
		a.calls.add(call)
		if out == nil {
			panic(http.ErrAbortHandler) // closes the connection without an answer
		}
		out.write(w)
	})
}

// call checks the credentials, runs the endpoint and signs the JWT of an answer
// that has one.
func (a *api) call(do endpoint, allowed func(*http.Request) bool, r *http.Request, body []byte, t Tamper) *reply {
	if !allowed(r) {
		return a.failure(refuse("unauthorized_credentials"))
	}
	if err := a.checkMemberHeaders(r); err != nil {
		return a.failure(err)
	}
	out, err := do(r, body)
	if err != nil {
		return a.failure(err)
	}
	if out, ok := out.(interface{ unsigned() *sessionAnswer }); ok {
		a.issue(out.unsigned(), t)
	}
	return a.success(out)
}

// authorized checks the Basic credentials, the project id and its secret.
func (a *api) authorized(r *http.Request) bool {
	set := a.settings()
	project, secret, ok := r.BasicAuth()
	given, want := project+"\x00"+secret, set.projectID+"\x00"+set.secret
	return ok && subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1
}

// anyone needs no credentials.
func anyone(*http.Request) bool { return true }

// anonymousOrAuthorized is for the JWKS, which most SDKs fetch without credentials
// and the Ruby SDK with them. Wrong credentials are still refused.
func (a *api) anonymousOrAuthorized(r *http.Request) bool {
	return r.Header.Get("Authorization") == "" || a.authorized(r)
}
