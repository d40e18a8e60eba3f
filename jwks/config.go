package jwks

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config says which project's tokens to accept. Only ProjectID is required.
type Config struct {
	// ProjectID is the id of the Stytch project, "project-live-…" or
	// "project-test-…". Tokens of other projects are refused. Required.
	ProjectID string

	// BaseURL is where the project's API lives: its keys are fetched from
	// there, and it is accepted as issuer besides "stytch.com/" + ProjectID.
	// Set it for a project with a custom domain. A trailing slash is ignored.
	// It must be https, or http to a loopback host. "" = https://api.stytch.com
	// for a "project-live-" id, https://test.stytch.com for any other.
	BaseURL string

	// HTTPClient fetches the keys. It is copied, and the copy follows no
	// redirects and keeps no cookies. nil = a client of our own.
	HTTPClient *http.Client

	// Leeway is by how much our clock may differ from Stytch's: exp, nbf and
	// iat are allowed that much. At most 60 s. 0 = 5 s.
	Leeway time.Duration

	// MaxStale is for how long keys stay in use when no fresh ones can be
	// fetched; afterwards the answer is ErrUnavailable. At least 15 minutes.
	// 0 = 24 h.
	MaxStale time.Duration

	// MemoTokens is how many verified tokens are remembered at most, so that
	// showing one again costs a lookup and no signature check. 0 = 16384,
	// negative = none.
	MemoTokens int

	// MemoBytes is how much memory they may take up at most. 0 = 32 MiB.
	MemoBytes int

	// OnEvent is told about fetched keys, failures to fetch, and keys that can
	// not be used. It is called by one goroutine at a time and must return soon:
	// the next fetch waits for it. nil = nobody is told.
	OnEvent func(Event)
}

// withDefaults returns a checked copy with zero values replaced. Its errors
// name the field.
func (c Config) withDefaults() (Config, error) {
	if c.ProjectID == "" {
		return c, errors.New("jwks: Config.ProjectID is required")
	}
	if !isProjectID(c.ProjectID) {
		return c, errors.New("jwks: Config.ProjectID has other characters than letters, digits, - and _")
	}
	if c.BaseURL == "" {
		c.BaseURL = "https://test.stytch.com"
		if strings.HasPrefix(c.ProjectID, "project-live-") {
			c.BaseURL = "https://api.stytch.com"
		}
	}
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	if err := checkBaseURL(c.BaseURL); err != nil {
		return c, fmt.Errorf("jwks: Config.BaseURL: %w", err)
	}
	if c.Leeway == 0 {
		c.Leeway = 5 * time.Second
	}
	if c.Leeway < 0 || c.Leeway > time.Minute {
		return c, fmt.Errorf("jwks: Config.Leeway is %v, want 0 to 1m0s", c.Leeway)
	}
	if c.MaxStale == 0 {
		c.MaxStale = 24 * time.Hour
	}
	if c.MaxStale < 15*time.Minute {
		return c, fmt.Errorf("jwks: Config.MaxStale is %v, want at least 15m0s", c.MaxStale)
	}
	if c.MemoTokens == 0 {
		c.MemoTokens = 16384
	}
	if c.MemoBytes == 0 {
		c.MemoBytes = 32 << 20
	}
	if c.MemoBytes < 0 {
		return c, fmt.Errorf("jwks: Config.MemoBytes is %d, want 0 or more", c.MemoBytes)
	}
	if c.OnEvent == nil {
		c.OnEvent = func(Event) {}
	}
	return c, nil
}

// isProjectID reports whether id can be put into a URL path and an issuer as
// it is.
func isProjectID(id string) bool {
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// checkBaseURL refuses what would let somebody on the way choose our keys, and
// what can not be extended by a path.
func checkBaseURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("not a URL") // the cause quotes it, password included
	}
	switch {
	case u.Host == "" || u.Opaque != "":
		return errors.New("not an absolute URL with a host")
	case u.User != nil || strings.ContainsAny(raw, "?#"):
		return errors.New("has a user, a query or a fragment")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return errors.New("not https (http is for loopback hosts only)")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
