// Asks Stytch how a session stands at this moment. stepup/renew.go calls Ask,
// before a step decides.

package provider

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytch"
)

// Subject is whom Stytch is asked about: canonical ids. Anchor is what answers
// are remembered by: the id of the session, or, of a login that lacks its second
// factor, an id of its own.
type Subject struct {
	Organization, Member, Anchor string
	Session                      string // "" = a login
}

// Standing is a session as Stytch has just returned it, with the member. Of a
// login that lacks its second factor it is the member alone.
type Standing struct {
	Session      *jwks.Session // nil = a login
	JWT          string
	Token        string // the opaque session token of the answer; may be ""
	Proved       string // the opaque token that was shown to be this session's; "" = none was
	Member       stytch.Member
	Organization stytch.Organization
	RequestID    string
	Took         time.Duration

	RecoveryRemain *int // after a recovery code: how many are left; nil = not known
}

// LockedFor is how long Stytch still locks the member; 0 = it does not.
func (s *Standing) LockedFor() time.Duration {
	if !s.Member.IsLocked {
		return 0
	}
	return orElse(time.Until(s.Member.LockExpiresAt), retryMemberLock)
}

// Question asks how a session stands.
type Question struct {
	Of    Subject // an answer about another session is a mismatch
	JWT   string
	Token string // the opaque session token that came along; "" = none
	Alone bool   // the JWT is recent enough to ask with by itself

	// TakeRenewal is called before an opaque token is tried that nothing
	// vouches for, because the JWT alone is too old; an error ends the call.
	// Answered is called with a good answer. Both are called once for each
	// call to Stytch, however many requests wait for it.
	TakeRenewal func(context.Context) error
	Answered    func(context.Context, *Standing)
}

// ErrMismatch: Stytch's answer is about somebody else, or its JWT is not what
// it says. Tokens of such an answer are dropped unread.
var ErrMismatch = errors.New("stepup: answer of Stytch does not match the session")

// The wait before a question that changes nothing is asked again.
const askAgainAfter = 100 * time.Millisecond

// Ask asks Stytch how a session stands now (POST /v1/b2b/sessions/authenticate
// without a duration, which does not prolong it). All requests that show the
// same JWT share one call, whose answer is remembered for a moment. ctx bounds
// only the waiting.
func (p *Provider) Ask(ctx context.Context, q Question) (*Standing, *Failure) {
	key := digest("standing", q.Of.Anchor, q.JWT)
	if !q.Alone {
		// The opaque token decides here, so only requests that show the same
		// one share an answer.
		key = digest("standing", q.Of.Anchor, q.JWT, q.Token)
	}
	current, err := p.standings.do(ctx, q.Of.Anchor, key, func() (*Standing, bool, error) {
		// The answer says that the session lives, too.
		alive := digest("alive", q.Of.Anchor)
		asked := p.alive.begin(q.Of.Anchor, alive)
		defer p.alive.end(alive, asked)
		var current *Standing
		err := p.slots.call(ctx, classAsk, askPatience, func(ctx context.Context) error {
			return twice(ctx, func() (err error) {
				current, err = p.askOnce(ctx, q)
				return err
			})
		})
		if err == nil {
			p.alive.keep(asked, alive, current)
		}
		if err == nil && q.Answered != nil {
			q.Answered(ctx, current)
		}
		return current, err == nil, err
	})
	return current, classify(err)
}

// A session that was found alive is not asked about again for so long.
const keepAlive = time.Second

// Alive is Ask for a request that must not go through if the session was revoked
// a moment ago. All JWTs of a session share a call, since all that counts is how
// the session stands: the tokens of the answer are not for the asking client.
func (p *Provider) Alive(ctx context.Context, q Question) (*Standing, *Failure) {
	current, err := p.alive.do(ctx, q.Of.Anchor, digest("alive", q.Of.Anchor), func() (*Standing, bool, error) {
		var current *Standing
		err := p.slots.call(ctx, classAsk, askPatience, func(ctx context.Context) (err error) {
			current, err = p.askBy(ctx, q.Of, stytch.AuthenticateSessionRequest{SessionJWT: q.JWT})
			return err
		})
		return current, err == nil, err
	})
	return current, classify(err)
}

