// Takes the phone number of a member who has none. verify.go leads the POST of
// the phone form here; send.go deletes an unproved number with dropUnproved.

package stepup

import (
	"context"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
)

// submitPhone sends a passcode to the number that a member typed. Stytch links
// the number to the member, and the passcode that comes back verifies it.
func (s *steps) submitPhone(ctx context.Context, q *query) reply {
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
	case !s.mayEnroll(q, current, SMS): // the member has not just signed in
		return q.notEnrolled()
	}
	q.in.method, q.factor = "", textMessage()
	number, ok := inbound.Number(q.in.phone)
	if !ok || !s.config.Enroll.calls(number) {
		return reply{code: contract.CodePhoneInvalid}
	}
	m := message{current: current, number: jwks.PhoneNumber(number), enrolls: true}
	switch current.Member.MFAPhoneNumber {
	case m.number:
		m.number = "" // on file, not proved yet
	case "":
	default:
		m.replaces = true // an earlier typo must not lock the member out forever
	}
	return s.sendAndShow(ctx, q, m)
}
