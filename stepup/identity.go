package stepup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rungauth/rung/jwks"
)

// identity is who sent a request: the session that its JWT proves, and what
// that JWT came in.
type identity struct {
	session *jwks.Session
	channel channel
	jwt     string
	token   string // the opaque session token that came along, once askable has looked; "" = none
	expired bool   // the JWT is well signed, but must be renewed first
}

// resolved is what a guard found out about a request: an identity, or the
// reason why there is none.
type resolved struct {
	guard *Guard
	id    *identity
	err   error
	spent time.Duration // of requestPatience, by the middleware
}

type resolvedKey struct{}

// into returns r with what was found in its context. Another guard's finding
// is hidden, even where this one found nobody: several projects may live in
// one process, and a member of one is nobody in the other.
func (found *resolved) into(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), resolvedKey{}, found))
}

// found returns what this guard has put into the context, or nil.
func (g *Guard) found(r *http.Request) *resolved {
	if found, ok := r.Context().Value(resolvedKey{}).(*resolved); ok && found.guard == g {
		return found
	}
	return nil
}

// SessionFromContext returns the session that LoadSession, RequireSession or
// Require found. It is the only source of identity: an app that reads the
// cookie again may read another one than was verified.
func SessionFromContext(ctx context.Context) (*jwks.Session, bool) {
	found, ok := ctx.Value(resolvedKey{}).(*resolved)
	if !ok || found.id == nil {
		return nil, false
	}
	return found.id.session, true
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
		id := &identity{session: session, channel: shown.channel, jwt: token, expired: err != nil}
		if *best != nil && !sameSession((*best).session, session) {
			return nil, ErrConflict
		}
		if *best == nil || session.IssuedAt().After((*best).session.IssuedAt()) {
			*best = id
		}
	}
	switch {
	case good != nil && expired != nil && good.session.MemberID() != expired.session.MemberID() && g.renewsAlone(expired):
		// JWTs expire every five minutes: were the good one to win, whoever
		// plants theirs at the right moment would be the member.
		return nil, ErrConflict
	case good != nil:
		return good, nil
	case errors.Is(failure, jwks.ErrUnavailable):
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, failure)
	case expired != nil:
		return expired, nil
	case failure != nil:
		return nil, fmt.Errorf("%w: %w", ErrNoSession, failure)
	}
	return nil, ErrNoSession
}

// askable returns id with the opaque session token of the request, for those
// who are going to ask Stytch.
func (g *Guard) askable(r *http.Request, id *identity) *identity {
	if id == nil || id.token != "" {
		return id
	}
	whole := *id
	whole.token = g.sessionToken(r, id.channel)
	return &whole
}

// worse keeps the failure that leaves more open: while one token can not be
// judged, the request can not be refused for another that is forged.
func worse(a, b error) error {
	if errors.Is(a, jwks.ErrUnavailable) {
		return a
	}
	return b
}

func sameSession(a, b *jwks.Session) bool {
	return a.ID() == b.ID() && a.MemberID() == b.MemberID() && a.OrganizationID() == b.OrganizationID()
}