// AskMember asks Stytch for the member of a login that lacks its second factor
// (GET /v1/b2b/organizations/{organization_id}/member). There is no session to
// ask about. ctx bounds only the waiting.
func (p *Provider) AskMember(ctx context.Context, of Subject) (*Standing, *Failure) {
	current, err := p.standings.do(ctx, of.Anchor, digest("member", of.Organization, of.Member, of.Anchor), func() (*Standing, bool, error) {
		var current *Standing
		err := p.slots.call(ctx, classAsk, askPatience, func(ctx context.Context) error {
			return twice(ctx, func() (err error) {
				current, err = p.askMember(ctx, of)
				return err
			})
		})
		return current, err == nil, err
	})
	return current, classify(err)
}

func (p *Provider) askMember(ctx context.Context, of Subject) (*Standing, error) {
	began := time.Now()
	resp, err := p.client.Member(ctx, stytch.MemberRequest{OrganizationID: of.Organization, MemberID: of.Member})
	switch {
	case err != nil:
		return nil, err
	case resp.Member.MemberID != of.Member || resp.Member.OrganizationID != of.Organization:
		return nil, fmt.Errorf("%w: other member", ErrMismatch)
	}
	return &Standing{Member: resp.Member, Organization: resp.Organization, RequestID: resp.RequestID, Took: time.Since(began)}, nil
}

// twice makes a call that changes nothing, and makes it once more if nothing came
// of it.
func twice(ctx context.Context, call func() error) error {
	err := call()
	if f := classify(err); f == nil || !f.Unclear {
		return err
	}
	select {
	case <-time.After(askAgainAfter):
		return call()
	case <-ctx.Done():
		return err
	}
}

// askOnce shows the opaque token if there is one, since that renews a session.
// It shows the JWT if there is none, or if Stytch says that the token is not
// this session's: a cookie that a sibling domain planted must not sign anyone
// out.
func (p *Provider) askOnce(ctx context.Context, q Question) (*Standing, error) {
	if q.Token == "" {
		return p.askBy(ctx, q.Of, stytch.AuthenticateSessionRequest{SessionJWT: q.JWT})
	}
	if !q.Alone {
		if err := q.TakeRenewal(ctx); err != nil {
			return nil, err
		}
	}
	current, err := p.askBy(ctx, q.Of, stytch.AuthenticateSessionRequest{SessionToken: q.Token})
	if err == nil {
		current.Proved = q.Token
		return current, nil
	}
	if q.Alone && (errors.Is(err, ErrMismatch) || classify(err).Code == contract.CodeSessionExpired) {
		return p.askBy(ctx, q.Of, stytch.AuthenticateSessionRequest{SessionJWT: q.JWT})
	}
	return nil, err
}

func (p *Provider) askBy(ctx context.Context, of Subject, req stytch.AuthenticateSessionRequest) (*Standing, error) {
	began := time.Now()
	resp, err := p.client.AuthenticateSession(ctx, req)
	if err != nil {
		return nil, err
	}
	return p.confirm(ctx, of, &resp.Authenticated, began)
}

// confirm verifies the JWT of an answer like any other, and that the answer is
// about the same session and member: it came over the network, and the member
// must not change in the middle of a step-up. The session of a login is new.
func (p *Provider) confirm(ctx context.Context, of Subject, resp *stytch.Authenticated, began time.Time) (*Standing, error) {
	session, err := p.verifier.VerifyIssued(ctx, resp.SessionJWT)
	switch {
	case errors.Is(err, jwks.ErrUnavailable):
		return nil, Unavailable(err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrMismatch, err)
	case of.Session != "" && session.ID() != of.Session:
		return nil, fmt.Errorf("%w: other session", ErrMismatch)
	case session.MemberID() != of.Member || session.OrganizationID() != of.Organization:
		return nil, fmt.Errorf("%w: other member or organization", ErrMismatch)
	case resp.Member.MemberID != session.MemberID() || resp.Member.OrganizationID != session.OrganizationID():
		return nil, fmt.Errorf("%w: other member", ErrMismatch)
	}
	return &Standing{
		Session: session, JWT: resp.SessionJWT, Token: resp.SessionToken,
		Member: resp.Member, Organization: resp.Organization,
		RequestID: resp.RequestID, Took: time.Since(began),
	}, nil
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
