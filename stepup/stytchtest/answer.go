package stytchtest

import (
	"encoding/json"
	"net/http"
)

// An endpoint does one API call. It answers one of the structs below, or refuses.
type endpoint func(r *http.Request, body []byte) (answer, *apiError)

// An answer is a successful one. It is stamped last, since the request id belongs
// to the call and not to what the endpoint does.
type answer interface{ stamp(requestID string) }

// envelope is in every successful answer.
type envelope struct {
	RequestID  string `json:"request_id"`
	StatusCode int    `json:"status_code"`
}

// stamp repeats the HTTP status in the body, as the service does.
func (e *envelope) stamp(requestID string) {
	e.RequestID, e.StatusCode = requestID, http.StatusOK
}

// memberAnswer is the answer of send and of the member endpoints.
type memberAnswer struct {
	envelope
	MemberID     string           `json:"member_id"`
	Member       memberJSON       `json:"member"`
	Organization organizationJSON `json:"organization"`
}

// memberAnswer copies what the emulator holds, so that it can be written after
// s.mu, which must be held here, is released.
func (s *Server) memberAnswer(m *member) *memberAnswer {
	return &memberAnswer{
		MemberID:     m.id,
		Member:       m.json(s.state.clock.now()),
		Organization: m.organization.json(),
	}
}

// sessionAnswer is what both authenticate endpoints answer with. The JWT is
// signed outside the lock, from claims: it is by far the slowest part of a call.
type sessionAnswer struct {
	memberAnswer
	SessionToken  string       `json:"session_token"`
	SessionJWT    string       `json:"session_jwt"`
	MemberSession *sessionJSON `json:"member_session"`

	session *session
	claims  map[string]any
}

// issued lets the pipeline find the part of an answer that needs a signature.
func (a *sessionAnswer) issued() *sessionAnswer { return a }

// sessionAnswer is memberAnswer for authenticate calls. SessionJWT stays empty
// until the pipeline signs claims.
func (s *Server) sessionAnswer(ss *session) sessionAnswer {
	return sessionAnswer{
		memberAnswer:  *s.memberAnswer(ss.member),
		SessionToken:  ss.token,
		MemberSession: ss.json(),
		session:       ss,
		claims:        sessionClaims(s.settings(), ss, s.state.clock.now(), s.state.clock.now()),
	}
}

// A reply is what goes out.
type reply struct {
	status    int
	header    http.Header
	body      []byte
	errorType string // for the call log
}

// success and failure write answers as the service does: JSON, with the status
// and a request id in the body. No SDK relies on a header.
func (s *Server) success(a answer) *reply {
	a.stamp(s.ids.next("request-id"))
	return jsonReply(http.StatusOK, a)
}

func (s *Server) failure(err *apiError) *reply {
	out := jsonReply(err.status, err.json(s.ids.next("request-id")))
	out.errorType = err.kind
	return out
}

// jsonReply marshals before anything is written, so that an answer is whole or
// not there.
func jsonReply(status int, value any) *reply {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err) // our own types can be marshalled
	}
	return &reply{
		status: status,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   body,
	}
}

// write sends the reply. Content-Length follows from the single Write.
func (out *reply) write(w http.ResponseWriter) {
	for name, values := range out.header {
		w.Header()[name] = values
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body) // a client that has gone needs no answer
}
