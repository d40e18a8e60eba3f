package stepup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rungauth/rung/jwks"
)

func now() time.Time { return time.Now() }

// identity is who sent a request: the session that its JWT proves, and what
// that JWT came in.
type identity struct {
	guard   *Guard
	session *jwks.Session
	channel channel
	jwt     string
	token   string // the opaque session token that came along; "" = none
	expired bool   // the JWT is well signed, but must be renewed first
}

type identityKey struct{}

// SessionFromContext returns the session that LoadSession, RequireSession or
// Require found. It is the only source of identity: an app that reads the
// cookie again may read another one than was verified.
func SessionFromContext(ctx context.Context) (*jwks.Session, bool) {
	id, ok := ctx.Value(identityKey{}).(*identity)
	if !ok {
		return nil, false
	}
	return id.session, true
}

// into returns r with id in its context.
func (id *identity) into(r *http.Request) *http.Request {
	if r.Context().Value(identityKey{}) == id {
		return r
	}
	return r.WithContext(context.WithValue(r.Context(), identityKey{}, id))
}

// identify returns the good session of a request, from its context or by
// verifying what it shows.
func (g *Guard) identify(r *http.Request) (*identity, error) {
	if id, ok := r.Context().Value(identityKey{}).(*identity); ok && id.guard == g {
		return id, nil
	}
	id, err := g.verify(r)
	if err != nil {
		return nil, err
	}
	if id.expired {
		return nil, fmt.Errorf("%w: %w", ErrNoSession, jwks.ErrExpired)
	}
	return id, nil
}

// verify judges the tokens of a request without asking anybody. The identity
// that it returns may be expired.
//
// Several cookies of one name are no attack by themselves: a cookie of a
// parent domain stands beside ours until it ends. Junk is passed over, of
// several JWTs of one session the newest counts, and two sessions are refused,
// because nothing tells which of them was planted.
func (g *Guard) verify(r *http.Request) (*identity, error) {
	shown := g.present(r)
	var good, expired *identity
	var failure error
	for _, token := range shown.jwts[:shown.n] {
		session, err := g.verifier.Verify(r.Context(), token)
		best := &good
		if err != nil {
			var old *jwks.ExpiredError
			if !errors.As(err, &old) {
				failure = worse(failure, err)
				continue
			}
			session, best = old.Session, &expired
		}
		id := &identity{
			guard: g, session: session, channel: shown.channel,
			jwt: token, token: shown.token, expired: err != nil,
		}
		if *best != nil && !sameSession((*best).session, session) {
			return nil, ErrConflict
		}
		if *best == nil || session.IssuedAt().After((*best).session.IssuedAt()) {
			*best = id
		}
	}
	switch {
	case good != nil:
		return good, nil
	case failure != nil && errors.Is(failure, jwks.ErrUnavailable):
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, failure)
	case expired != nil:
		return expired, nil
	case failure != nil:
		return nil, fmt.Errorf("%w: %w", ErrNoSession, failure)
	}
	return nil, ErrNoSession
}

// worse keeps the failure that leaves more open: while one token can not be
// judged, the request can not be refused for another that is forged.
func worse(a, b error) error {
	if a != nil && errors.Is(a, jwks.ErrUnavailable) {
		return a
	}
	return b
}

func sameSession(a, b *jwks.Session) bool {
	return a.ID() == b.ID() && a.MemberID() == b.MemberID() && a.OrganizationID() == b.OrganizationID()
}
