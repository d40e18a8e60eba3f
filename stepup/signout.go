package stepup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rungauth/rung/jwks"
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
	id, err := g.signedIn(r)
	if id == nil {
		ch := g.present(r).channel
		g.forget(w, r, &identity{channel: ch})
		token := g.sessionToken(r, ch)
		if token == "" {
			return err
		}
		// No JWT of ours, but the opaque token is what the session lives by.
		return g.revoke(r, nil, stytch.RevokeSessionRequest{SessionToken: token})
	}
	g.forget(w, r, id)
	err = g.revoke(r, id, stytch.RevokeSessionRequest{MemberSessionID: id.session.ID()})
	g.standings.forget(id.session.ID())
	g.verdicts.forget(id.session.ID())
	return err
}

// signedIn returns whose session it is. A JWT that has expired will do, unless
// it is so old that it could be out of a log.
func (g *Guard) signedIn(r *http.Request) (*identity, error) {
	if found := g.found(r); found != nil && found.id != nil {
		return found.id, nil
	}
	id, err := g.verify(r)
	switch {
	case errors.Is(err, ErrUnavailable), errors.Is(err, ErrConflict):
		return nil, err // which session to end can not be told
	case err != nil:
		return nil, nil // nobody is signed in
	case !g.renewsAlone(id):
		return nil, fmt.Errorf("%w: %w", ErrNoSession, jwks.ErrExpired)
	}
	return id, nil
}

func (g *Guard) revoke(r *http.Request, id *identity, req stytch.RevokeSessionRequest) error {
	ctx, cancel := context.WithTimeout(r.Context(), requestPatience)
	defer cancel()
	began := time.Now()
	err := g.stytch.call(ctx, within(ctx, askPatience), func(ctx context.Context) error {
		_, err := g.stytch.client.RevokeSession(ctx, req)
		return err
	})
	if err == nil {
		return nil
	}
	f := failureOf(err)
	if f.code == CodeSessionExpired {
		return nil // it has ended before
	}
	g.tell(r.Context(), id, Event{Kind: EventFailed, Reason: f.code, RequestID: f.requestID, Duration: time.Since(began), Err: err})
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
