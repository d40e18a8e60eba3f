// The type that endpoints are methods of, the shape of an endpoint, and the
// answers that several endpoints share. The server makes one api and builds its
// handler from it.

package stytchtest

import "net/http"

// api answers the calls of clients. Its methods are the endpoints, the pipeline
// around them and the steps that they share. It owns nothing: the controls of
// [Server] work on the same parts.
type api struct {
	settings  func() settings
	ids       idSource
	state     *state
	keys      *keyset
	faults    *faultList
	calls     *callLog
	overrides *overrides
	snapshots *snapshots
}

// An endpoint does one API call. It returns a pointer to one of the answer
// structs, or the reason why the call is refused. It locks the state itself.
type endpoint func(r *http.Request, body []byte) (answer, *apiError)

// An answer is the body of a successful call. The pipeline stamps it, since the
// request id belongs to the call and not to the work of the endpoint.
type answer interface{ stamp(requestID string) }

// envelope is embedded in every answer.
type envelope struct {
	RequestID  string `json:"request_id"`
	StatusCode int    `json:"status_code"`
}

// stamp repeats the HTTP status in the body, as the service does.
func (e *envelope) stamp(requestID string) {
	e.RequestID, e.StatusCode = requestID, http.StatusOK
}

// memberAnswer is the answer of the send endpoint and of the member endpoints.
type memberAnswer struct {
	envelope
	MemberID     string           `json:"member_id"`
	Member       memberJSON       `json:"member"`
	Organization organizationJSON `json:"organization"`
}

// memberAnswer copies the member, so that the answer can be written after the lock
// is released. state.mu must be held.
func (a *api) memberAnswer(m *member) *memberAnswer {
	return &memberAnswer{
		MemberID:     m.id,
		Member:       m.json(a.state.clock.now()),
		Organization: m.organization.json(),
	}
}

// sessionAnswer is the answer of all authenticate endpoints. SessionJWT is empty
// until the pipeline signs the claims. Signing is by far the slowest part of a
// call, so it happens after the lock is released.
type sessionAnswer struct {
	memberAnswer
	SessionToken  string       `json:"session_token"`
	SessionJWT    string       `json:"session_jwt"`
	MemberSession *sessionJSON `json:"member_session"`

	session *session
	claims  map[string]any
}

// unsigned lets the pipeline find the part of an answer that it has to sign.
func (out *sessionAnswer) unsigned() *sessionAnswer { return out }

// sessionAnswer is memberAnswer for the authenticate endpoints. state.mu must be
// held.
func (a *api) sessionAnswer(ss *session) sessionAnswer {
	now := a.state.clock.now()
	return sessionAnswer{
		memberAnswer:  *a.memberAnswer(ss.member),
		SessionToken:  ss.token,
		MemberSession: ss.json(),
		session:       ss,
		claims:        sessionClaims(a.settings(), ss, now, now),
	}
}

// answeredToken returns the session_token of an answer. For a call by session_jwt
// it depends on [Server.SessionTokens].
func (a *api) answeredToken(ss *session, byJWT bool) string {
	if !byJWT {
		return ss.token
	}
	switch a.settings().sessionTokens {
	case NoSessionToken:
		return ""
	case NewSessionToken:
		ss.token = newToken()
	}
	return ss.token
}
