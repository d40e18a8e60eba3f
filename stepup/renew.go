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
	id = g.askable(r, id)
	if id.channel != channelCookie || id.token == "" && !g.renewsAlone(id) {
		err := fmt.Errorf("%w: %w", ErrNoSession, jwks.ErrExpired)
		g.tell(r.Context(), id, Event{Kind: EventSessionRejected, Err: err})
		return nil, err
	}
	current, err := g.ask(r.Context(), id)
	if errors.Is(err, errMismatch) {
		g.tell(r.Context(), id, Event{Kind: EventFailed, Err: err})
		return nil, fmt.Errorf("%w: %w", ErrNoSession, err)
	}
	if err != nil {
		err = g.ended(w, r, id, err)
		if errors.Is(err, errMisconfigured) {
			err = fmt.Errorf("%w: %w", ErrUnavailable, err) // who is signed in is not to blame
		}
		return nil, err
	}
	return g.adopt(w, r, id, current)
}

// adopt gives the client the tokens of the session as Stytch has just returned
// it, in the channel that the old ones came in, and never more than came: an
// opaque token only to who has shown that they hold the one before.
func (g *Guard) adopt(w http.ResponseWriter, r *http.Request, id *identity, current *standing) (*identity, error) {
	fresh := &identity{session: current.session, channel: id.channel, jwt: current.jwt, token: id.token}
	token := ""
	if id.token != "" && id.token == current.proved {
		token = current.token
	}
	if token != "" {
		fresh.token = token
	}
	if err := g.writeSession(w, r, fresh, token); err != nil {
		err = fmt.Errorf("%w: %w", errMisconfigured, err)
		g.tell(r.Context(), id, Event{Kind: EventFailed, Reason: CodeMisconfigured, Err: err})
		return nil, err
	}
	return fresh, nil
}

// writeSession hands out the JWT, and the opaque token if it is not "".
func (g *Guard) writeSession(w http.ResponseWriter, r *http.Request, fresh *identity, token string) error {
	if fresh.channel != channelCookie {
		return nil
	}
	// This may be a page that its handler lets others cache. One that says so
	// after us has the last word: a guarded page must not be cached anyway.
	keepOutOfCaches(w.Header())
	expires := fresh.session.ExpiresAt()
	if write := g.config.Credential.Write; write != nil {
		if err := write(w, r, fresh.jwt, token, expires); err != nil {
			return fmt.Errorf("stepup: Config.Credential.Write: %w", err)
		}
		return nil
	}
	secure := !g.config.InsecureCookies
	set := g.config.Cookies
	cookies := []*http.Cookie{set.session(set.JWTName, fresh.jwt, expires, secure)}
	if token != "" {
		cookies = append(cookies, set.session(set.TokenName, token, expires, secure))
	}
	return setCookies(w, cookies...)
}

// forget clears the session cookies and our own. id may be nil.
func (g *Guard) forget(w http.ResponseWriter, r *http.Request, id *identity) {
	if id != nil && id.channel == channelBearer {
		return
	}
	g.pending.clear(w, r)
	if write := g.config.Credential.Write; write != nil {
		if err := write(w, r, "", "", time.Time{}); err != nil {
			g.tell(r.Context(), id, Event{Kind: EventFailed, Err: fmt.Errorf("stepup: Config.Credential.Write: %w", err)})
		}
		return
	}
	secure := !g.config.InsecureCookies
	set := g.config.Cookies
	// Expired cookies have empty values, which can neither be too large nor invalid.
	_ = setCookies(w, set.expired(set.JWTName, secure), set.expired(set.TokenName, secure))
}
