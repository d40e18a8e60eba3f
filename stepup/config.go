// The configuration of a Guard. New checks all of it and fills in the defaults
// when the app starts.

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
// Credential are required; the zero value of every other field is safe. The
// funcs are called during the requests they are about, concurrently.
type Config struct {
	// Client asks Stytch. Required.
	Client *stytch.Client
	// Verifier checks session JWTs. nil = one made from Client.JWKS(), which
	// Close closes; one that is given stays the caller's.
	Verifier *jwks.Verifier
	// Key is the secret from which the keys of our cookie, of the forms, of our
	// custom claims and of the limiter are derived: at least 32 random bytes, the same on every
	// instance, not used for anything else. Required. Counters are named with
	// it, so Guards of one project that share a Limiter must share the Key, or
	// each of them allows as much as all should.
	Key []byte
	// OldKeys are earlier values of Key. Bookmarks, kept forms and proofs for one
	// request or address that were made with them still count; nothing new is
	// made with them. After replacing Key, leave the old one here for 15 minutes,
	// or as long as the longest MaxAge of a policy that is SameAddress. The counters of the limiter are
	// named with Key alone, so a new Key starts them from zero. nil = none.
	OldKeys [][]byte
	// Policies are all the policies that Require and Check are used with.
	// nil = none: sessions are verified, but none can be stepped up.
	Policies []Policy

	// Cookies says how the session cookies are written. Required, unless
	// Credential is set; then it must be zero.
	Cookies Cookies
	// Credential replaces the session cookies. Zero = cookies.
	Credential Credential
	// Bearer returns the session JWT that a request carries in a header, and
	// whether it carries one; then it alone counts, not the cookies, even if it
	// is junk. It must look at nothing that browsers send by themselves: such a
	// request is not checked for another site behind it. SessionHeader makes one
	// for a header of its own, and a func that returns false lets the
	// Authorization header be about something else. nil = the Authorization
	// header with the Bearer scheme.
	Bearer func(r *http.Request) (sessionJWT string, ok bool)
	// Leeway is how far our clock may differ from Stytch's, in either
	// direction, when exp, nbf, iat and the times of factors are judged.
	// 0 = 5 s; at most 60 s. It applies to the Verifier that New makes.
	Leeway time.Duration
	// RefreshWithin is how long after its exp a session JWT can still renew
	// its session by itself, if the request carries no opaque session token.
	// 0 = 24 h; at most 366 days.
	RefreshWithin time.Duration
	// SessionDuration is how long a session lives after a step-up, from
	// 5 minutes to 366 days. 0 = until its present end: a step-up then never
	// shortens a session by more than a minute, and lengthens only one that
	// has less than five minutes left, to five minutes.
	SessionDuration time.Duration
	// ExtendBy is how much longer than until its present end a session lives
	// after a step-up, up to 366 days. It cannot be combined with
	// SessionDuration. 0 = not longer.
	ExtendBy time.Duration
	// MaxSession is how long after its start a session can end at most,
	// whatever SessionDuration and ExtendBy say; but never sooner than five
	// minutes after a step-up, which is the least that Stytch knows. From 5
	// minutes to 366 days. 0 = no such limit.
	MaxSession time.Duration
	// SessionCustomClaims returns custom claims to set on the session with a
	// step-up (session_custom_claims); nil = none. In all, they may have 4 KiB
	// as JSON, of which up to 256 bytes are ours. Names that JWTs define ("sub",
	// "exp" …), those that begin with "https://stytch.com/" or "rung_" are
	// reserved: with one of them, or with too many bytes, the step-up fails as
	// misconfigured, before a message is sent or a passcode judged. So it is
	// called for each of these. session is nil for a login. Session.Claims reads
	// them afterwards. It is called concurrently.
	SessionCustomClaims func(r *http.Request, session *jwks.Session) map[string]any
	// Logins says how CompleteLogin's logins are completed. Zero = the defaults.
	Logins Logins

	// VerifyPath is the public path of VerifyHandler. It is served with and without
	// the slash at its end, and used as it is written here: without, for apps
	// whose middleware redirects to paths without one. "" = "/stepup/".
	VerifyPath string
	// PublicPath returns the escaped path under which the client sees a
	// request, for apps behind a proxy that strips a prefix. It is called
	// concurrently. nil = the path of the request line.
	PublicPath func(r *http.Request) string
	// Links are the pages of the app that the verify pages lead to.
	// Zero = "/", and nothing else is offered.
	Links Links

	// Store holds the bookmark: what was sent and when, for the pages. Losing
	// or replaying it gains nothing. nil = an encrypted cookie.
	Store sessions.Store
	// CookieName is the name of our own cookie. "" = "__Host-stepup", or
	// "stepup" with InsecureCookies.
	CookieName string
	// InsecureCookies drops the Secure attribute of every cookie, for hosts on
	// plain http. Anyone on the network can then take over the session.
	InsecureCookies bool
	// TrustedOrigins are other origins ("https://app.example.com") whose pages
	// may send forms to this one. nil = none.
	TrustedOrigins []string

	// MaxCalls is how many calls to Stytch may be under way at once. Calls
	// beyond wait for their turn, as long as the request can be answered in
	// time. 0 = 100; at most 10,000.
	MaxCalls int
	// AskFirst makes every first passcode wait for a click. The zero value
	// sends it with a navigation that surely was the member's own.
	AskFirst bool
	// Limiter counts messages and wrong passcodes. nil = a MemoryLimiter of this
	// Guard's own, which is right for an app of one process with one Guard.
	// Several processes share a redislimit.Limiter; several Guards of one
	// project share one Limiter and one Key, since counters are named with the
	// Key. Otherwise each of them allows as much as all should.
	Limiter Limiter
	// LimiterTimeout is how long one call of the Limiter may take, of which a
	// request makes at most three. 0 = 100 ms, for one that is near; from 10 ms
	// to 5 s.
	LimiterTimeout time.Duration
	// Limits are how many messages and wrong passcodes are allowed. Zero = the
	// defaults.
	Limits Limits
	// ClientIP returns the address of the client, or the zero Addr if it is
	// not known for sure. TrustProxies makes one for apps behind proxies;
	// there, RemoteAddr is the proxy's, and its worst user would use up the
	// limit of all others. It is called concurrently. nil = nothing is limited
	// by address.
	ClientIP func(r *http.Request) netip.Addr

	// Enroll lets members without a second factor add one on the verify page.
	// nil = the page tells them to add it elsewhere.
	Enroll *Enrollment

	// Forms says how forms posted to guarded routes are kept. Zero = the page
	// shows the names of their fields and no values.
	Forms Forms

	// Language returns the language of a member, as a BCP 47 tag, for the
	// pages and the message; "" = use Accept-Language. It is called
	// concurrently. nil = "" always.
	Language func(r *http.Request) string
	// Action returns what the member is asked to approve, in the app's own
	// words ("Transfer $5,000 to Acme"); "" = not said. It is called with the
	// guarded request when that is refused, and later with requests to the
	// verify handler, whose "next" field holds the way back. What it returns
	// for a form is kept with the form.
	//
	// For a policy that is Bound it is called with every guarded request, which
	// must have the words that were approved, so they must depend on nothing but
	// the request and what does not change. It may read the body. Up to 1,000
	// bytes of its words are shown. It is called concurrently. nil = "" always.
	Action func(r *http.Request, policy Policy) string
	// Pages are files laid over the built-in texts, styles and templates, one
	// by one. nil = the built-in ones. Pages cannot be combined with Render.
	Pages fs.FS
	// Render renders the pages in place of the templates. The security headers
	// are set before it is called; it writes page.Status and the body. It is
	// called concurrently. nil = the templates, with those in Pages.
	Render func(w http.ResponseWriter, r *http.Request, page contract.Page)

	// OnEvent is called for everything worth counting or logging. Requests
	// wait for it, so it must return soon. It is called concurrently.
	// nil = nothing is reported. LogEvents makes one that logs.
	OnEvent func(ctx context.Context, event Event)
}

