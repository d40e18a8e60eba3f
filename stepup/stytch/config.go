package stytch

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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

// Config says which Stytch project a [Client] calls, and how.
//
// fmt, log/slog and encoding/json print its project id only. Two cases are
// beyond what a Go type can prevent: a Config in an unexported field, and a
// verb that does not fit (%p of a Config, %s of a slice of pointers to what
// holds one), for which fmt passes over all methods. So keep the Client, which
// has the secret in no field, and forget the Config.
type Config struct {
	// ProjectID is the id of the project, such as project-test-… or
	// project-live-…. Required.
	ProjectID string

	// Secret is a secret of the project, such as secret-test-…. Required.
	Secret string

	// BaseURL is where the API is served. It must be https; http is accepted
	// for loopback hosts, where the traffic can not leave the machine. A
	// trailing slash is trimmed; user info, a query and a fragment are
	// refused. "" = https://api.stytch.com for a ProjectID that starts with
	// project-live-, https://test.stytch.com for any other.
	BaseURL string

	// HTTPClient provides the Transport for all calls; if it has a Timeout,
	// the shorter of both counts. It is copied. Its CheckRedirect and Jar are
	// not used: redirects are never followed, and the API has no cookies.
	// nil = a client with a transport of its own.
	HTTPClient *http.Client

	// Timeout bounds each call, from dialling to the last byte of the answer.
	// Negative is refused. 0 = 5 s.
	Timeout time.Duration
}

// check refuses what New must not accept and returns the base URL to use.
// Its errors name the field and never quote it: a mix-up may have put the
// secret into any of them.
func (c Config) check() (baseURL string, err error) {
	if err := checkProjectID(c.ProjectID); err != nil {
		return "", err
	}
	if err := checkSecret(c.Secret); err != nil {
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

// checkProjectID refuses what could not be put as it is into Basic credentials
// (RFC 7617 section 2: no colon), the path of the JWKS and an issuer.
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
	// A project id is part of URLs and logs; a secret must not get there.
	if strings.HasPrefix(id, "secret-") {
		return errors.New("stytch: Config.ProjectID: this is a secret, not a project id")
	}
	return nil
}

// checkSecret refuses anything but visible ASCII: a line end read from a file
// would make every call fail with a 401 that is hard to explain.
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
// the secret, so an address where others can read it is refused.
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

// LogValue implements [slog.LogValuer]. It shows the project id only.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(slog.String("project_id", c.ProjectID))
}

// Format implements [fmt.Formatter]. Every verb prints the project id only.
func (c Config) Format(s fmt.State, _ rune) { formatMasked(s, c) }

// MarshalJSON implements [json.Marshaler]. It encodes the project id only.
func (c Config) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"project_id": c.ProjectID})
}
