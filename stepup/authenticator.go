// Begins to set up an authenticator app for a member who has no second factor.
// verify.go leads the POST of the button here; its first passcode goes the way of
// all others.

package stepup

import (
	"cmp"
	"context"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/provider"
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
		return q.notEnrolled()
	}
	who := q.from.who
	taken, err := s.quota.TakeSetup(ctx, who.counted())
	if err != nil {
		rep := s.heldBack(ctx, q, reply{}, message{}, err)
		if rep.code == contract.CodeResendCooldown {
			rep.state = contract.StateAuthenticator
		}
		return rep
	}
	from := q.from
	resp, f := s.provider.Register(ctx, who.asked(), func() (*stytch.CreateTOTPResponse, *provider.Failure) {
		defer s.provider.Forget(who.anchor)
		return s.register(context.WithoutCancel(ctx), from)
	})
	if f != nil && f.Refund {
		s.quota.Refund(ctx, who.counted(), taken)
	}
	switch {
	case f != nil && f.Code == contract.CodeEnrollmentRequired && !f.Unproved:
		q.in.method = "" // the page finds out what there is
		return s.askAgain(q)
	case f != nil:
		return s.failed(ctx, q, f)
	}
	q.factor = authenticatorApp()
	q.setup = &setup{
		Registration: resp.TOTPRegistrationID, Secret: resp.Secret, RecoveryCodes: resp.RecoveryCodes,
		Account: current.Member.EmailAddress, Issuer: cmp.Or(s.config.Enroll.Issuer, current.Organization.OrganizationName),
	}
	return reply{code: contract.CodeEnrollmentStarted}
}

// register registers an app. One that the member began before and did not finish
// is in the way: its secret cannot be shown again. Stytch has no conditional
// delete, so it is asked right before whether the app has become a factor
// meanwhile, in another tab for instance.
func (s *steps) register(ctx context.Context, from *admission) (*stytch.CreateTOTPResponse, *provider.Failure) {
	req := stytch.CreateTOTPRequest{
		OrganizationID: from.who.organization, MemberID: from.who.member,
		SessionJWT: from.shown.jwt, IntermediateSessionToken: from.shown.intermediate,
	}
	resp, f := s.provider.CreateTOTP(ctx, req)
	if f == nil || !f.Unproved {
		return resp, f
	}
	s.provider.Forget(from.who.anchor)
	current, f := s.admissions.ask(ctx, from)
	switch {
	case f != nil:
		return nil, f
	case authenticatorApp().ready(current):
		return nil, &provider.Failure{Code: contract.CodeEnrollmentRequired, Refund: true, Err: errAppProved}
	}
	if f := s.provider.DeleteTOTP(ctx, req.OrganizationID, req.MemberID); f != nil {
		return nil, f
	}
	return s.provider.CreateTOTP(ctx, req)
}