// withDefaults returns the configuration with its defaults filled in, or an
// error that names the field that is wrong.
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
	c.Policies = clonePolicies(c.Policies)
	if err := validatePolicies(c.Policies); err != nil {
		return c, err
	}
	for i := range c.Policies {
		if p := &c.Policies[i]; p.SameAddress && c.ClientIP == nil {
			return c, fmt.Errorf("stepup: Config.ClientIP is required for policy %q, which asks for SameAddress", p.Name)
		}
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
	if c.MaxCalls == 0 {
		c.MaxCalls = 100
	}
	if c.MaxCalls < 1 || c.MaxCalls > 10_000 {
		return c, fmt.Errorf("stepup: Config.MaxCalls must be 1 to 10,000, is %d", c.MaxCalls)
	}
	if c.LimiterTimeout == 0 {
		c.LimiterTimeout = 100 * time.Millisecond
	}
	if c.LimiterTimeout < 10*time.Millisecond || c.LimiterTimeout > 5*time.Second {
		return c, fmt.Errorf("stepup: Config.LimiterTimeout must be 10 ms to 5 s, is %v", c.LimiterTimeout)
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
	if c.Cookies.mode != cookiesUnset || c.Cookies.JWTName+c.Cookies.TokenName+c.Cookies.Domain+c.Cookies.Path != "" || len(c.Cookies.Older) > 0 {
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
	switch {
	case c.ExtendBy < 0 || c.ExtendBy > maxSessionDuration:
		return fmt.Errorf("stepup: Config.ExtendBy must be 0 to 366 days, is %v", c.ExtendBy)
	case c.ExtendBy > 0 && c.SessionDuration > 0:
		return errors.New("stepup: Config.ExtendBy and Config.SessionDuration contradict each other: set one")
	case c.MaxSession != 0 && (c.MaxSession < minSessionDuration || c.MaxSession > maxSessionDuration):
		return fmt.Errorf("stepup: Config.MaxSession must be 5 minutes to 366 days, is %v", c.MaxSession)
	}
	return c.Logins.withDefaults()
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
	for _, name := range []string{c.CookieName, c.CookieName + loginSuffix} {
		if c.Credential.Read == nil && (name == c.Cookies.JWTName || name == c.Cookies.TokenName) {
			return fmt.Errorf("stepup: Config.CookieName: %s is the name of a session cookie", name)
		}
	}
	return nil
}

func (c *Config) defaultPaths() (err error) {
	if c.VerifyPath == "" {
		c.VerifyPath = "/stepup/"
	}
	if !inbound.IsLocalPath(c.VerifyPath) || len(c.VerifyPath) < 2 || strings.ContainsAny(c.VerifyPath, "?#%;{}") {
		return fmt.Errorf("stepup: Config.VerifyPath must be a path that begins with a slash, is %q", c.VerifyPath)
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
