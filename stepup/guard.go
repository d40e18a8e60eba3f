package stepup

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rungauth/rung/jwks"
)

// Guard is the middleware and the verify pages of one Stytch project. It is
// made by New, never changes afterwards, and may be used by any number of
// goroutines at once. Close it when the server has shut down.
type Guard struct {
	config     Config
	projectID  string
	verifyPath string
	policies   map[string]Policy

	verifier    *jwks.Verifier
	ownVerifier bool
	stytch      *service
	standings   flight[*standing]
	verdicts    flight[*verdict]
	challenged  recent
	pending     *pendingStore
	pages       *pages
	origins     *http.CrossOriginProtection
	keys        keyring
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
		config:     config,
		projectID:  config.Client.ProjectID(),
		verifyPath: config.VerifyPath,
		policies:   make(map[string]Policy, len(config.Policies)),
		origins:    http.NewCrossOriginProtection(),
	}
	for _, p := range config.Policies {
		p.Methods = slices.Clone(p.Methods)
		g.policies[p.Name] = p
	}
	for _, origin := range config.TrustedOrigins {
		if err := g.origins.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("stepup: Config.TrustedOrigins: %w", err)
		}
	}
	if g.keys, err = newKeyring(config.Key, config.OldKeys); err != nil {
		return nil, err
	}
	if g.pages, err = newPages(config.Pages); err != nil {
		return nil, err
	}
	if g.config.Render == nil {
		g.config.Render = g.pages.render
	}
	g.pending = newPendingStore(config, g.keys)
	g.stytch = newService(config.Client)
	g.standings.service, g.verdicts.service = g.stytch, g.stytch
	g.verifier = config.Verifier
	if g.verifier == nil {
		own := config.Client.JWKS()
		own.Leeway = config.Leeway
		if g.verifier, err = jwks.New(own); err != nil {
			return nil, fmt.Errorf("stepup: %w", err)
		}
		g.ownVerifier = true
	}
	if project := g.verifier.ProjectID(); project != g.projectID {
		return nil, fmt.Errorf("stepup: Config.Verifier is for project %s, Config.Client for %s", project, g.projectID)
	}
	return g, nil
}

// Ready waits until sessions can be verified, or until ctx is done: it is what
// a readiness probe asks. The error wraps the reason why they can not.
func (g *Guard) Ready(ctx context.Context) error { return g.verifier.Ready(ctx) }

// Close ends what the Guard does in the background and waits for it. Call it
// when no request is served any more; calls to Stytch still under way are cut
// short. It may be called more than once.
func (g *Guard) Close() {
	g.stytch.close()
	if g.ownVerifier {
		g.verifier.Close()
	}
}

// LoadSession puts the session of the request, if it carries a good one, into
// its context for next, and renews one whose JWT has expired. It never denies:
// who carries none is let through without, see SessionFromContext. What went
// wrong is kept for Check.
func (g *Guard) LoadSession(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, g.admitOptional(w, r))
	})
}

// RequireSession lets a request through to next if it carries a good session,
// which SessionFromContext returns, and renews one whose JWT has expired. All
// others are answered by Deny.
func (g *Guard) RequireSession(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, err := g.admitSession(w, r)
		if err != nil {
			g.Deny(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Require lets a request through if it carries a good session that satisfies
// the policy; it needs no RequireSession in front. All others are answered by
// Deny. It panics if the policy is not one of Config.Policies, which shows
// when the routes are set up.
func (g *Guard) Require(policy Policy) func(next http.Handler) http.Handler {
	if err := g.registered(policy); err != nil {
		panic(err)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r, err := g.admitPolicy(w, r, policy)
			if err != nil {
				g.Deny(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// Check decides whether the request satisfies the policy and writes nothing,
// for handlers that see only half-way that they need to ask. It reads the
// session that LoadSession, RequireSession or Require of this Guard put into
// the context; behind none of them it returns ErrNoSession. A nil error lets
// the request through; Deny answers any other. The error wraps one of the
// errors of this package.
func (g *Guard) Check(r *http.Request, policy Policy) error {
	if err := g.registered(policy); err != nil {
		return err
	}
	found := g.found(r)
	switch {
	case found == nil:
		return ErrNoSession
	case found.err != nil:
		return found.err
	}
	return policy.check(found.id.session, time.Now(), g.config.Leeway)
}

func (g *Guard) registered(policy Policy) error {
	if p, ok := g.policies[policy.Name]; !ok || !p.equal(policy) {
		return fmt.Errorf("%w: %q", ErrPolicy, policy.Name)
	}
	return nil
}
