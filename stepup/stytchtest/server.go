// Package stytchtest emulates the Stytch B2B API for tests, and for trying
// things without an account: SMS one-time passcodes, member sessions, the JWKS
// and the few organization calls that go with them. Nothing leaves the machine
// and no text message is sent; the code that a person would have received is
// read with [Server.LastCode], from the admin API, or on the page that looks
// like a phone.
//
//	srv := stytchtest.NewServer()
//	defer srv.Close()
//	member := srv.AddMember()
//	session := srv.SignIn(member, stytchtest.WithFactor("otp", "sms", 20*time.Minute))
//	session.AddCookies(request)
//
// [NewServer] listens on the loopback interface, for any HTTP client and any
// SDK. [NewUnstartedServer] does not: it is reached through [Server.Client],
// which calls the handler in the goroutine of the caller, so that whole journeys
// run inside a testing/synctest bubble. The command cmd/stytch-emulator serves
// it to programs in other languages.
//
// # Stricter than the service
//
// An emulator that is kinder than the service hides bugs, so this one refuses
// unknown and repeated JSON fields, unknown query parameters, bodies that are
// not declared as JSON, a session JWT signed by a key that the JWKS no longer
// lists, and a text message for a member with a verified phone when no session
// comes with the request. Where the documentation leaves something open, the
// less kind reading is the default: an OTP authentication without
// session_duration_minutes leaves the session 60 minutes from now, and custom
// claims sent without a duration are dropped. A lock stops codes from being sent
// and taken; sessions of the member go on. The fields of [Server] switch the
// readings for which no side is clearly the unkind one, and [Server.Fail] makes
// any call answer as yet another reading would have it.
//
// # What it does not imitate
//
//   - Primary authentication: magic links, passwords, SSO, OAuth, discovery and
//     session exchange. [Server.SignIn] and [Server.StartLogin] stand for them.
//   - TOTP and recovery codes, beyond members that have a TOTP registration and
//     sessions that carry such factors.
//   - RBAC: a session authenticate with an authorization_check is always denied.
//   - Rate limits other than the member lock. [Server.Fail] produces any of them.
//   - Carriers and countries: every E.164 number can be reached.
//   - The frontend API (/sdk/v1), webhooks, email, device fingerprints (a
//     telemetry_id yields an invented device) and external ids of members.
//   - Session length limits of a project, and the times within which the service
//     may deliver a message late or not at all.
//   - Durability: everything is forgotten by Close.
package stytchtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// A Server is one emulated Stytch project. Its methods are safe for concurrent
// use. Its fields may be changed while no call is under way, URL, ProjectID and
// Secret only before the first.
type Server struct {
	// URL is the base URL for clients, without a trailing slash:
	// "http://127.0.0.1:PORT" once the server listens, "https://stytch.test"
	// before, where only Client reaches it.
	URL string

	// ProjectID and Secret are the Basic credentials of every call but the
	// JWKS. They are random; a ProjectID that begins with "project-live-" makes
	// ids carry "-live-" instead of "-test-".
	ProjectID string
	Secret    string

	// BaseURLIssuer makes session JWTs carry URL as their issuer, as the
	// service does behind a custom domain, instead of "stytch.com/" + ProjectID.
	BaseURLIssuer bool

	// SessionTokens says which session_token is answered to an authenticate call
	// that came with a session_jwt. The zero value answers the session's own.
	SessionTokens SessionTokens

	// FactorToSend takes the sentence of the send endpoint on members with an
	// active MFA factor literally: the session must carry that factor already,
	// so that a first step-up is refused. False = a session of the member is
	// enough to have a code sent to the number that the member already verified.
	FactorToSend bool

	handler http.Handler
	ids     ids
	state   *state
	keys    *keyset
	faults  faultList
	calls   callLog

	closed atomic.Bool
	stop   context.CancelFunc
	web    *http.Server
	served chan struct{}
}

// inProcessURL is the base URL of a server that does not listen. The top-level
// domain is reserved for tests (RFC 6761, section 6.2) and resolves nowhere.
const inProcessURL = "https://stytch.test"

// NewServer returns a server that listens on a free port of 127.0.0.1, and
// panics if there is none. The caller must Close it.
func NewServer() *Server {
	s := NewUnstartedServer()
	if err := s.Listen("127.0.0.1:0"); err != nil {
		panic(err)
	}
	return s
}

// NewUnstartedServer returns a server that does not listen: it is reached
// through [Server.Client] and [Server.Handler] only, until Listen is called. It
// holds no resources, so Close may be left out.
func NewUnstartedServer() *Server {
	s := &Server{
		URL:       inProcessURL,
		ProjectID: "project-test-" + newUUID(),
		Secret:    "secret-test-" + newToken() + "=",
	}
	s.ids = ids{projectID: func() string { return s.ProjectID }}
	s.state = newState(s.ids)
	s.keys = newKeyset(func() string { return s.ids.next("jwk") })
	s.handler = s.routes()
	return s
}

// Listen starts serving on addr and sets URL. It refuses an address that other
// machines can reach: whoever reaches the admin API can read every code and
// sign in as anybody.
func (s *Server) Listen(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("stytchtest: address: %w", err)
	}
	if !loopback(host) {
		return fmt.Errorf("stytchtest: %q is not a loopback address", addr)
	}
	if s.web != nil {
		return errors.New("stytchtest: already listening")
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("stytchtest: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.URL = "http://" + ln.Addr().String()
	s.stop = stop
	s.served = make(chan struct{})
	s.web = &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	go func() {
		defer close(s.served)
		_ = s.web.Serve(ln) // always an error: Close has ended it
	}()
	return nil
}

// Handler serves the API and, under /_emulator/, the admin API and the phone
// page. It is for embedding into a server of one's own; set URL to that server's
// base URL then. The API must sit at the root of its origin, where SDKs look.
func (s *Server) Handler() http.Handler { return s.handler }

// Close stops listening, ends delays that are under way and waits for the calls
// in progress. Afterwards clients of Client get a connection error too. It may
// be called more than once.
func (s *Server) Close() {
	if s.closed.Swap(true) || s.web == nil {
		return
	}
	s.stop()
	// Shutdown lets answers be written; Close cuts what is left, such as a
	// connection that was opened and never used, which Shutdown would wait for.
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.web.Shutdown(ctx); err != nil {
		_ = s.web.Close()
	}
	<-s.served
}

// settings copies the exported fields for a call.
func (s *Server) settings() settings {
	return settings{
		url:           s.URL,
		projectID:     s.ProjectID,
		secret:        s.Secret,
		baseURLIssuer: s.BaseURLIssuer,
		sessionTokens: s.SessionTokens,
		factorToSend:  s.FactorToSend,
	}
}

// loopback reports whether host names this machine alone. The empty host is
// every interface, so it is not.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
