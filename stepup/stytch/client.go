// The Client and its constructor.

package stytch

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/rungauth/rung/jwks"
)

// A Client calls the Stytch B2B API for one project. Create it with [New]. It is
// safe for concurrent use.
type Client struct {
	projectID string
	baseURL   string        // without a trailing slash
	timeout   time.Duration // of one call, reading the answer included
	skew      *atomic.Int64 // nanoseconds: see ClockSkew
	http      http.Client   // a copy, its Transport never nil

	// The secret lives in a closure, not in a field. fmt and encoding/json
	// look into structs by reflection, unexported fields included, and for
	// some verbs even past a Format method. They cannot look into a func.
	authorize func(*http.Request)
}

// New returns a client for one project. It makes no network call. It fails only
// if config is bad, with an error that names the field.
func New(config Config) (*Client, error) {
	baseURL, err := config.check()
	if err != nil {
		return nil, err
	}
	c := &Client{
		projectID: config.ProjectID,
		baseURL:   baseURL,
		timeout:   config.Timeout,
		skew:      new(atomic.Int64),
		http:      http.Client{Transport: newRenewing()},
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

// ClockSkew returns how far the clock of this machine is behind the service's, by
// the Date of the last answer; negative = ahead. It is exact to a second and the
// time that a call takes. 0 = not known, or none.
func (c *Client) ClockSkew() time.Duration { return time.Duration(c.skew.Load()) }

// noteDate takes the time of an answer, which was under way between two times of
// ours (RFC 9110, 6.6.1).
func (c *Client) noteDate(h http.Header, before, after time.Time) {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	var skew time.Duration
	switch { // Date has whole seconds, rounded down
	case at.Add(time.Second).Before(before):
		skew = at.Add(time.Second).Sub(before)
	case at.After(after):
		skew = at.Sub(after)
	}
	c.skew.Store(int64(skew))
}

// ProjectID returns the id of the project that the client calls.
func (c *Client) ProjectID() string { return c.projectID }

// JWKS returns the configuration for a verifier of the same project, base URL
// and HTTP client, connections included: jwks.New(client.JWKS()).
func (c *Client) JWKS() jwks.Config {
	httpClient := c.http
	return jwks.Config{
		ProjectID:  c.projectID,
		BaseURL:    c.baseURL,
		HTTPClient: &httpClient,
	}
}
