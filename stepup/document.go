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
		if q.isLogin() {
			d.SessionToken = rep.standing.Token
		}
	}
	if rep.standing == nil && !rep.done && q.from.shown.channel == channelBearer {
		d.Login = q.login
	}
	d.RecoveryCodes, d.RecoveryRemain = rep.recoveryCodes, rep.recoveryRemain
	if q.setup.isPending() && rep.pageState() == contract.StateAuthenticator {
		shown := q.setup.shown(q.setup.seal(p.keys, q.from.who))
		d.Setup = &contract.SetupDocument{Secret: shown.Secret, URI: shown.URI, Sealed: shown.Sealed}
	}
	if q.factor != nil {
		d.Method = q.factor.method
	}
	d.Methods = q.offered
	if !rep.until.IsZero() && !q.isLogin() {
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
		d.Policy, d.Bound = q.policy.Name, q.bound
		if !q.isLogin() {
			d.MaxAge = seconds(q.policy.shortest())
			d.Unmet = append(unmet(contract.UnmetMissing, q.decision.missing), unmet(contract.UnmetExpired, q.decision.expired)...)
		}
		d.Links = p.links.document(q, rep.pageState())
	}
	return d
}

func unmet(state contract.UnmetState, requirements []Requirement) []contract.Unmet {
	var list []contract.Unmet
	for _, r := range requirements {
		u := contract.Unmet{State: state}
		for _, proof := range r {
			u.AnyOf = append(u.AnyOf, contract.Proof{Method: proof.Method, MaxAge: seconds(proof.MaxAge)})
		}
		list = append(list, u)
	}
	return list
}
