// Package provider makes all calls to Stytch: how a session stands, whether a
// passcode is right, that a message is sent. It bounds the calls in number and
// time, shares one call among all who want the same answer, verifies what
// comes back, and classifies each failure once.
//
// It knows no policy and no limit, and answers no client: package stepup,
// which calls it, does.
package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytch"
)

// How long calls may take.
const (
	askPatience  = 2 * time.Second
	sendPatience = 5 * time.Second
	codePatience = 5 * time.Second
)

// Provider asks one Stytch project. It may be used concurrently.
type Provider struct {
	client        *stytch.Client
	verifier      *jwks.Verifier
	slots         *slots
	standings     flight[*Standing]
	alive         flight[*Standing]
	verdicts      flight[Verdict]
	registrations flight[*stytch.CreateTOTPResponse]
	revocations   flight[struct{}]
}

// New returns a Provider that asks with client, with at most so many calls at
// once, and verifies with verifier. Both stay the caller's.
func New(client *stytch.Client, verifier *jwks.Verifier, calls int) *Provider {
	slots := newSlots(calls)
	return &Provider{
		client: client, verifier: verifier, slots: slots,
		standings: flight[*Standing]{slots: slots}, alive: flight[*Standing]{slots: slots, keeps: keepAlive}, verdicts: flight[Verdict]{slots: slots},
		registrations: flight[*stytch.CreateTOTPResponse]{slots: slots}, revocations: flight[struct{}]{slots: slots},
	}
}

// Verify verifies a session JWT in this process. See jwks.Verifier.Verify.
func (p *Provider) Verify(ctx context.Context, token string) (*jwks.Session, error) {
	return p.verifier.Verify(ctx, token)
}

// ClockSkew returns how far our clock is behind Stytch's, by its last answer.
func (p *Provider) ClockSkew() time.Duration { return p.client.ClockSkew() }

// Forget drops what is remembered of a session that has changed.
func (p *Provider) Forget(session string) {
	p.standings.forget(session)
	p.alive.forget(session)
}

// ForgetAll is Forget for a session that has ended: a passcode that was right
// opens nothing more.
func (p *Provider) ForgetAll(session string) {
	p.Forget(session)
	p.verdicts.forget(session)
}

// Close cuts calls under way short and waits for what follows them. It may be
// called more than once.
func (p *Provider) Close() { p.slots.close() }

// Send makes a call that sends a message, and returns Stytch's request id. It
// takes no longer than what the deadline of ctx leaves.
func (p *Provider) Send(ctx context.Context, send func(context.Context, *stytch.Client) (requestID string, err error)) (requestID string, took time.Duration, f *Failure) {
	began := time.Now()
	err := p.slots.callAlone(ctx, classSend, sendPatience, func(ctx context.Context) (err error) {
		requestID, err = send(ctx, p.client)
		return err
	})
	return requestID, time.Since(began), classify(err)
}

// Register runs register once for all who ask for it at the same time, as with a
// double click: each registration takes the place of the one before. Nothing of it
// is remembered. ctx bounds only the waiting.
func (p *Provider) Register(ctx context.Context, of Subject, register func() (*stytch.CreateTOTPResponse, *Failure)) (*stytch.CreateTOTPResponse, *Failure) {
	resp, err := p.registrations.do(ctx, of.Anchor, digest("totp", of.Anchor), func() (*stytch.CreateTOTPResponse, bool, error) {
		resp, f := register()
		if f != nil {
			return nil, false, f
		}
		return resp, false, nil
	})
	return resp, classify(err)
}

// CreateTOTP begins the registration of an authenticator app (POST
// /v1/b2b/totp). It is not a factor before its first passcode was proved. A
// failure with CodeEnrollmentRequired says that the member has one already; it may
// be deleted only if it is Unproved.
func (p *Provider) CreateTOTP(ctx context.Context, req stytch.CreateTOTPRequest) (*stytch.CreateTOTPResponse, *Failure) {
	var resp *stytch.CreateTOTPResponse
	err := p.slots.callAlone(ctx, classSend, sendPatience, func(ctx context.Context) (err error) {
		resp, err = p.client.CreateTOTP(ctx, req)
		if err == nil && (resp.MemberID != req.MemberID || resp.Member.MemberID != req.MemberID || resp.Member.OrganizationID != req.OrganizationID) {
			err = fmt.Errorf("%w: other member", ErrMismatch)
		}
		return err
	})
	return resp, classify(err)
}

// DeleteTOTP deletes the authenticator app of a member, whether it is a factor or
// not (DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}/totp).
func (p *Provider) DeleteTOTP(ctx context.Context, organization, member string) *Failure {
	return classify(p.slots.callAlone(ctx, classSend, askPatience, func(ctx context.Context) error {
		_, err := p.client.DeleteTOTP(ctx, stytch.DeleteTOTPRequest{OrganizationID: organization, MemberID: member})
		return err
	}))
}

// DeleteNumber deletes the phone number of a member (DELETE
// /v1/b2b/organizations/{organization_id}/members/mfa_phone_numbers/{member_id}).
func (p *Provider) DeleteNumber(ctx context.Context, organization, member string) *Failure {
	return classify(p.slots.callAlone(ctx, classSend, askPatience, func(ctx context.Context) error {
		_, err := p.client.DeleteMFAPhoneNumber(ctx, stytch.DeleteMFAPhoneNumberRequest{OrganizationID: organization, MemberID: member})
		return err
	}))
}

// Revoke ends a verified session (POST /v1/b2b/sessions/revoke). Requests that
// end the same one share a call.
func (p *Provider) Revoke(ctx context.Context, session string) *Failure {
	return p.revoke(ctx, classAsk, session, stytch.RevokeSessionRequest{MemberSessionID: session})
}

// The longest opaque token that is passed on. Stytch's have less than a hundred
// bytes; a cookie that anybody may write can have a megabyte.
const maxOpaqueToken = 2 << 10

// RevokeToken ends the session of an opaque token that nothing vouches for.
// Anybody can make such tokens up, so few of these calls are made, and none that
// a member would have to wait for.
func (p *Provider) RevokeToken(ctx context.Context, token string) *Failure {
	if len(token) > maxOpaqueToken {
		return &Failure{Code: contract.CodeSessionExpired, Refund: true, Err: errOpaqueToken}
	}
	return p.revoke(ctx, classStranger, token, stytch.RevokeSessionRequest{SessionToken: token})
}

// errOpaqueToken: it is no token of Stytch's, so there is no session to end.
var errOpaqueToken = errors.New("stepup: opaque session token is too long")

func (p *Provider) revoke(ctx context.Context, c class, of string, req stytch.RevokeSessionRequest) *Failure {
	key := digest("revoke", of)
	_, err := p.revocations.do(ctx, key, key, func() (struct{}, bool, error) {
		err := p.slots.callAlone(ctx, c, askPatience, func(ctx context.Context) error {
			_, err := p.client.RevokeSession(ctx, req)
			return err
		})
		return struct{}{}, err == nil, err
	})
	return classify(err)
}
