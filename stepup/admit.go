// Lets a request through, or says why not: the first step of every middleware.
// What was found goes into the context, also beside an error: Deny then need
// not find it again, for renewing a session may have cost its old JWT.

package stepup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/provider"
)

// admit finds out whose request it is, and renews a session whose JWT has
// expired.
func (g *Guard) admit(w http.ResponseWriter, r *http.Request) (*http.Request, *admission) {
	if a := g.found(r); a != nil {
		return r, a
	}
	a := g.verify(r)
	switch {
	case errors.Is(a.err, jwks.ErrInvalidToken), errors.Is(a.err, ErrConflict):
		g.events.tell(r.Context(), subject{}, Event{Kind: EventSessionRejected, Err: a.err})
	case a.err == nil && a.shown.expired:
		began := time.Now()
		a = g.renew(w, r, a)
		a.spent = time.Since(began)
	}
	return a.into(r), &a
}

// admitPolicy admits a request whose session satisfies the policy. If its JWT
// does not, Stytch is asked: the JWT may be older than a step-up elsewhere, as
// in a tab that slept through one in another.
func (g *Guard) admitPolicy(w http.ResponseWriter, r *http.Request, p *Policy) (*http.Request, error) {
	r, a := g.admit(w, r)
	if a.err != nil {
		return r, a.err
	}
	d := g.decide(p, a.who.session)
	if d.satisfied {
		return r, nil
	}
	if d.impersonated || !g.mayAsk(r, a.shown.channel) {
		return r, d.err(p)
	}
	began := time.Now()
	whole := g.askable(r, a)
	current, f := g.ask(r.Context(), whole)
	a.spent += time.Since(began)
	if f != nil {
		return r, g.refusal(w, r, whole, f)
	}
	if d := g.decide(p, current.Session); !d.satisfied {
		return r, d.err(p)
	}
	fresh, err := g.adopt(w, r, whole, current)
	if err != nil {
		return r, err
	}
	fresh.spent = a.spent
	return fresh.into(r), nil
}

// askable returns a with the opaque session token of the request, for those who
// are going to ask Stytch.
func (g *Guard) askable(r *http.Request, a *admission) *admission {
	if a.who.isNobody() || a.shown.token != "" {
		return a
	}
	whole := *a
	whole.shown.token = g.tokens.opaque(r, a.shown.channel)
	return &whole
}

// mayAsk keeps guesses of the browser and forms of other sites from causing
// calls.
func (g *Guard) mayAsk(r *http.Request, ch channel) bool {
	return inbound.KindOf(r, ch == channelBearer) != inbound.Prefetch && !g.isForged(r, ch)
}

// isForged reports whether another site made this browser send the request. A
// bearer token is not sent by itself, so nobody else can have.
func (g *Guard) isForged(r *http.Request, ch channel) bool {
	return inbound.IsUnsafe(r.Method) && ch != channelBearer && g.origins.Check(r) != nil
}

// refusal turns a failed call about a session into an error of this package,
// and makes the client forget a session that has ended.
func (g *Guard) refusal(w http.ResponseWriter, r *http.Request, a *admission, f *provider.Failure) error {
	if errors.Is(r.Context().Err(), context.Canceled) {
		return fmt.Errorf("%w: %w", ErrUnavailable, context.Canceled) // the client has hung up: nobody's fault
	}
	g.events.tellFailure(r.Context(), a.who, "", "", f)
	switch f.Code {
	case contract.CodeSessionExpired:
		g.clearSession(w, r, a.who, a.shown.channel)
		return fmt.Errorf("%w: %w", ErrNoSession, f)
	case contract.CodeMisconfigured:
		return fmt.Errorf("%w: %w", errMisconfigured, f)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, f)
}
