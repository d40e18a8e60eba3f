// Ends a session. The app's sign-out handler calls SignOut.

package stepup

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/provider"
)

// SignOut ends the session at Stytch (POST /v1/b2b/sessions/revoke) and clears
// the session cookies and ours. The cookies are cleared even if it returns an
// error: the session may then still live at Stytch. Of a request that carries
// several sessions it ends them all. The error wraps ErrUnavailable if trying
// again may help, and ErrNoSession if the JWT expired too long ago. SignOut
// writes headers only, so call it before the response is written. For the rest
// of this request SessionFromContext still returns the session.
func (g *Guard) SignOut(w http.ResponseWriter, r *http.Request) error {
	err := g.admissions.signOut(w, r)
	if !errors.Is(err, ErrCrossOrigin) {
		g.logins.forget(w, r)
	}
	return err
}

func (s *admissions) signOut(w http.ResponseWriter, r *http.Request) error {
	if ch := s.tokens.present(r).channel; s.isForged(r, ch) {
		return ErrCrossOrigin // any site could sign members out
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestPatience)
	defer cancel()
	who, ch, err := s.signedIn(r)
	s.clearSession(w, r, who, ch)
	if !who.isNobody() {
		err = s.ended(ctx, who, s.provider.Revoke(ctx, who.anchor))
		s.provider.ForgetAll(who.anchor)
		return err
	}
	if errors.Is(err, ErrConflict) {
		return s.endAll(ctx, r)
	}
	// No valid JWT, but the opaque token is enough to end its session.
	token := s.tokens.opaque(r, ch)
	if token == "" {
		return err
	}
	return s.ended(ctx, who, s.provider.RevokeToken(ctx, token))
}

// endAll ends all sessions of a request that shows several.
func (s *admissions) endAll(ctx context.Context, r *http.Request) (err error) {
	for _, a := range s.rivals(r) {
		err = errors.Join(err, s.ended(ctx, a.who, s.provider.Revoke(ctx, a.who.anchor)))
		s.provider.ForgetAll(a.who.anchor)
	}
	return err
}

// ended is what SignOut returns after a call to end a session.
func (s *admissions) ended(ctx context.Context, who subject, f *provider.Failure) error {
	if f == nil || f.Code == contract.CodeSessionExpired { // it had ended already
		return nil
	}
	kind := EventFailed
	if who.isNobody() {
		kind = EventLimited // anybody can cause this
	}
	s.events.tell(ctx, who, Event{Kind: kind, Reason: string(f.Code), RequestID: f.RequestID, Err: f.Err})
	return fmt.Errorf("%w: %w", ErrUnavailable, f)
}

// signedIn returns whose session the request carries, or nobody, and the
// channel it came in. An expired JWT will do, unless it is so old that it
// could be out of a log.
func (s *admissions) signedIn(r *http.Request) (subject, channel, error) {
	if a := s.found(r); a != nil && !a.who.isNobody() {
		return a.who, a.shown.channel, nil
	}
	a := s.verify(r)
	switch {
	case errors.Is(a.err, ErrUnavailable), errors.Is(a.err, ErrConflict):
		return subject{}, a.shown.channel, a.err // it is not known whose session to end
	case a.err != nil:
		return subject{}, a.shown.channel, nil // nobody is signed in
	case !s.renewsAlone(&a):
		return subject{}, a.shown.channel, fmt.Errorf("%w: %w", ErrNoSession, jwks.ErrExpired)
	}
	return a.who, a.shown.channel, nil
}
