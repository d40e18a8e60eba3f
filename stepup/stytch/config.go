// The settings of a Client and their checks. Called by New.

package stytch

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	testBaseURL    = "https://test.stytch.com"
	liveBaseURL    = "https://api.stytch.com"
	livePrefix     = "project-live-"
	defaultTimeout = 5 * time.Second
)

// Config configures a [Client]. ProjectID and Secret are required.
//
// fmt, log/slog and encoding/json print only its project id. A Go type cannot
// prevent two exceptions, in which fmt calls no methods: a Config in an
// unexported field, and a verb that does not fit (%p of a Config, %s of a slice
// of pointers to structs that hold one). So keep the Client, which has the
// secret in no field, and drop the Config.
type Config struct {
	// ProjectID is the id of the project: project-test-… or project-live-….
	// Required.
	ProjectID string

	// Secret is a secret of the project: secret-test-… or secret-live-…, as the
	// ProjectID is. Required.
	Secret string

	// BaseURL is the base URL of the API. It must be https, or http to a
	// loopback host, whose traffic cannot leave the machine. A trailing slash
	// is ignored; user info, a query and a fragment are refused. "" =
	// https://api.stytch.com for a ProjectID that begins with project-live-,
	// https://test.stytch.com for any other.
	BaseURL string

	// HTTPClient provides the Transport for all calls. If its Timeout is
	// shorter than Config.Timeout, it applies instead. CheckRedirect and Jar
	// are not used: redirects are never followed, and the API sets no cookies.
	// It is copied. nil = a client with its own transport.
	//
	// All calls share one HTTP/2 connection. Once a load balancer has forgotten
	// it, net/http goes on using it, and every call fails for as long as calls
	// keep coming (https://go.dev/issue/30702). The own transport uses no
	// connection again on which a call timed out, and finds dead ones by pings.
	// In an http.Transport of yours, set at least HTTP2:
	// &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 *
	// time.Second}, which ends such a failure after 15 s.
	HTTPClient *http.Client

	// Timeout bounds each call, from dialing to the last byte of the answer.
	// Must not be negative. 0 = 5 s.
	Timeout time.Duration
}

// check returns the base URL to use, or an error that names a bad field. It
// never quotes the field: the secret may have been put into any of them by
// mistake.
func (c Config) check() (baseURL string, err error) {
	if err := checkProjectID(c.ProjectID); err != nil {
		return "", err
	}
	if err := checkSecret(c.Secret); err != nil {
		return "", err
	}
	if err := checkEnvironment(c.ProjectID, c.Secret); err != nil {
		return "", err
	}
	if c.Timeout < 0 {
		return "", errors.New("stytch: Config.Timeout: negative")
	}
	switch {
	case c.BaseURL != "":
		return checkBaseURL(c.BaseURL)
	case strings.HasPrefix(c.ProjectID, livePrefix):
		return liveBaseURL, nil
	default:
		return testBaseURL, nil
	}
}

// checkProjectID accepts only ids that need no escaping in Basic credentials
// (RFC 7617 section 2: no colon), in the path of the JWKS and in an issuer.
func checkProjectID(id string) error {
	if id == "" {
		return errors.New("stytch: Config.ProjectID: required")
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return errors.New("stytch: Config.ProjectID: has other characters than letters, digits, - and _")
		}
	}
	// Project ids end up in URLs and logs. A secret must not.
	if strings.HasPrefix(id, "secret-") {
		return errors.New("stytch: Config.ProjectID: this is a secret, not a project id")
	}
	for _, kind := range []string{"public-token", "workspace", "organization", "member", "session", "connected-app", "m2m-client"} {
		if strings.HasPrefix(id, kind+"-") {
			return errors.New("stytch: Config.ProjectID: this is the id of another kind of thing (" + kind + "), not of a project")
		}
	}
	return nil
}

// checkEnvironment refuses the secret of the other environment, with which every
// call would fail.
func checkEnvironment(id, secret string) error {
	for _, environment := range []struct{ name, other string }{{"live", "test"}, {"test", "live"}} {
		if strings.HasPrefix(id, "project-"+environment.name+"-") && strings.HasPrefix(secret, "secret-"+environment.other+"-") {
			return errors.New("stytch: Config.Secret: is of a " + environment.other + " project, Config.ProjectID is a " + environment.name + " one")
		}
	}
	return nil
}

// checkSecret accepts only visible ASCII. A newline read from a file along with
// the secret would make every call fail with a 401 that is hard to explain.
func checkSecret(secret string) error {
	if secret == "" {
		return errors.New("stytch: Config.Secret: required")
	}
	for _, c := range []byte(secret) {
		if c <= ' ' || c >= 0x7f {
			return errors.New("stytch: Config.Secret: contains white space, a control character or a non-ASCII character")
		}
	}
	return nil
}

// checkBaseURL returns raw without its trailing slash. Every request carries
// the secret, so URLs over which others could read it are refused.
func checkBaseURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		return "", errors.New("stytch: Config.BaseURL: not an absolute URL")
	case u.User != nil:
		return "", errors.New("stytch: Config.BaseURL: must not contain user info")
	case strings.ContainsAny(raw, "?#"):
		return "", errors.New("stytch: Config.BaseURL: must not contain a query or a fragment")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return "", errors.New("stytch: Config.BaseURL: must be https (http is for loopback hosts only)")
	}
	return strings.TrimRight(raw, "/"), nil
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
