// Makes the JSON document of a reply. write.go calls it for programs.

package stepup

import (
	"time"

	"github.com/rungauth/rung/stepup/contract"
)

func (p *responder) document(q *query, rep reply) contract.Document {
	d := contract.Document{
		Code: rep.code, Superseded: rep.superseded, Reason: rep.reason, Scope: rep.scope,
		Retry: rep.again, RetryAfter: seconds(rep.retryAfter), AttemptsLeft: rep.left,
	}
	if status := rep.httpStatus(); status >= 400 {
		d.Type, d.Title, d.Status = "urn:rung:problem:"+string(rep.code), rep.code.Title(), status
	}
	if rep.standing != nil && q.from.shown.channel == channelBearer {
		d.SessionJWT = rep.standing.JWT
	}
	if !rep.until.IsZero() {
		until := rep.until.UTC().Truncate(time.Second)
		d.ElevatedUntil = &until
	}
	if !rep.expiresAt.IsZero() {
		d.Challenge = &contract.Challenge{
			PhoneEnding: rep.ending,
			ExpiresIn:   max(0, seconds(time.Until(rep.expiresAt))),
			ResendIn:    max(0, seconds(time.Until(rep.resendAt))),
		}
	}
	if q.policy != nil {
		d.Policy, d.MaxAge = q.policy.Name, seconds(q.policy.MaxAge)
		d.Links = p.links.document(q.policy.Name, q.next)
		if rep.pageState() == contract.StatePhone {
			d.Links.Phone = p.links.phone()
		}
	}
	return d
}
