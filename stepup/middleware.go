// The middleware that an app wraps its handlers in, where every guarded
// request begins, and Check for use inside a handler.

package stepup

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/provider"
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
// RequireSession. Require panics if the policy is not one of Config.Policies, so
// that this shows when the routes are set up.
func (g *Guard) Require(policy Policy) func(next http.Handler) http.Handler {
	p, err := g.registered(policy)
	if err != nil {
		panic(err)
	}
	return g.require(func(*http.Request, *admission) (*Policy, error) { return p, nil })
}

// RequireFunc is Require with a policy that choose returns for each request, by
// the member's organization or an amount for instance. It must be one of
// Config.Policies; the zero Policy, like any other that is not, is answered with
// 500. choose is called concurrently, and only with requests that carry a valid
// session. It may call ParseForm; if it reads the body in another way, it has to
// put it back.
func (g *Guard) RequireFunc(choose func(r *http.Request, session *jwks.Session) Policy) func(next http.Handler) http.Handler {
	return g.require(func(r *http.Request, a *admission) (*Policy, error) {
		return g.registered(choose(r, a.who.session))
	})
}

func (g *Guard) require(policy func(*http.Request, *admission) (*Policy, error)) func(next http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r, a, err := g.admitPolicy(w, r, policy)
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
func (g *Guard) admitPolicy(w http.ResponseWriter, r *http.Request, policy func(*http.Request, *admission) (*Policy, error)) (*http.Request, *admission, error) {
	r, a := g.admissions.admit(w, r)
	if a.err != nil {
		return r, a, a.err
	}
	if g.admissions.isForged(r, a.shown.channel) {
		return r, a, ErrCrossOrigin
	}
	p, err := policy(r, a)
	if err != nil {
		return r, a, err
	}
	hash, err := g.actionOf(w, r, p)
	if err != nil {
		return r, a, err
	}
	d, nonce := g.proves(r, p, a.who.session, hash)
	if !d.satisfied {
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
		if d, nonce = g.proves(r, p, current.Session, hash); !d.satisfied {
			return r, a, d.err(p)
		}
		fresh, err := g.admissions.adopt(w, r, a, current)
		if err != nil {
			return r, a, err
		}
		fresh.spent, fresh.asked = a.spent, true
		r, a = fresh.into(r)
	}
	if err := g.alive(r, a, p); err != nil {
		var f *provider.Failure
		if errors.As(err, &f) {
			err = g.admissions.explain(w, r, a, f)
		}
		return r, a, err
	}
	return r, a, g.use(r, a, p, nonce)
}

// actionOf is the hash of what a guarded request would do, if the policy cares.
func (g *Guard) actionOf(w http.ResponseWriter, r *http.Request, p *Policy) (string, error) {
	switch {
	case !p.isUsedUp():
		return "", nil
	case !p.Bound:
		return g.approvals.hash(r, p)
	}
	arrived := limitReading(w, r)
	hash, err := g.approvals.hash(r, p)
	if err == nil {
		arrived()
	}
	return hash, err
}

// proves is what a session proves about a policy and a request.
func (g *Guard) proves(r *http.Request, p *Policy, s *jwks.Session, hash string) (decision, string) {
	return g.approvals.judge(r, p, s, hash, p.decide(s, g.config.Leeway))
}

// alive asks Stytch whether a session that satisfies the policy still lives, and
// still has its factors, if the policy wants to know. A failed call is a
// *provider.Failure.
func (g *Guard) alive(r *http.Request, a *admission, p *Policy) error {
	if !p.Live {
		return nil
	}
	current, f := g.provider.Alive(r.Context(), provider.Question{Of: a.who.asked(), JWT: a.shown.jwt})
	if f != nil {
		return f
	}
	return p.decide(current.Session, g.config.Leeway).err(p)
}

// use uses the approval of a request up; "" = it needs none.
func (g *Guard) use(r *http.Request, a *admission, p *Policy, nonce string) error {
	if nonce == "" {
		return nil
	}
	if inbound.KindOf(r, a.shown.channel == channelBearer) == inbound.Prefetch {
		return decision{}.err(p) // a page that nobody has asked for yet must not use it up
	}
	err := g.approvals.use(r.Context(), a.who, p, nonce)
	if errors.Is(err, ErrUnavailable) && r.Context().Err() == nil {
		g.events.tell(r.Context(), a.who, Event{Kind: EventFailed, Policy: p.Name, Reason: "limiter", Err: err})
	}
	return err
}

// Check decides whether the request satisfies the policy, and writes nothing.
// It is for handlers that find out only halfway that they need a step-up. It
// reads the session that LoadSession, RequireSession or Require of this Guard
// put into the context; behind none of them it returns ErrNoSession. A nil
// error lets the request through; Deny answers any other. The error wraps one
// of the errors of this package.
//
// With a policy that is Bound, call it before the body is read by anything but
// ParseForm: Check reads it, as long as that takes, and puts it back; of a body
// that was read before it returns ErrBody. With a policy that is Bound,
// EveryTime or Live it may wait for the limiter or for Stytch, and it uses the
// proof up.
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
	hash := ""
	if p.isUsedUp() {
		if hash, err = g.approvals.hash(r, p); err != nil {
			return err
		}
	}
	d, nonce := g.proves(r, p, found.who.session, hash)
	if !d.satisfied {
		return d.err(p)
	}
	if err := g.alive(r, found, p); err != nil {
		var f *provider.Failure
		if errors.As(err, &f) {
			err = g.admissions.report(r, found, f)
		}
		return err
	}
	return g.use(r, found, p, nonce)
}

// Policies returns the policies of the Guard, in the order of Config.Policies,
// for a program that prints them when it starts.
func (g *Guard) Policies() []Policy { return clonePolicies(g.config.Policies) }

// registered returns the Guard's own copy of a policy, which no caller can
// change, or an error that wraps ErrPolicy if it is not one of
// Config.Policies.
func (g *Guard) registered(policy Policy) (*Policy, error) {
	if p := g.policies[policy.Name]; p != nil && p.equal(&policy) {
		return p, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrPolicy, policy.Name)
}

// ReturnPath returns path if it is a path of this origin, at most 4096 bytes
// long and not one of the verify handler, and "/" otherwise. The guard applies
// it when it receives a path and again when it uses it, so that no forged
// form, URL or cookie can send a member elsewhere. Sign-in handlers must apply
// it to the parameter "next" that Links.Login gets, which anyone can write.
func (g *Guard) ReturnPath(path string) string { return g.links.returnPath(path) }
