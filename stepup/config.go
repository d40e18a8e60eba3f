package stepup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/sessions"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/stytch"
)

// Config is what New makes a Guard of. Client, Key and one of Cookies and
// Credential are required; the zero value of every other field is safe.
type Config struct {
	// Client asks Stytch. Required.
	Client *stytch.Client
	// Verifier checks session JWTs. nil = one made from Client.JWKS(), which
	// Close closes; one that is given stays the caller's.
	Verifier *jwks.Verifier
	// Key is the secret from which the keys of our cookie, of the forms and
	// of the limiter are derived: at least 32 random bytes, the same on every
	// instance, not used for anything else. Required.
	Key []byte
	// OldKeys are earlier Keys: what was made with them, bookmarks and kept
	// forms, still opens, and nothing new is made with them. Put the Key that
	// is replaced here for a quarter of an hour. The counters of the limiter
	// are kept under names made with Key, and begin anew. nil = none.
	OldKeys [][]byte
	// Policies are all the policies that Require and Check are used with.
	// nil = none: sessions are checked, and nothing can be stepped up.
	Policies []Policy

	// Cookies says how the session cookies are written. Required, unless
	// Credential is set.
	Cookies Cookies
	// Credential replaces the session cookies. Zero = cookies.
	Credential Credential
	// Leeway is how far our clock may differ from Stytch's, in both
	// directions, when exp, nbf, iat and the times of factors are looked at.
	// 0 = 5 s; at most 60 s. It applies to the Verifier that New makes.
	Leeway time.Duration
	// RefreshWithin is how long after its exp a session JWT alone still
	// renews its session, where no opaque session token came along.
	// 0 = 24 h; at most 366 days.
	RefreshWithin time.Duration
	// SessionDuration is how long a session lives after a step-up, from 5
	// minutes to 366 days. 0 = as long as Stytch said right before: a step-up
	// then never shortens a session by more than a minute and never lengthens
	// it beyond five minutes from now.
	SessionDuration time.Duration
	// SessionCustomClaims returns custom claims to set on the session with a
	// step-up (session_custom_claims); nil = none.
	SessionCustomClaims func(r *http.Request, session *jwks.Session) map[string]any

	// VerifyPath is the public path of VerifyHandler, with a slash at both
	// ends. "" = "/stepup/".
	VerifyPath string
	// PublicPath returns the escaped path under which the client sees a
	// request, for apps behind a proxy that strips a prefix. nil = the path
	// of the request line.
	PublicPath func(r *http.Request) string
	// LoginURL is where browsers without a session are sent, with the way
	// back in the query parameter "next": a path, or an http or https URL.
	// "" = "/". It must not itself be behind RequireSession.
	LoginURL string
	// SettingsURL and SupportURL are offered on pages where the member can
	// not go on alone. "" = not offered.
	SettingsURL string
	SupportURL  string

	// Store keeps what was sent and when, for the pages. It is a bookmark:
	// losing or replaying it gains nothing. nil = an encrypted cookie.
	Store sessions.Store
	// CookieName is the name of our own cookie. "" = "__Host-stepup", or
	// "stepup" with InsecureCookies.
	CookieName string
	// InsecureCookies drops the Secure attribute of every cookie, for hosts
	// on plain http. Anybody on the network can then take the session over.
	InsecureCookies bool
	// TrustedOrigins are origins ("https://app.example.com") from which forms
	// may be sent to this one, besides this one. nil = none.
	TrustedOrigins []string

	// AskFirst makes every first code wait for a click. The zero value sends
	// it with a navigation that the member surely made.
	AskFirst bool
	// Limiter counts messages and wrong codes. nil = a MemoryLimiter, which
	// is right for one process and for no more.
	Limiter Limiter
	// Limits are the numbers that are counted against. Zero = the defaults.
	Limits Limits
	// TrustedProxies are the networks of the proxies whose X-Forwarded-For
	// is believed. nil = none, and then nothing is limited by client address:
	// behind a load balancer a whole office would be cut off with its worst
	// member.
	TrustedProxies []netip.Prefix
	// ClientIP returns the address of the client and replaces TrustedProxies;
	// the zero Addr = unknown. nil = TrustedProxies decide.
	ClientIP func(r *http.Request) netip.Addr

	// Enroll lets members without a verified phone number add one on the
	// verify page. nil = they are told to ask for it elsewhere.
	Enroll *Enrollment

	// ShowFields are the names of form fields whose values may be shown to the
	// member before a kept form is sent ("payee", "amount"). nil = none: the
	// page names the fields.
	ShowFields []string
	// WithholdFields are the names of form fields that are not kept and must
	// be typed again, besides those that look like passwords, passcodes or
	// card data. nil = none.
	WithholdFields []string
	// FormActions are the origins ("https://pay.example.com") that a guarded
	// route may redirect to after a form or a step-up: browsers apply the
	// form-action policy of the verify page to such redirects. nil = only this
	// origin, and any after a kept form.
	FormActions []string

	// Language returns the language of a member, as a BCP 47 tag, for the
	// pages and the text message; "" = go on with Accept-Language. nil = ""
	// always.
	Language func(r *http.Request) string
	// Action returns what the member is asked to approve, in the app's own
	// words ("Transfer $5,000 to Acme"). The request is the guarded one when
	// it is refused, and one to the verify handler after that, whose "next"
	// field holds the way back; what was returned for a form that is kept is
	// kept with it. "" = not said. nil = "" always.
	Action func(r *http.Request, policy Policy) string
	// Pages are files laid over the built-in texts, styles and templates, one
	// by one. nil = the built-in ones.
	Pages fs.FS
	// Render replaces the rendering of pages altogether. The security headers
	// are set before it is called; it writes page.Status and the body.
	// nil = the templates in Pages.
	Render func(w http.ResponseWriter, r *http.Request, page Page)

	// OnEvent is called for everything worth counting or logging, in the
	// request that caused it; it must return soon. nil = nobody is told.
	// LogEvents makes a ready one.
	OnEvent func(ctx context.Context, event Event)
}

