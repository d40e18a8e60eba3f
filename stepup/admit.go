package stepup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// The funcs below decide whether a request is let through. They return it with
// what was found in its context, also beside an error: Deny then need not find
// it again, for renewing a session may have cost its old JWT.

// resolve finds the session of a request and renews one whose JWT has expired.
func (g *Guard) resolve(w http.ResponseWriter, r *http.Request) (*http.Request, *resolved) {
	if found := g.found(r); found != nil {
		return r, found
	}
	began := time.Now()
	found := &resolved{guard: g}
	found.id, found.err = g.renewed(w, r)
	found.spent = time.Since(began)
	return found.into(r), found
}

// admitOptional wants nothing.
func (g *Guard) admitOptional(w http.ResponseWriter, r *http.Request) *http.Request {
	r, _ = g.resolve(w, r)
	return r
}

// admitSession wants a good session.
func (g *Guard) admitSession(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	r, found := g.resolve(w, r)
	return r, found.err
}

// admitPolicy wants a good session that satisfies the policy. If its JWT does
// not, Stytch is asked: the JWT may be older than a step-up elsewhere, as in a
// tab that slept through one in another.
func (g *Guard) admitPolicy(w http.ResponseWriter, r *http.Request, policy Policy) (*http.Request, error) {
	r, found := g.resolve(w, r)
	if found.err != nil {
		return r, found.err
	}
	err := policy.check(found.id.session, time.Now(), g.config.Leeway)
	if !errors.Is(err, ErrStepUpRequired) || !g.mayAsk(r, found.id) {
		return r, err
	}
	id := g.askable(r, found.id)
	began := time.Now()
	current, err := g.ask(r.Context(), id)
	found.spent += time.Since(began)
	if err != nil {
		return r, g.ended(w, r, id, err)
	}
	if err := policy.check(current.session, time.Now(), g.config.Leeway); err != nil {
		return r, err
	}
	fresh, err := g.adopt(w, r, id, current)
	if err != nil {
		return r, err
	}
	renewed := &resolved{guard: g, id: fresh, spent: found.spent}
	return renewed.into(r), nil
}

// mayAsk keeps guesses of the browser and forms of other sites from causing
// calls.
func (g *Guard) mayAsk(r *http.Request, id *identity) bool {
	return clientOf(r, id.channel) != clientPrefetch && !g.isForged(r, id.channel)
}

// isForged tells whether another site made this browser send the request. A
// bearer token is not sent by itself, so nobody else can have.
func (g *Guard) isForged(r *http.Request, ch channel) bool {
	return isUnsafe(r.Method) && ch != channelBearer && g.origins.Check(r) != nil
}

// ended turns the error of a call to Stytch about a session into one of this
// package, and makes the browser forget a session that has ended.
func (g *Guard) ended(w http.ResponseWriter, r *http.Request, id *identity, err error) error {
	if errors.Is(r.Context().Err(), context.Canceled) {
		return fmt.Errorf("%w: %w", ErrUnavailable, context.Canceled) // the client has hung up: nobody's fault
	}
	f := failureOf(err)
	switch f.code {
	case CodeSessionExpired:
		g.tell(r.Context(), id, Event{Kind: EventSessionRejected, Reason: f.code, RequestID: f.requestID, Err: err})
		g.forget(w, r, id)
		return fmt.Errorf("%w: %w", ErrNoSession, err)
	case CodeMisconfigured:
		g.tell(r.Context(), id, Event{Kind: EventFailed, Reason: f.code, RequestID: f.requestID, Err: err})
		return fmt.Errorf("%w: %w", errMisconfigured, err)
	}
	g.tell(r.Context(), id, Event{Kind: EventFailed, Reason: f.code, RequestID: f.requestID, Err: err})
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// errMisconfigured: Stytch refuses the app itself.
var errMisconfigured = errors.New("stepup: Stytch refuses the credentials or the settings of the app")
