package stepup

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/stytch"
)

// standing is a session as Stytch has just returned it, with the member.
type standing struct {
	session   *jwks.Session
	jwt       string
	token     string
	member    stytch.Member
	requestID string
	took      time.Duration
}

// errMismatch: Stytch's answer is about somebody else, or its JWT is not what
// it says. Tokens of such an answer are dropped unread.
var errMismatch = errors.New("stepup: answer of Stytch does not match the session")

const (
	askPatience  = 2 * time.Second
	sendPatience = 5 * time.Second
	codePatience = 5 * time.Second
	// Between the two tries of a question that changes nothing.
	askAgainAfter = 100 * time.Millisecond
)

// ask asks Stytch how a session stands now (POST
// /v1/b2b/sessions/authenticate without a duration, which does not prolong
// it). All requests of a session share one call.
func (g *Guard) ask(ctx context.Context, id *identity) (*standing, error) {
	return g.standings.do(ctx, id.session.ID(), id.flightKey("standing"), func() (*standing, bool, error) {
		var current *standing
		err := g.stytch.call(ctx, askPatience, func(ctx context.Context) (err error) {
			current, err = g.askOnce(ctx, id)
			if err == nil || !failureOf(err).unclear {
				return err
			}
			// A server error is worth one more try: nothing is spent by it.
			select {
			case <-time.After(askAgainAfter):
				current, err = g.askOnce(ctx, id)
			case <-ctx.Done():
			}
			return err
		})
		return current, err == nil, err
	})
}

func (g *Guard) askOnce(ctx context.Context, id *identity) (*standing, error) {
	req := stytch.AuthenticateSessionRequest{SessionJWT: id.jwt}
	if id.token != "" {
		req = stytch.AuthenticateSessionRequest{SessionToken: id.token}
	}
	began := now()
	resp, err := g.stytch.client.AuthenticateSession(ctx, req)
	if err != nil {
		return nil, err
	}
	session, err := g.confirm(ctx, id, resp.SessionJWT)
	if err != nil {
		return nil, err
	}
	if resp.Member.MemberID != session.MemberID() || resp.Member.OrganizationID != session.OrganizationID() {
		return nil, fmt.Errorf("%w: other member", errMismatch)
	}
	return &standing{
		session: session, jwt: resp.SessionJWT, token: resp.SessionToken,
		member: resp.Member, requestID: resp.RequestID, took: now().Sub(began),
	}, nil
}

// confirm verifies a JWT that Stytch returned like any other, and that it is
// of the session that was asked about: the answer came over the network, and
// the member's identity must not change in the middle of a step-up.
func (g *Guard) confirm(ctx context.Context, id *identity, jwt string) (*jwks.Session, error) {
	session, err := g.verifier.Verify(ctx, jwt)
	if errors.Is(err, jwks.ErrUnavailable) {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errMismatch, err)
	}
	if !sameSession(session, id.session) {
		return nil, fmt.Errorf("%w: other session", errMismatch)
	}
	return session, nil
}

// flightKey tells apart who may share an answer: the same session shown by the
// same credential. Were it the session alone, one request with a planted token
// could fail all others of the member.
func (id *identity) flightKey(parts ...string) string {
	h := sha256.New()
	for _, part := range append(parts, id.session.OrganizationID(), id.session.MemberID(), id.session.ID(), id.jwt, id.token) {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return string(h.Sum(nil))
}
