// The headers by which a call is made on behalf of a member. The pipeline checks them
// before it runs an endpoint.

package stytchtest

import "net/http"

// checkMemberHeaders refuses a call on behalf of a member: if the session is not alive,
// like the service, and otherwise because the emulator has no policies by which the
// member could be allowed anything. Granting everything would hide a mistake.
// https://stytch.com/docs/b2b/guides/rbac/backend
func (a *api) checkMemberHeaders(r *http.Request) *apiError {
	token, jwt := r.Header.Get("X-Stytch-Member-Session"), r.Header.Get("X-Stytch-Member-SessionJWT")
	switch {
	case token == "" && jwt == "":
		return nil
	case token != "" && jwt != "":
		return refuse("too_many_session_arguments")
	}
	a.state.mu.Lock()
	defer a.state.mu.Unlock()
	if _, err := a.findSession(token, jwt); err != nil {
		return err
	}
	return refuseBecause("session_authorization_error", "The emulator has no RBAC policies and authorizes nothing.")
}
