package stepup

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rungauth/rung/jwks"
)

// renewed returns the session of a request, which it renews at Stytch if its
// JWT has expired: that happens every five minutes, and a tab that slept must
// not be a tab that is signed out. Bearer clients renew their own tokens.
func (g *Guard) renewed(w http.ResponseWriter, r *http.Request) (*identity, error) {
	if id, ok := r.Context().Value(identityKey{}).(*identity); ok && id.guard == g {
		return id, nil
	}
	id, err := g.verify(r)
	if err != nil {
		if errors.Is(err, jwks.ErrInvalidToken) || errors.Is(err, ErrConflict) {
			g.tell(r.Context(), nil, Event{Kind: EventSessionRejected, Err: err})
		}
		return nil, err
	}
	if !id.expired {
		return id, nil
	}
	if err := g.renewable(id); err != nil {
		g.tell(r.Context(), id, Event{Kind: EventSessionRejected, Err: err})
		return nil, err
	}
	current, err := g.ask(r.Context(), id)
	if errors.Is(err, errMismatch) {
		g.tell(r.Context(), id, Event{Kind: EventFailed, Err: err})
		return nil, fmt.Errorf("%w: %w", ErrNoSession, err)
	}
	if err != nil {
		return nil, g.ended(w, r, id, err)
	}
	fresh, err := g.adopt(w, r, id, current)
	if err == nil {
		g.tell(r.Context(), id, Event{Kind: EventRefreshed, RequestID: current.requestID, Duration: current.took})
	}
	return fresh, err
}

// renewable refuses to renew a session for an old JWT alone, so that a token
// from last month's log is worth nothing even while its session lives.
func (g *Guard) renewable(id *identity) error {
	if id.channel != channelCookie {
		return fmt.Errorf("%w: %w", ErrNoSession, jwks.ErrExpired)
	}
	if age := now().Sub(id.session.TokenExpiresAt()); id.token == "" && age > g.config.RefreshWithin {
		return fmt.Errorf("%w: expired %v ago: %w", ErrNoSession, age.Round(time.Minute), jwks.ErrExpired)
	}
	return nil
}

// adopt gives the client the tokens of the session as Stytch has just returned
// it, in the channel that the old ones came in, and never more than came.
func (g *Guard) adopt(w http.ResponseWriter, r *http.Request, id *identity, current *standing) (*identity, error) {
	fresh := &identity{guard: g, session: current.session, channel: id.channel, jwt: current.jwt, token: id.token}
	if id.token != "" && current.token != "" {
		fresh.token = current.token
	}
	if err := g.writeSession(w, r, id, fresh); err != nil {
		g.tell(r.Context(), id, Event{Kind: EventFailed, Reason: CodeMisconfigured, Err: err})
		return nil, err
	}
	return fresh, nil
}

// writeSession sets the cookies of fresh where they differ from those of id.
func (g *Guard) writeSession(w http.ResponseWriter, r *http.Request, id, fresh *identity) error {
	if id.channel != channelCookie {
		return nil
	}
	expires := fresh.session.ExpiresAt()
	if g.credential.Write != nil {
		token := ""
		if fresh.token != id.token {
			token = fresh.token
		}
		return g.credential.Write(w, r, fresh.jwt, token, expires)
	}
	secure := !g.config.InsecureCookies
	cookies := []*http.Cookie{g.cookies.session(g.cookies.JWTName, fresh.jwt, expires, secure)}
	if fresh.token != "" {
		cookies = append(cookies, g.cookies.session(g.cookies.TokenName, fresh.token, expires, secure))
	}
	return setCookies(w, cookies...)
}

// ended turns the error of a call to Stytch into one of this package, and
// makes the browser forget a session that has ended.
func (g *Guard) ended(w http.ResponseWriter, r *http.Request, id *identity, err error) error {
	failed := failureOf(err)
	if failed.code != CodeSessionExpired {
		g.tell(r.Context(), id, Event{Kind: EventFailed, Reason: failed.code, RequestID: failed.requestID, Err: err})
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	g.tell(r.Context(), id, Event{Kind: EventSessionRejected, Reason: failed.code, RequestID: failed.requestID, Err: err})
	g.forget(w, r, id)
	return fmt.Errorf("%w: %w", ErrNoSession, err)
}

// forget clears the session cookies and our own.
func (g *Guard) forget(w http.ResponseWriter, r *http.Request, id *identity) {
	if id.channel != channelCookie {
		return
	}
	g.pending.clear(w, r)
	if g.credential.Write != nil {
		if err := g.credential.Write(w, r, "", "", time.Time{}); err != nil {
			g.tell(r.Context(), id, Event{Kind: EventFailed, Err: fmt.Errorf("stepup: Config.Credential.Write: %w", err)})
		}
		return
	}
	secure := !g.config.InsecureCookies
	// Expired cookies have empty values, which can neither be too large nor invalid.
	_ = setCookies(w, g.cookies.expired(g.cookies.JWTName, secure), g.cookies.expired(g.cookies.TokenName, secure))
}
