// Begins to set up an authenticator app for a member who has no second factor.
// verify.go leads the POST of the button here; its first passcode goes the way of
// all others.

package stepup

import (
	"cmp"
	"context"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytch"
)

// submitAuthenticator begins the registration of an authenticator app. Its
// first passcode makes it a factor.
func (s *steps) submitAuthenticator(ctx context.Context, q *query) reply {
	if stop := s.decided(ctx, q, q.decision, nil); stop != nil {
		return *stop
	}
	current, stop := s.lookAtSession(ctx, q)
	if stop != nil {
		return *stop
	}
	s.offer(q, current)
	switch {
	case len(q.offered) > 0: // an old page: the member has a factor by now
		return s.askAgain(q)
	case !s.mayEnroll(q, current, TOTP):
		return s.notEnrolled(q)
	}
	who := q.from.who
	if err := s.quota.TakeSetup(ctx, who.counted()); err != nil {
		rep := s.heldBack(ctx, q, reply{}, message{}, err)
		rep.state = contract.StateAuthenticator
		return rep
	}
	resp, f := s.provider.CreateTOTP(ctx, stytch.CreateTOTPRequest{
		OrganizationID: who.organization, MemberID: who.member,
		SessionJWT: q.from.shown.jwt, IntermediateSessionToken: q.from.shown.intermediate,
	})
	if f != nil {
		return s.failed(ctx, q, f)
	}
	s.provider.Forget(who.anchor)
	q.setup = &setup{
		Secret: resp.Secret, RecoveryCodes: resp.RecoveryCodes,
		Account: current.Member.EmailAddress, Issuer: cmp.Or(s.config.Enroll.Issuer, current.Organization.OrganizationName),
	}
	return reply{code: contract.CodeEnrollmentStarted}
}
