// The endpoints that list the sessions of a member and the keys of the project.
// The routes call them through the pipeline.

package stytchtest

import (
	"net/http"
	"slices"
	"strings"
)

// sessionsAnswer shows no tokens, since the service never lists those.
type sessionsAnswer struct {
	envelope
	MemberSessions []*sessionJSON `json:"member_sessions"`
}

// listSessions is GET /v1/b2b/sessions. It lists the sessions of a member that are
// alive, oldest first.
// https://stytch.com/docs/api-reference/b2b/api/sessions/get-sessions
func (a *api) listSessions(r *http.Request, _ []byte) (answer, *apiError) {
	query := r.URL.Query()
	if err := checkQuery(query, "organization_id", "member_id"); err != nil {
		return nil, err
	}
	a.state.mu.Lock()
	defer a.state.mu.Unlock()
	m, err := a.state.findMember(query.Get("organization_id"), query.Get("member_id"))
	if err != nil {
		return nil, err
	}
	out := &sessionsAnswer{MemberSessions: []*sessionJSON{}}
	for _, ss := range a.state.sessions.aliveOf(m) {
		out.MemberSessions = append(out.MemberSessions, ss.json())
	}
	slices.SortFunc(out.MemberSessions, func(a, b *sessionJSON) int {
		return strings.Compare(a.StartedAt+a.MemberSessionID, b.StartedAt+b.MemberSessionID)
	})
	return out, nil
}

// jwksAnswer is a JWK set (RFC 7517, section 5) in the envelope of every answer.
type jwksAnswer struct {
	envelope
	Keys []jwkJSON `json:"keys"`
}

// getJWKS is GET /v1/b2b/sessions/jwks/{project_id}, the one call that needs no
// credentials. https://stytch.com/docs/api-reference/b2b/api/sessions/get-jwks
func (a *api) getJWKS(r *http.Request, _ []byte) (answer, *apiError) {
	if r.PathValue("project_id") != a.settings().projectID {
		return nil, refuse("project_not_found")
	}
	out := &jwksAnswer{}
	for _, key := range a.keys.published() {
		out.Keys = append(out.Keys, key.jwk())
	}
	return out, nil
}
