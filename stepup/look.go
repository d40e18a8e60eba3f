// Asks Stytch how a session stands before anything is sent or judged.
// challenge.go, show.go, submit.go and phone.go call it.

package stepup

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/provider"
)

// look asks Stytch how the session stands before a message is sent or offered:
// a revoked session is refused, a step-up in another tab counts, and a member
// who lacks the factor is told so. A reply ends the request.
func (g *Guard) look(ctx context.Context, q *query) (*provider.Standing, *reply) {
	current, stop := g.lookAtSession(ctx, q)
	if stop != nil {
		return nil, stop
	}
	if g.factor.ready(current) {
		return current, g.locked(ctx, q)
	}
	rep := reply{code: contract.CodeFactorNotEnrolled}
	if g.mayEnroll(current) {
		rep.code = contract.CodeEnrollmentRequired
		if q.kind == inbound.Browser && !inbound.IsUnsafe(q.r.Method) {
			rep.status = http.StatusOK
		}
	}
	return nil, &rep
}

// mayEnroll reports whether the member may add a phone number here and now.
func (g *Guard) mayEnroll(current *provider.Standing) bool {
	return g.factor.allowed(current.Organization) && g.config.Enroll.allows(current, g.config.Leeway)
}

// lookAtSession is look for members with or without the factor.
func (g *Guard) lookAtSession(ctx context.Context, q *query) (*provider.Standing, *reply) {
	current, f := g.admissions.ask(ctx, q.from)
	if f != nil {
		rep := g.failed(ctx, q, f)
		return nil, &rep
	}
	if stop := g.decided(ctx, q, q.policy.decide(current.Session, g.config.Leeway), current); stop != nil {
		return nil, stop
	}
	if wait := current.LockedFor(); wait > 0 {
		return nil, &reply{code: contract.CodeLocked, scope: contract.ScopeMember, retryAfter: wait}
	}
	return current, nil
}

// locked answers a request of a session or a member whose passcodes are used up:
// no message may be sent whose passcode would be refused. A nil reply means that
// they are not, or that the limiter does not answer: a page can be shown all the
// same, and nothing will be sent or judged.
func (g *Guard) locked(ctx context.Context, q *query) *reply {
	if !q.looked {
		q.looked = true
		q.lock, q.limiter = g.quota.Lock(ctx, q.from.who.counted())
	}
	if q.lock == nil {
		return nil
	}
	rep := lockedBy(q.lock)
	return &rep
}

// decided answers a request for which there is nothing left to do: the policy
// is already satisfied, in another tab for instance, or never can be. current
// is nil if d is about the session that the request showed. A nil reply means
// go on.
func (g *Guard) decided(ctx context.Context, q *query, d decision, current *provider.Standing) *reply {
	switch {
	case d.satisfied:
		rep := g.satisfied(ctx, q, d, current)
		return &rep
	case d.impersonated:
		return &reply{code: contract.CodeImpersonation}
	}
	return nil
}

// satisfied gives the client its new tokens, if there are any, and sends the
// member on to where they were going.
func (g *Guard) satisfied(ctx context.Context, q *query, d decision, current *provider.Standing) reply {
	rep := reply{code: contract.CodeAlreadySatisfied, standing: current, done: true, until: d.until}
	switch {
	case q.kind != inbound.Browser, q.form != nil: // a document, or the page with the button
	case strings.HasPrefix(g.links.path(q.r), g.links.verify):
		rep.see = q.next
	case !inbound.IsUnsafe(q.r.Method) && g.quota.TakeReturn(ctx, q.from.who.counted()):
		rep.see = q.next
	}
	return rep
}

// marked is the reply for what the bookmark says: a passcode that still works
// is asked for, otherwise a new one is offered.
func (g *Guard) marked(mark *bookmark) reply {
	rep := reply{code: contract.CodeStepUpRequired, resendAt: g.quota.ResendAt(mark.times())}
	if !mark.works() {
		return rep
	}
	rep.code, rep.expiresAt, rep.ending = contract.CodeChallengePending, mark.expires(), mark.Ending
	if len(mark.Sent) > 1 {
		rep.code = contract.CodeResent
	}
	return rep
}

// failed reports a failed call about the session, and returns the reply to it.
func (g *Guard) failed(ctx context.Context, q *query, f *provider.Failure) reply {
	if errors.Is(ctx.Err(), context.Canceled) { // the client has hung up: nobody's fault
		return failure(provider.Unavailable(ctx.Err()))
	}
	g.events.tellFailure(ctx, q.from.who, "", "", f)
	return failure(f)
}
