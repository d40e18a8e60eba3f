// What a Guard is made of. Its methods are in the files that follow a request:
// middleware, admit, deny and verify.

package stepup

import (
	"context"
	"fmt"
	"net/http"
	"slices"

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
	config   Config // with its defaults
	policies map[string]*Policy
	factor   factor // what the verify pages ask for

	provider  *provider.Provider
	quota     *quota.Counters
	keys      seal.Keyring
	tokens    tokens
	bookmarks *bookmarks
	texted    recent
	pages     *pages.Pages
	links     links
	origins   *http.CrossOriginProtection
	events    events

	verifier    *jwks.Verifier
	ownVerifier bool
}

// New makes a Guard. It does not wait for the network: the keys of the project
// are fetched in the background, see Ready. An error names the field of the
// configuration that is wrong.
func New(config Config) (*Guard, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	g := &Guard{
		config:   config,
		policies: make(map[string]*Policy, len(config.Policies)),
		factor:   textMessage(),
		tokens:   newTokens(config),
		links:    newLinks(config),
		origins:  http.NewCrossOriginProtection(),
		events:   events{config.OnEvent},
	}
	for _, p := range config.Policies {
		p.Methods = slices.Clone(p.Methods)
		g.policies[p.Name] = &p
	}
	for _, origin := range config.TrustedOrigins {
		if err := g.origins.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("stepup: Config.TrustedOrigins: %w", err)
		}
	}
	if g.keys, err = seal.New(config.Key, config.OldKeys); err != nil {
		return nil, err
	}
	if g.pages, err = pages.New(config.Pages); err != nil {
		return nil, err
	}
	if g.config.Render == nil {
		g.config.Render = g.pages.Render
	}
	g.bookmarks = newBookmarks(config, g.keys.Cookies())
	g.quota = quota.New(config.Limiter, quota.Limits(config.Limits), config.Client.ProjectID(), g.keys.Limiter(), g.events.tellLimit)
	if g.verifier = config.Verifier; g.verifier == nil {
		own := config.Client.JWKS()
		own.Leeway = config.Leeway
		if g.verifier, err = jwks.New(own); err != nil {
			return nil, fmt.Errorf("stepup: %w", err)
		}
		g.ownVerifier = true
	}
	if of, want := g.verifier.ProjectID(), config.Client.ProjectID(); of != want {
		return nil, fmt.Errorf("stepup: Config.Verifier is for project %s, Config.Client for %s", of, want)
	}
	g.provider = provider.New(config.Client, g.verifier)
	return g, nil
}

// Ready waits until sessions can be verified, or until ctx is done: it is what
// a readiness probe asks. The error wraps the reason why they cannot.
func (g *Guard) Ready(ctx context.Context) error { return g.verifier.Ready(ctx) }

// Close ends what the Guard does in the background and waits for it. Call it
// when no request is served any more; calls to Stytch still under way are cut
// short. It may be called more than once.
func (g *Guard) Close() {
	g.provider.Close()
	if g.ownVerifier {
		g.verifier.Close()
	}
}
