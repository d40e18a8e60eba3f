// How an app sets a Guard up. New checks all of it.

package stepup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/gorilla/sessions"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/stytch"
)

// Config is what New makes a Guard of. Client, Key and one of Cookies and
// Credential are required; the zero value of every other field is safe. Its
// funcs and hooks are called in the request that they are about, by many
// requests concurrently.
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
	// Credential is set; then it must be zero.
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
	// step-up (session_custom_claims); nil = none. It is called concurrently.
	SessionCustomClaims func(r *http.Request, session *jwks.Session) map[string]any

	// VerifyPath is the public path of VerifyHandler, with a slash at both
	// ends. "" = "/stepup/".
	VerifyPath string
	// PublicPath returns the escaped path under which the client sees a
	// request, for apps behind a proxy that strips a prefix. It is called
	// concurrently. nil = the path of the request line.
	PublicPath func(r *http.Request) string
	// Links are the pages of the app that the verify pages lead to.
	// Zero = "/", and nothing else is offered.
	Links Links

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

	// AskFirst makes every first passcode wait for a click. The zero value
	// sends it with a navigation that the member surely made.
	AskFirst bool
	// Limiter counts messages and wrong passcodes. nil = a MemoryLimiter,
	// which is right for one process and for no more.
	Limiter Limiter
	// Limits are the numbers that are counted against. Zero = the defaults.
	Limits Limits
	// ClientIP returns the address of the client, or the zero Addr where it is
	// not known for sure. TrustProxies makes one for apps behind proxies;
	// RemoteAddr alone would cut a whole office off with its worst member. It
	// is called concurrently. nil = nothing is limited by address.
	ClientIP func(r *http.Request) netip.Addr

	// Enroll lets members without a verified phone number add one on the
	// verify page. nil = they are told to ask for it elsewhere.
	Enroll *Enrollment

	// Forms are what becomes of forms that were posted to guarded routes.
	// Zero = they are kept, and the page names their fields.
	Forms Forms

	// Language returns the language of a member, as a BCP 47 tag, for the
	// pages and the message; "" = go on with Accept-Language. It is called
	// concurrently. nil = "" always.
	Language func(r *http.Request) string
	// Action returns what the member is asked to approve, in the app's own
	// words ("Transfer $5,000 to Acme"). The request is the guarded one when
	// it is refused, and one to the verify handler after that, whose "next"
	// field holds the way back; what was returned for a form that is kept is
	// kept with it. It is called concurrently. "" = not said. nil = "" always.
	Action func(r *http.Request, policy Policy) string
	// Pages are files laid over the built-in texts, styles and templates, one
	// by one. nil = the built-in ones. It cannot be combined with Render.
	Pages fs.FS
	// Render replaces the rendering of pages altogether. The security headers
	// are set before it is called; it writes page.Status and the body. It is
	// called concurrently. nil = the templates in Pages.
	Render func(w http.ResponseWriter, r *http.Request, page contract.Page)

	// OnEvent is called for everything worth counting or logging, in the
	// request that caused it or while others wait for the same answer; it must
	// return soon. It is called concurrently. nil = nobody is told. LogEvents
	// makes a ready one.
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
	if c.Pages != nil && c.Render != nil {
		return c, errors.New("stepup: Config.Pages and Config.Render contradict each other: Render uses no Pages")
	}
	for _, check := range []func(*Config) error{
		(*Config).defaultCredential, (*Config).defaultDurations, (*Config).defaultPaths, (*Config).defaultCookieName,
	} {
		if err := check(&c); err != nil {
			return c, err
		}
	}
	if err := c.Forms.validate(); err != nil {
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

func (c *Config) defaultCredential() (err error) {
	if (c.Credential.Read == nil) != (c.Credential.Write == nil) {
		return errors.New("stepup: Config.Credential needs both Read and Write")
	}
	if c.Credential.Read == nil {
		c.Cookies, err = c.Cookies.withDefaults(c.InsecureCookies)
		return err
	}
	if c.Cookies != (Cookies{}) {
		return errors.New("stepup: Config.Cookies and Config.Credential contradict each other: set one")
	}
	return nil
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

func (c *Config) defaultPaths() (err error) {
	if c.VerifyPath == "" {
		c.VerifyPath = "/stepup/"
	}
	if !inbound.IsLocalPath(c.VerifyPath) || len(c.VerifyPath) < 3 || !strings.HasSuffix(c.VerifyPath, "/") ||
		strings.ContainsAny(c.VerifyPath, "?%;{}") {
		return fmt.Errorf("stepup: Config.VerifyPath must be a path with a slash at both ends, is %q", c.VerifyPath)
	}
	c.Links, err = c.Links.withDefaults()
	return err
}

func allEqual(b []byte) bool {
	for _, c := range b {
		if c != b[0] {
			return false
		}
	}
	return true
}
