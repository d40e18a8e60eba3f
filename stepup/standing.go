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
	session      *jwks.Session
	jwt          string
	token        string // the opaque session token of the answer; may be ""
	proved       string // the opaque token that was shown to be this session's; "" = none was
	member       stytch.Member
	organization stytch.Organization
	requestID    string
	took         time.Duration
}

// errMismatch: Stytch's answer is about somebody else, or its JWT is not what
// it says. Tokens of such an answer are dropped unread.
var errMismatch = errors.New("stepup: answer of Stytch does not match the session")

// How long calls may take. A whole request that needs several has
// requestPatience from its beginning.
const (
	requestPatience = 6 * time.Second
	askPatience     = 2 * time.Second
	sendPatience    = 5 * time.Second
	codePatience    = 5 * time.Second
	// Between the two tries of a question that changes nothing.
	askAgainAfter = 100 * time.Millisecond
)

// So many opaque tokens are tried in a minute for one session whose JWT alone
// is too old to renew it: nobody has vouched for them yet.
var oldRenewalWindows = Windows{time.Minute: 10}

// ask asks Stytch how a session stands now (POST
// /v1/b2b/sessions/authenticate without a duration, which does not prolong
// it). All requests that show the same JWT share one call.
func (g *Guard) ask(ctx context.Context, id *identity) (*standing, error) {
	key := digest("standing", id.session.ID(), id.jwt)
	if !g.renewsAlone(id) {
		// The opaque token decides here, so only those who show the same one
		// share an answer.
		key = digest("standing", id.session.ID(), id.jwt, id.token)
	}
	return g.standings.do(ctx, id.session.ID(), key, func() (*standing, bool, error) {
		var current *standing
		err := g.stytch.call(ctx, askPatience, func(ctx context.Context) (err error) {
			current, err = g.askOnce(ctx, id)
			if err == nil || !failureOf(err).unclear {
				return err
			}
			// What changes nothing may be tried once more.
			select {
			case <-time.After(askAgainAfter):
				current, err = g.askOnce(ctx, id)
			case <-ctx.Done():
			}
			return err
		})
		if err == nil && id.expired {
			g.tell(ctx, id, Event{Kind: EventRefreshed, RequestID: current.requestID, Duration: current.took})
		}
		return current, err == nil, err
	})
}

// askOnce shows the opaque token where there is one, as that is what a session
// is renewed with, and the JWT where there is none or where Stytch does not
// take the token for this session's: a cookie that a sibling domain planted
// must not sign anybody out.
func (g *Guard) askOnce(ctx context.Context, id *identity) (*standing, error) {
	if id.token == "" {
		return g.askBy(ctx, id, stytch.AuthenticateSessionRequest{SessionJWT: id.jwt})
	}
	alone := g.renewsAlone(id)
	if !alone {
		ctx, cancel := context.WithTimeout(ctx, limiterPatience)
		wait, err := g.config.Limiter.Take(ctx, g.limitKey("renew", g.projectID, id.session.ID()), oldRenewalWindows)
		cancel()
		if err != nil {
			return nil, fmt.Errorf("%w: limiter: %w", ErrUnavailable, err)
		}
		if wait > 0 {
			return nil, errBusy
		}
	}
	current, err := g.askBy(ctx, id, stytch.AuthenticateSessionRequest{SessionToken: id.token})
	if err == nil {
		current.proved = id.token
		return current, nil
	}
	if alone && (errors.Is(err, errMismatch) || failureOf(err).code == CodeSessionExpired) {
		return g.askBy(ctx, id, stytch.AuthenticateSessionRequest{SessionJWT: id.jwt})
	}
	return nil, err
}

// renewsAlone tells whether the JWT is good enough to ask with by itself. One
// from last month's log is worth nothing, even while its session lives.
func (g *Guard) renewsAlone(id *identity) bool {
	return !id.expired || time.Since(id.session.TokenExpiresAt()) <= g.config.RefreshWithin
}

func (g *Guard) askBy(ctx context.Context, id *identity, req stytch.AuthenticateSessionRequest) (*standing, error) {
	began := time.Now()
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
		member: resp.Member, organization: resp.Organization,
		requestID: resp.RequestID, took: time.Since(began),
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

// digest is a key of a flight: parts with their lengths, hashed, so that a map
// holds no live credential.
func digest(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return string(h.Sum(nil))
}
