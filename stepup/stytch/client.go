// Package stytch is a small typed client for the part of the Stytch B2B API
// that a step-up needs: sending and checking an SMS one-time passcode,
// authenticating and revoking a session, reading a member, and removing a
// member's MFA phone number.
//
// One method is one HTTP request. Nothing is retried: a second send kills the
// first code and costs a second message, and a code can be used only once. So
// after a failure the caller must know whether the service may have acted, and
// the errors say so:
//
//   - [ErrRequest]: the arguments were refused here, nothing was sent.
//   - [ErrNotSent]: the service was not reached, nothing was sent.
//   - [*APIError]: the answer was anything but 200 or 201. With a status of
//     4xx nothing was done; with others it may have been.
//   - [ErrResponse]: the service answered with success, but the answer could
//     not be understood. What was asked for was probably done.
//   - any other error: the request may or may not have been carried out.
//
// A method returns a result or an error, never both. The text of an error, and
// what fmt and log/slog print of a client, a request or a response, holds no
// project secret, session token, code or full phone number. [Config] says
// where such a promise ends.
package stytch

import (
	"net"
	"net/http"
	"time"

	"github.com/rungauth/rung/jwks"
)

// A Client calls the Stytch B2B API for one project. It is made by [New], has
// no state that changes, and is safe for concurrent use.
type Client struct {
	projectID string
	baseURL   string        // without a trailing slash
	timeout   time.Duration // of one call, reading the answer included
	http      http.Client   // a copy, its Transport never nil

	// The secret lives in a closure and in no field. fmt and encoding/json
	// look into structs by reflection, unexported fields included, and for
	// some verbs even past a Format method; a func they can not look into.
	authorize func(*http.Request)
}

// New returns a client for the project of config. It makes no network call.
// A bad config is refused with an error that names the field.
func New(config Config) (*Client, error) {
	baseURL, err := config.check()
	if err != nil {
		return nil, err
	}
	c := &Client{
		projectID: config.ProjectID,
		baseURL:   baseURL,
		timeout:   config.Timeout,
		http:      http.Client{Transport: newTransport()},
	}
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	if config.HTTPClient != nil {
		c.http = *config.HTTPClient
		if c.http.Transport == nil {
			c.http.Transport = http.DefaultTransport
		}
		if c.http.Timeout > 0 {
			c.timeout = min(c.timeout, c.http.Timeout)
		}
	}
	projectID, secret := config.ProjectID, config.Secret
	c.authorize = func(r *http.Request) { r.SetBasicAuth(projectID, secret) }
	return c, nil
}

// newTransport returns the transport of a client that was given none. It is
// not http.DefaultTransport, which any package of the program may change.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		ForceAttemptHTTP2:   true,
		TLSHandshakeTimeout: 5 * time.Second,
		// All calls go to one host, and the default of two idle connections
		// would make a burst of members pay for a TLS handshake each.
		MaxIdleConnsPerHost: 32,
		// Shorter than what load balancers commonly keep, so that a request
		// rarely meets a connection that the other side has just closed.
		IdleConnTimeout:        50 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// ProjectID returns the id of the project that the client calls.
func (c *Client) ProjectID() string { return c.projectID }

// JWKS returns the configuration of a verifier for the same project, base URL
// and HTTP client: jwks.New(client.JWKS()).
func (c *Client) JWKS() jwks.Config {
	httpClient := c.http
	return jwks.Config{
		ProjectID:  c.projectID,
		BaseURL:    c.baseURL,
		HTTPClient: &httpClient,
	}
}
