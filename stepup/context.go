// What a handler can ask where there is no *http.Request: an interceptor, a
// resolver, a template. The middleware has put the request into the context.

package stepup

import (
	"context"
	"time"
)

// CheckContext is Check for code that has the context of a request and not the
// request: an interceptor of Connect or gRPC, a resolver of GraphQL. ctx must
// descend from the context that LoadSession, RequireSession or Require of this
// Guard passed on; otherwise it returns ErrNoSession. A policy that is Bound covers
// the body as it is then: it must not have been read.
func (g *Guard) CheckContext(ctx context.Context, policy Policy) error {
	c, ok := ctx.Value(admissionKey{}).(*admitted)
	if !ok {
		return ErrNoSession
	}
	return g.Check(c.request.WithContext(ctx), policy)
}

// OpenUntil returns until when the session in the context satisfies the policy, by
// its JWT; the zero Time if it does not, or if the policy is EveryTime or Bound,
// whose proofs are good for one request. It decides nothing: it is for pages that
// say how long they stay open. ctx is as for CheckContext.
func (g *Guard) OpenUntil(ctx context.Context, policy Policy) time.Time {
	p, err := g.registered(policy)
	c, ok := ctx.Value(admissionKey{}).(*admitted)
	if err != nil || !ok || c.of != g.admissions || c.err != nil || p.isUsedUp() {
		return time.Time{}
	}
	d, _ := g.approvals.judge(c.request, p, c.who.session, "", p.decide(c.who.session, g.config.Leeway))
	return d.until
}
