// Ends a session.

package stepup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytch"
)

// SignOut ends the session at Stytch (POST /v1/b2b/sessions/revoke) and clears
// the session cookies and ours. The cookies are cleared whatever it returns;
// an error says that the session may still live at Stytch, and wraps
// ErrUnavailable if trying again may help, or ErrConflict if there were two
// sessions. It answers nothing and writes headers only, so call it before the
// response is written. The rest of this request still has its session: leave
// what is guarded to the next one.
func (g *Guard) SignOut(w http.ResponseWriter, r *http.Request) error {
	return g.admissions.signOut(w, r)
}

func (s *admissions) signOut(w http.ResponseWriter, r *http.Request) error {
	who, ch, err := s.signedIn(r)
	if who.isNobody() {
		s.clearSession(w, r, subject{}, ch)
		token := s.tokens.opaque(r, ch)
		if token == "" {
			return err
		}
		// No JWT of ours, but the opaque token is what the session lives by.
		return s.revoke(r, subject{}, stytch.RevokeSessionRequest{SessionToken: token})
	}
	s.clearSession(w, r, who, ch)
	err = s.revoke(r, who, stytch.RevokeSessionRequest{MemberSessionID: who.anchor})
	s.provider.ForgetAll(who.anchor)
	return err
}

// signedIn returns whose session it is, or nobody's, and how it came in. A JWT
// that has expired will do, unless it is so old that it could be out of a log.
func (s *admissions) signedIn(r *http.Request) (subject, channel, error) {
	if a := s.found(r); a != nil && !a.who.isNobody() {
		return a.who, a.shown.channel, nil
	}
	a := s.verify(r)
	switch {
	case errors.Is(a.err, ErrUnavailable), errors.Is(a.err, ErrConflict):
		return subject{}, a.shown.channel, a.err // which session to end cannot be told
	case a.err != nil:
		return subject{}, a.shown.channel, nil // nobody is signed in
	case !s.renewsAlone(&a):
		return subject{}, a.shown.channel, fmt.Errorf("%w: %w", ErrNoSession, jwks.ErrExpired)
	}
	return a.who, a.shown.channel, nil
}

func (s *admissions) revoke(r *http.Request, who subject, req stytch.RevokeSessionRequest) error {
	ctx, cancel := context.WithTimeout(r.Context(), requestPatience)
	defer cancel()
	began := time.Now()
	f := s.provider.Revoke(ctx, req)
	if f == nil || f.Code == contract.CodeSessionExpired { // it has ended before
		return nil
	}
	s.events.tell(r.Context(), who, Event{Kind: EventFailed, Reason: string(f.Code), RequestID: f.RequestID, Duration: time.Since(began), Err: f.Err})
	return fmt.Errorf("%w: %w", ErrUnavailable, f)
}
