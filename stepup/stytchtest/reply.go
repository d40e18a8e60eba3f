// Replies, the bytes of answers and refusals. The pipeline and the admin API
// write one at the end of every call.

package stytchtest

import (
	"encoding/json"
	"net/http"
)

// A reply is a whole HTTP response.
type reply struct {
	status    int
	header    http.Header
	body      []byte
	errorType string // for the call log
}

// success writes an answer as the service does: JSON with the status and a request
// id in the body. No SDK relies on a header.
func (a *api) success(out answer) *reply {
	out.stamp(a.ids.next("request-id"))
	return jsonReply(http.StatusOK, out)
}

// failure writes a refusal as the service does.
func (a *api) failure(err *apiError) *reply {
	out := jsonReply(err.status, err.json(a.ids.next("request-id")))
	out.errorType = err.kind
	return out
}

// jsonReply marshals value before anything is written, so that a client gets all
// of an answer or none.
func jsonReply(status int, value any) *reply {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err) // our own types can be marshaled
	}
	return &reply{
		status: status,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   body,
	}
}

// write sends the reply. net/http derives the Content-Length from the single
// Write.
func (out *reply) write(w http.ResponseWriter) {
	for name, values := range out.header {
		w.Header()[name] = values
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body) // a client that has gone needs no answer
}