// withDefaults returns the configuration that is served with, or an error
// that names the field that is wrong.
func (c Config) withDefaults() (Config, error) {
	if c.Client == nil {
		return c, errors.New("stepup: Config.Client is required")
	}
	if len(c.Key) < 32 {
		return c, fmt.Errorf("stepup: Config.Key must have at least 32 bytes, has %d", len(c.Key))
	}
	if allEqual(c.Key) {
		return c, errors.New("stepup: Config.Key must be random, all its bytes are the same")
	}
	for i, key := range c.OldKeys {
		if len(key) < 32 {
			return c, fmt.Errorf("stepup: Config.OldKeys[%d] must have at least 32 bytes, has %d", i, len(key))
		}
	}
	if err := validatePolicies(c.Policies); err != nil {
		return c, err
	}
	if (c.Credential.Read == nil) != (c.Credential.Write == nil) {
		return c, errors.New("stepup: Config.Credential needs both Read and Write")
	}
	if c.Credential.Read == nil {
		cookies, err := c.Cookies.withDefaults(c.InsecureCookies)
		if err != nil {
			return c, err
		}
		c.Cookies = cookies
	}
	if err := c.defaultDurations(); err != nil {
		return c, err
	}
	if err := c.defaultURLs(); err != nil {
		return c, err
	}
	if err := c.defaultCookieName(); err != nil {
		return c, err
	}
	if err := c.checkForms(); err != nil {
		return c, err
	}
	if c.Enroll != nil {
		enroll, err := c.Enroll.withDefaults()
		if err != nil {
			return c, err
		}
		c.Enroll = enroll
	}
	if c.Limiter == nil {
		c.Limiter = new(MemoryLimiter)
	}
	limits, err := c.Limits.withDefaults()
	c.Limits = limits
	return c, err
}

