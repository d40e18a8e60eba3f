// The Server type, and the one place that wires state, endpoints and handler
// together. The other methods of Server are in listen.go, inprocess.go,
// load.go, signin.go, membercontrol.go, factorcontrol.go, servicecontrol.go and
// snapshotcontrol.go.

package stytchtest

import (
	"context"
	"net/http"
	"sync/atomic"
)

// A Server is one emulated Stytch project. Its methods are safe for concurrent use,
// except Listen. Its fields are not: change them only while no call is in progress,
// and URL, ProjectID and Secret only before the first call.
type Server struct {
	// URL is the base URL for clients, without a trailing slash:
	// "http://127.0.0.1:PORT" once the server listens, and before that
	// "https://stytch.test", which only Client reaches.
	URL string

	// ProjectID and Secret are the Basic credentials of every call except the
	// JWKS. NewServer and NewUnstartedServer set random ones. If ProjectID begins
	// with "project-live-", ids contain "-live-" instead of "-test-".
	ProjectID string
	Secret    string

	// BaseURLIssuer makes URL the issuer of session JWTs, as the service does
	// behind a custom domain. False = the issuer is "stytch.com/" + ProjectID.
	BaseURLIssuer bool

	// SessionTokens says which session_token an authenticate call by session_jwt
	// is answered with. The zero value is the token that the session has.
	SessionTokens SessionTokens

	// FactorToSend takes the send endpoint's documentation literally for members
	// with an active MFA factor: the session must already have that factor, so a
	// first step-up is refused. False = any session of the member is enough to
	// have a code sent to its verified number.
	FactorToSend bool

	state     *state
	keys      *keyset
	faults    *faultList
	calls     *callLog
	overrides *overrides
	snapshots *snapshots
	handler   http.Handler

	closed atomic.Bool
	stop   context.CancelFunc
	web    *http.Server // nil = not listening
	served chan struct{}
}

// NewUnstartedServer returns a server that does not listen. Until Listen is
// called, only [Server.Client] and [Server.Handler] reach it. It holds no
// resources, so Close may be omitted.
func NewUnstartedServer() *Server {
	s := &Server{
		URL:       inProcessURL,
		ProjectID: "project-test-" + newUUID(),
		Secret:    "secret-test-" + newToken() + "=",
		faults:    &faultList{},
		calls:     &callLog{},
		overrides: &overrides{},
	}
	ids := idSource{projectID: func() string { return s.ProjectID }}
	s.state = newState(ids)
	s.keys = newKeyset(func() string { return ids.next("jwk") })
	s.snapshots = &snapshots{
		ids: ids, state: s.state, keys: s.keys, faults: s.faults, calls: s.calls, overrides: s.overrides,
	}
	s.snapshots.begin()
	s.handler = newHandler(&api{
		settings:  s.settings,
		ids:       ids,
		state:     s.state,
		keys:      s.keys,
		faults:    s.faults,
		calls:     s.calls,
		overrides: s.overrides,
		snapshots: s.snapshots,
	})
	return s
}

// settings copies the exported fields for a call, with what the admin API changed.
func (s *Server) settings() settings {
	return s.overrides.applyTo(settings{
		url:           s.URL,
		projectID:     s.ProjectID,
		secret:        s.Secret,
		baseURLIssuer: s.BaseURLIssuer,
		sessionTokens: s.SessionTokens,
		factorToSend:  s.FactorToSend,
	})
}

// Handler serves the API, /healthz and, under /_emulator/, the admin API and the pages.
// It is for embedding the emulator in another server; set URL to the base URL of
// that server. The API must be at the root of its origin, where SDKs expect it.
func (s *Server) Handler() http.Handler { return s.handler }
