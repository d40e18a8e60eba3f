// The pipeline of the API: the steps of a call around its endpoint. The routes
// send every call through it: it reads the body, injects a fault, checks the
// credentials, runs the endpoint, signs the answer, logs the call and writes
// the reply.

package stytchtest

import (
	"cmp"
	"crypto/subtle"
	"net/http"
)

// An access returns the reason why a caller may not call an endpoint. Nil = it may.
type access func(*http.Request) *apiError

// serve returns the handler of one endpoint. It reads the body before anything
// else, because net/http notices only then that a client has gone.
func (a *api) serve(do endpoint, allowed access) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := readBody(w, r)
		call := Call{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Body: body}
		out := a.inject(r.Context(), a.faults.take(r.URL.Path), func(t Tamper) *reply {
			if refused := cmp.Or(allowed(r), err); refused != nil {
				return a.failure(refused)
			}
			return a.call(do, r, body, t)
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

// call runs the endpoint and signs the JWT of an answer that has one.
func (a *api) call(do endpoint, r *http.Request, body []byte, t Tamper) *reply {
	out, err := do(r, body)
	if err != nil {
		return a.failure(err)
	}
	if out, ok := out.(interface{ unsigned() *sessionAnswer }); ok {
		a.issue(out.unsigned(), t)
	}
	return a.success(out)
}

// authorized checks the Basic credentials, the project id and its secret, and then the
// headers of a call on behalf of a member.
func (a *api) authorized(r *http.Request) *apiError {
	set := a.settings()
	project, secret, ok := r.BasicAuth()
	given, want := project+"\x00"+secret, set.projectID+"\x00"+set.secret
	if !ok || subtle.ConstantTimeCompare([]byte(given), []byte(want)) != 1 {
		return refuse("unauthorized_credentials")
	}
	return a.checkMemberHeaders(r)
}

// anonymousOrAuthorized is for the JWKS, which most SDKs fetch without credentials
// and the Ruby SDK with them. Wrong credentials are still refused.
func (a *api) anonymousOrAuthorized(r *http.Request) *apiError {
	if r.Header.Get("Authorization") == "" {
		return nil
	}
	return a.authorized(r)
}