func (c *Config) defaultDurations() error {
	if c.Leeway == 0 {
		c.Leeway = 5 * time.Second
	}
	if c.Leeway < 0 || c.Leeway > time.Minute {
		return fmt.Errorf("stepup: Config.Leeway must be 0 to 60 s, is %v", c.Leeway)
	}
	if c.RefreshWithin == 0 {
		c.RefreshWithin = 24 * time.Hour
	}
	if c.RefreshWithin < 0 || c.RefreshWithin > maxSessionDuration {
		return fmt.Errorf("stepup: Config.RefreshWithin must be 0 to 366 days, is %v", c.RefreshWithin)
	}
	if d := c.SessionDuration; d != 0 && (d < minSessionDuration || d > maxSessionDuration) {
		return fmt.Errorf("stepup: Config.SessionDuration must be 5 minutes to 366 days, is %v", d)
	}
	return nil
}

func (c *Config) defaultCookieName() error {
	if c.CookieName == "" {
		c.CookieName = "__Host-stepup"
		if c.InsecureCookies {
			c.CookieName = "stepup"
		}
	}
	if err := (&http.Cookie{Name: c.CookieName, Value: "x"}).Valid(); err != nil {
		return fmt.Errorf("stepup: Config.CookieName: %w", err)
	}
	if c.InsecureCookies && strings.HasPrefix(c.CookieName, "__") {
		return errors.New("stepup: Config.CookieName: browsers refuse the prefixes __Host- and __Secure- with InsecureCookies")
	}
	if c.Credential.Read == nil && (c.CookieName == c.Cookies.JWTName || c.CookieName == c.Cookies.TokenName) {
		return errors.New("stepup: Config.CookieName is the name of a session cookie")
	}
	return nil
}

func (c *Config) checkForms() error {
	for _, origin := range c.FormActions {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != origin || strings.ContainsAny(origin, " ;,'") {
			return fmt.Errorf("stepup: Config.FormActions must hold origins like \"https://pay.example.com\", has %q", origin)
		}
	}
	return nil
}

func (c *Config) defaultURLs() error {
	if c.VerifyPath == "" {
		c.VerifyPath = "/stepup/"
	}
	if !isLocalPath(c.VerifyPath) || len(c.VerifyPath) < 3 || !strings.HasSuffix(c.VerifyPath, "/") ||
		strings.ContainsAny(c.VerifyPath, "?%;{}") {
		return fmt.Errorf("stepup: Config.VerifyPath must be a path with a slash at both ends, is %q", c.VerifyPath)
	}
	if c.LoginURL == "" {
		c.LoginURL = "/"
	}
	for _, link := range []struct{ field, url string }{
		{"LoginURL", c.LoginURL}, {"SettingsURL", c.SettingsURL}, {"SupportURL", c.SupportURL},
	} {
		if link.url != "" && !isLink(link.url) {
			return fmt.Errorf("stepup: Config.%s must be a path or an http or https URL, is %q", link.field, link.url)
		}
	}
	return nil
}

// isLink keeps javascript: and the like out of our pages and Location headers.
func isLink(s string) bool {
	u, err := url.Parse(s)
	if err != nil {
		return false
	}
	if u.Scheme == "" && u.Host == "" {
		return isLocalPath(s)
	}
	return (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

func validatePolicies(policies []Policy) error {
	seen := make(map[string]bool)
	for _, p := range policies {
		if err := p.validate(); err != nil {
			return fmt.Errorf("stepup: Config.Policies: %w", err)
		}
		if seen[p.Name] {
			return fmt.Errorf("stepup: Config.Policies: two policies are named %q", p.Name)
		}
		seen[p.Name] = true
	}
	return nil
}

func allEqual(b []byte) bool {
	for _, c := range b {
		if c != b[0] {
			return false
		}
	}
	return true
}
