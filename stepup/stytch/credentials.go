// The check of a project id and secret, for an app that starts.

package stytch

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrClock says that the clock of this machine is wrong.
var ErrClock = errors.New("stytch: the clock of this machine differs from the service's")

// maxSkew is the difference that verifiers of session JWTs allow by default.
const maxSkew = 5 * time.Second

// noToken is an opaque session token that no session has.
const noToken = "rung-checks-its-credentials-with-this-token="

// CheckCredentials asks the service whether it accepts the project id and the
// secret. It is for start-up and for readiness probes that run seldom: it makes a
// call, which changes nothing (POST /v1/b2b/sessions/authenticate with a token
// that no session has).
//
// Its errors are those of the package comment, and [ErrClock] if the clock of this
// machine is more than five seconds away from the service's: sessions would be
// refused as not valid yet, or as expired. For a wrong id or secret it is an
// [*APIError] with status 401; any other error says nothing about them.
func (c *Client) CheckCredentials(ctx context.Context) error {
	_, err := c.AuthenticateSession(ctx, AuthenticateSessionRequest{SessionToken: noToken})
	var api *APIError
	if errors.As(err, &api) && api.StatusCode < 500 && api.StatusCode != 401 && api.StatusCode != 403 && api.StatusCode != 429 {
		err = nil // the token was refused, so the credentials were not
	}
	if skew := c.ClockSkew(); err == nil && skew.Abs() > maxSkew {
		return fmt.Errorf("%w: it is %v behind", ErrClock, skew)
	}
	return err
}
