// The factors that a member takes along into another organization. The endpoints that
// exchange a session or a login, and the list of organizations, ask here.

package stytchtest

import "strings"

// transfer returns those factors of from that count for to, the member with the same
// email address in another organization: those of magic links, OAuth and SMS passcodes.
// Within one organization all count. state.mu must be held.
// https://stytch.com/docs/b2b/api/exchange-session
func (p primary) transfer(from, to *member, factors []*factor) []*factor {
	if from == to {
		return copyFactors(factors)
	}
	var taken []*factor
	for _, f := range factors {
		method, ok := transferred(from, to, f)
		if !ok {
			continue
		}
		moved := newFactor(p.ids, to, f.kind, method, f.authenticated)
		moved.created, moved.updated = f.created, f.updated
		taken = append(taken, moved)
	}
	return taken
}

// transferred returns the delivery method that f has after the transfer, and whether it
// can be transferred at all.
func transferred(from, to *member, f *factor) (method string, ok bool) {
	switch {
	case f.kind == "otp" && f.method == "sms":
		// Only if both members have this number and have verified it.
		return f.method, from.phone.verified && to.phone.verified && from.phone.number == to.phone.number &&
			f.detail["phone_number"] == from.phone.number
	case f.method == "oauth_slack" || f.method == "oauth_hubspot":
		return strings.Replace(f.method, "oauth_", "oauth_exchange_", 1), true
	}
	// That email codes go along like magic links is inferred: they prove the same.
	return f.method, f.kind == "magic_link" || f.kind == "email_otp" || f.kind == "oauth"
}
