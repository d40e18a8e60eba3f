// The middleware that an app wraps its handlers in, where every guarded
// request begins, and Check for use inside a handler.

package stepup

import (
	"fmt"
	"net/http"
	"time"

	"github.com/rungauth/rung/stepup/internal/inbound"
)

// LoadSession puts the session of the request, if it carries a valid one, into
// the request's context, and renews one whose JWT has expired. It never
// denies: a request without a session passes through without one, see
// SessionFromContext. Check returns what went wrong. An answer that sets a
// session cookie is sent as no-store, whatever next says.
func (g *Guard) LoadSession(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, a := g.admissions.admit(w, r)
		pass(w, r, a, next, false)
	})
}

// RequireSession lets a request through to next if it carries a valid session,
// which SessionFromContext returns, and renews one whose JWT has expired. Deny
// answers all others. What next answers is "Cache-Control: private" unless next
// says otherwise, and no-store if it sets a session cookie, whatever next says.
func (g *Guard) RequireSession(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, a := g.admissions.admit(w, r)
		if a.err != nil {
			g.Deny(w, r, a.err)
			return
		}
		pass(w, r, a, next, true)
	})
}

// Require lets a request through if it carries a valid session that satisfies
// the policy; it needs no RequireSession in front. Deny answers all others. A
// request that would change something and comes from another site is one of
// these, however fresh the step-up: see Config.TrustedOrigins. Caching is as for
// RequireSession. Require panics if the policy is not one of Config.Policies, so that this shows when
// the routes are set up.
func (g *Guard) Require(policy Policy) func(next http.Handler) http.Handler {
	p, err := g.registered(policy)
	if err != nil {
		panic(err)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r, a, err := g.admitPolicy(w, r, p)
			if err != nil {
				g.Deny(w, r, err)
				return
			}
			pass(w, r, a, next, true)
		})
	}
}

// admitPolicy admits a request whose session satisfies the policy. If its JWT
// does not, Stytch is asked: the member may have stepped up in another tab
// since this JWT was made.
func (g *Guard) admitPolicy(w http.ResponseWriter, r *http.Request, p *Policy) (*http.Request, *admission, error) {
	r, a := g.admissions.admit(w, r)
	if a.err != nil {
		return r, a, a.err
	}
	if g.admissions.isForged(r, a.shown.channel) {
		return r, a, ErrCrossOrigin
	}
	d := p.decide(a.who.session, g.config.Leeway)
	if d.satisfied {
		return r, a, nil
	}
	if d.impersonated || inbound.KindOf(r, a.shown.channel == channelBearer) == inbound.Prefetch {
		return r, a, d.err(p)
	}
	began := time.Now()
	asked := *g.admissions.askable(r, a) // a copy: others may read the one in the context
	current, f := g.admissions.ask(r.Context(), &asked)
	asked.spent, asked.asked = asked.spent+time.Since(began), true
	r, a = asked.into(r)
	if f != nil {
		return r, a, g.admissions.explain(w, r, a, f)
	}
	if d := p.decide(current.Session, g.config.Leeway); !d.satisfied {
		return r, a, d.err(p)
	}
	fresh, err := g.admissions.adopt(w, r, a, current)
	if err != nil {
		return r, a, err
	}
	fresh.spent, fresh.asked = a.spent, true
	r, a = fresh.into(r)
	return r, a, nil
}

// Check decides whether the request satisfies the policy, and writes nothing.
// It is for handlers that find out only halfway that they need a step-up. It
// reads the session that LoadSession, RequireSession or Require of this Guard
// put into the context; behind none of them it returns ErrNoSession. A nil
// error lets the request through; Deny answers any other. The error wraps one
// of the errors of this package.
func (g *Guard) Check(r *http.Request, policy Policy) error {
	p, err := g.registered(policy)
	if err != nil {
		return err
	}
	found := g.admissions.found(r)
	switch {
	case found == nil:
		return ErrNoSession
	case found.err != nil:
		return found.err
	case g.admissions.isForged(r, found.shown.channel):
		return ErrCrossOrigin
	}
	return p.decide(found.who.session, g.config.Leeway).err(p)
}

// registered returns the Guard's own copy of a policy, which no caller can
// change, or an error that wraps ErrPolicy if it is not one of
// Config.Policies.
func (g *Guard) registered(policy Policy) (*Policy, error) {
	if p := g.policies[policy.Name]; p != nil && p.equal(policy) {
		return p, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrPolicy, policy.Name)
}

// ReturnPath returns path if it is a path of this origin, at most 1024 bytes
// long and not one of the verify handler, and "/" otherwise. The guard applies
// it when it receives a path and again when it uses it, so that no forged
// form, URL or cookie can send a member elsewhere. Sign-in handlers must apply
// it to the parameter "next" that Links.Login gets, which anyone can write.
func (g *Guard) ReturnPath(path string) string { return g.links.returnPath(path) }
