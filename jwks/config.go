// The settings of a Verifier and their checks. Called by New.

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

// Config configures a [Verifier]. Only ProjectID is required.
type Config struct {
	// ProjectID is the id of the Stytch project, "project-live-…" or
	// "project-test-…". Tokens of other projects are refused. Required.
	ProjectID string

	// BaseURL is the base URL of the project's API. Keys are fetched from it,
	// and it is an accepted issuer besides "stytch.com/" + ProjectID. Set it
	// for a project with a custom domain. It must be https, or http to a
	// loopback host; a trailing slash is ignored. "" = https://api.stytch.com
	// for a "project-live-" id, https://test.stytch.com for any other.
	BaseURL string

	// HTTPClient fetches the keys. It is copied; the copy follows no redirects
	// and keeps no cookies. nil = a client that makes a connection for each
	// fetch.
	//
	// An http.Transport of yours that keeps HTTP/2 connections goes on using one
	// that has died without a word, and every fetch fails for as long as
	// requests keep coming (https://go.dev/issue/30702). Set at least HTTP2:
	// &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 *
	// time.Second} in it, which ends such a failure after 15 s.
	HTTPClient *http.Client

	// Leeway is the clock difference from Stytch that exp, nbf and iat are
	// allowed. At most 60 s. 0 = 5 s.
	Leeway time.Duration

	// MaxStale is how long keys stay in use while no fresh ones can be
	// fetched. After that Verify returns ErrUnavailable. At least 15 minutes.
	// 0 = 24 h.
	MaxStale time.Duration

	// MemoTokens is the most verified tokens to remember. A remembered token
	// costs a lookup instead of a signature check. In FIPS 140-only mode none
	// is remembered. 0 = 16384, negative = none.
	MemoTokens int

	// MemoBytes is the most memory that remembered tokens may take. 0 = 32 MiB.
	MemoBytes int

	// OnEvent is called for fetched key sets, failed fetches and keys that
	// cannot be used, by one goroutine at a time. It must return quickly: the
	// next fetch waits for it. nil = events are dropped.
	OnEvent func(Event)
}

// withDefaults checks c and returns a copy with zero values replaced. Its
// errors name the field.
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

// isProjectID reports whether id needs no escaping in a URL path or an issuer.
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

// checkBaseURL refuses URLs that would let an attacker on the network choose
// our keys, and those that a path cannot be appended to.
func checkBaseURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("not a URL") // the cause quotes the URL, password included
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
