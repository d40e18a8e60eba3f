// The parts of a Guard. New puts them together when the app starts; the
// methods that a request meets are in middleware.go, deny.go, verify.go and
// signout.go.

package stepup

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/internal/pages"
	"github.com/rungauth/rung/stepup/internal/provider"
	"github.com/rungauth/rung/stepup/internal/quota"
	"github.com/rungauth/rung/stepup/internal/seal"
)

// Guard is the middleware and the verify pages of one Stytch project. It is
// made by New, never changes afterwards, and may be used by any number of
// goroutines at once. Close it when the server has shut down.
type Guard struct {
	*steps
	responder   *responder
	verifier    *jwks.Verifier
	ownVerifier bool
}

// steps is what the steps of a step-up share. They are its methods: what a
// refused request begins is in challenge.go, and what the endpoints of the
// verify handler do is in show.go, submit.go and phone.go.
type steps struct {
	config   Config // with its defaults
	policies map[string]*Policy
	factors  []*factor // the strongest first
	links    links

	admissions *admissions
	provider   *provider.Provider
	quota      *quota.Counters
	keys       seal.Keyring
	bookmarks  *bookmarks
	texted     recent
	forms      *keeper
	approvals  *approvals
	logins     *logins
	pages      *pages.Pages
	events     events
}

// New returns a Guard. It does not wait for the network: the keys of the
// project are fetched in the background, see Ready. An error names the field
// of the configuration that is wrong.
func New(config Config) (*Guard, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	g := &Guard{steps: &steps{
		config:   config,
		policies: make(map[string]*Policy, len(config.Policies)),
		factors:  factors(),
		links:    links{Links: config.Links, verify: strings.TrimSuffix(config.VerifyPath, "/") + "/", bare: !strings.HasSuffix(config.VerifyPath, "/"), public: config.PublicPath, trusted: config.TrustedOrigins},
		events:   events{config.OnEvent},
	}}
	addresses := false
	for i := range config.Policies {
		p := config.Policies[i].clone()
		p.all = p.requirements()
		g.policies[p.Name] = &p
		addresses = addresses || p.SameAddress
	}
	if g.keys, err = seal.New(config.Key, config.OldKeys); err != nil {
		return nil, err
	}
	if g.pages, err = pages.New(config.Pages); err != nil {
		return nil, err
	}
	origins := http.NewCrossOriginProtection()
	for _, origin := range config.TrustedOrigins {
		if err := origins.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("stepup: Config.TrustedOrigins: %w", err)
		}
	}
	if err := g.openVerifier(); err != nil {
		return nil, err
	}
	g.provider = provider.New(config.Client, g.verifier, config.MaxCalls)
	g.quota = quota.New(config.Limiter, quota.Limits(config.Limits), config.LimiterTimeout, config.Client.ProjectID(), g.keys.Limiter(), g.events.tellLimit)
	g.bookmarks = newBookmarks(config.Store, config.CookieName, !config.InsecureCookies, g.keys.Cookies())
	g.admissions = &admissions{
		provider: g.provider, quota: g.quota, bookmarks: g.bookmarks, origins: origins, events: g.events,
		tokens:        tokens{cookies: config.Cookies, keep: config.Credential, bearer: config.Bearer, secure: !config.InsecureCookies},
		refreshWithin: config.RefreshWithin,
	}
	g.forms = &keeper{forms: config.Forms, links: &g.links, keys: g.keys, action: config.Action, events: g.events}
	g.approvals = &approvals{
		keys: g.keys, quota: g.quota, links: &g.links, forms: config.Forms, describe: config.Action,
		clientIP: config.ClientIP, addresses: addresses, leeway: config.Leeway,
	}
	g.logins = &logins{keys: g.keys, name: config.CookieName + loginSuffix, secure: !config.InsecureCookies}
	g.responder = &responder{
		approvals: g.approvals, logins: g.logins,
		admissions: g.admissions, links: &g.links, keys: g.keys, pages: g.pages, render: config.Render,
		language: config.Language, action: config.Action, leadTo: config.Forms.Actions, events: g.events,
	}
	if g.responder.render == nil {
		g.responder.render = g.pages.Render
	}
	return g, nil
}

// openVerifier uses Config.Verifier, or makes a Verifier of its own.
func (g *Guard) openVerifier() (err error) {
	if g.verifier = g.config.Verifier; g.verifier == nil {
		own := g.config.Client.JWKS()
		own.Leeway = g.config.Leeway
		if g.verifier, err = jwks.New(own); err != nil {
			return fmt.Errorf("stepup: %w", err)
		}
		g.ownVerifier = true
	}
	if of, want := g.verifier.ProjectID(), g.config.Client.ProjectID(); of != want {
		return fmt.Errorf("stepup: Config.Verifier is for project %s, Config.Client for %s", of, want)
	}
	return nil
}

// Ready waits until sessions can be verified or ctx is done, for use in a
// readiness probe. The error wraps the reason why they cannot.
func (g *Guard) Ready(ctx context.Context) error { return g.verifier.Ready(ctx) }

// Close stops the Guard's background work and waits for it to end. Call it
// when the server has shut down: calls to Stytch still under way are cut
// short. It may be called more than once.
func (g *Guard) Close() {
	g.provider.Close()
	if g.ownVerifier {
		g.verifier.Close()
	}
}
