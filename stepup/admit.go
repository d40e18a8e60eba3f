// Finds out whose request it is: the first step of the middleware and of the
// verify handler. The result goes into the context, even with an error:
// renewing may have used up the old JWT, so Deny could not find out again.

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
func (s *admissions) admit(w http.ResponseWriter, r *http.Request) (*http.Request, *admission) {
	if a := s.found(r); a != nil {
		return r, a
	}
	a := s.verify(r)
	if errors.Is(a.err, ErrConflict) {
		began := time.Now()
		if alive := s.settle(w, r); alive != nil {
			a = *alive
		}
		a.spent, a.asked = time.Since(began), true
	}
	switch {
	case isEarly(a.err):
		err := fmt.Errorf("%w; this clock is %v behind Stytch's", a.err, s.provider.ClockSkew())
		s.events.tell(r.Context(), subject{}, Event{Kind: EventFailed, Reason: "clock", Err: err})
	case errors.Is(a.err, jwks.ErrInvalidToken), errors.Is(a.err, ErrConflict):
		s.events.tell(r.Context(), subject{}, Event{Kind: EventSessionRejected, Err: a.err})
	case a.err == nil && a.shown.expired && !a.asked:
		began := time.Now()
		a = s.renew(w, r, a)
		a.spent, a.asked = time.Since(began), true
	}
	return a.into(r)
}

// askable returns a with the opaque session token of the request, for a call
// to Stytch.
func (s *admissions) askable(r *http.Request, a *admission) *admission {
	if a.who.isNobody() || a.shown.token != "" {
		return a
	}
	whole := *a
	whole.shown.token = s.tokens.opaque(r, a.shown.channel)
	return &whole
}

// isForged reports whether another site made this browser send the request. No
// browser sends a bearer token by itself, so a request with one is never
// forged.
func (s *admissions) isForged(r *http.Request, ch channel) bool {
	return inbound.IsUnsafe(r.Method) && ch != channelBearer && s.origins.Check(r) != nil
}

// explain is report for a request whose answer can still be changed: it clears
// the cookies of a session that has ended.
func (s *admissions) explain(w http.ResponseWriter, r *http.Request, a *admission, f *provider.Failure) error {
	err := s.report(r, a, f)
	if errors.Is(err, ErrNoSession) {
		s.clearSession(w, r, a.who, a.shown.channel)
	}
	return err
}

// report turns a failed call about a session into an error of this package.
func (s *admissions) report(r *http.Request, a *admission, f *provider.Failure) error {
	if errors.Is(r.Context().Err(), context.Canceled) {
		return fmt.Errorf("%w: %w", ErrUnavailable, context.Canceled) // the client has hung up: nobody's fault
	}
	s.events.tellFailure(r.Context(), a.who, "", "", f)
	switch f.Code {
	case contract.CodeSessionExpired:
		return fmt.Errorf("%w: %w", ErrNoSession, f)
	case contract.CodeMisconfigured:
		return fmt.Errorf("%w: %w: %w", ErrUnavailable, errMisconfigured, f)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, f)
}
