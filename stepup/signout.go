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
	who, ch, err := g.signedIn(r)
	if who.isNobody() {
		g.clearSession(w, r, subject{}, ch)
		token := g.tokens.opaque(r, ch)
		if token == "" {
			return err
		}
		// No JWT of ours, but the opaque token is what the session lives by.
		return g.revoke(r, subject{}, stytch.RevokeSessionRequest{SessionToken: token})
	}
	g.clearSession(w, r, who, ch)
	err = g.revoke(r, who, stytch.RevokeSessionRequest{MemberSessionID: who.anchor})
	g.provider.ForgetAll(who.anchor)
	return err
}

// signedIn returns whose session it is, or nobody's, and how it came in. A JWT
// that has expired will do, unless it is so old that it could be out of a log.
func (g *Guard) signedIn(r *http.Request) (subject, channel, error) {
	if a := g.found(r); a != nil && !a.who.isNobody() {
		return a.who, a.shown.channel, nil
	}
	a := g.verify(r)
	switch {
	case errors.Is(a.err, ErrUnavailable), errors.Is(a.err, ErrConflict):
		return subject{}, a.shown.channel, a.err // which session to end cannot be told
	case a.err != nil:
		return subject{}, a.shown.channel, nil // nobody is signed in
	case !g.renewsAlone(&a):
		return subject{}, a.shown.channel, fmt.Errorf("%w: %w", ErrNoSession, jwks.ErrExpired)
	}
	return a.who, a.shown.channel, nil
}

func (g *Guard) revoke(r *http.Request, who subject, req stytch.RevokeSessionRequest) error {
	ctx, cancel := context.WithTimeout(r.Context(), requestPatience)
	defer cancel()
	began := time.Now()
	f := g.provider.Revoke(ctx, req)
	if f == nil || f.Code == contract.CodeSessionExpired { // it has ended before
		return nil
	}
	g.events.tell(r.Context(), who, Event{Kind: EventFailed, Reason: string(f.Code), RequestID: f.RequestID, Duration: time.Since(began), Err: f.Err})
	return fmt.Errorf("%w: %w", ErrUnavailable, f)
}
