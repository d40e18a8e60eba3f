// Counts a message before it is sent. stepup/send.go calls it.

package quota

import (
	"context"
	"net/netip"
	"time"
)

// automaticWindows limit the messages that navigations alone cause in one
// session. A right passcode resets them.
func automaticWindows() map[time.Duration]int { return map[time.Duration]int{10 * time.Minute: 1} }

// TakeSend counts one message; ip is the zero Addr if the address of the
// client is not known, and automatic means that nobody pressed a button for
// it. The error is a *Refused or wraps ErrUnavailable.
//
// The member comes before the address, so that a session that is refused for
// its member leaves no trace under the many addresses that it may come from.
func (c *Counters) TakeSend(ctx context.Context, who Subject, ip netip.Addr, automatic bool) (Taken, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	var takes []take
	if automatic {
		takes = append(takes, take{limit: "automatic", key: c.automaticKey(who), windows: automaticWindows(), quiet: true})
	}
	takes = append(takes, take{limit: "member", key: c.name("send-member", c.project, who.Organization, who.Member), windows: c.limits.SendsPerMember})
	if ip.IsValid() {
		takes = append(takes, take{limit: "ip", key: c.name("send-ip", c.project, ip.String()), windows: c.limits.SendsPerIP})
	}
	takes = append(takes,
		take{limit: "organization", key: c.name("send-organization", c.project, who.Organization), windows: c.limits.SendsPerOrganization, advisory: !c.limits.StopAtBudget},
		take{limit: "project", key: c.name("send-project", c.project), windows: c.limits.SendsPerProject, advisory: !c.limits.StopAtBudget},
	)
	return c.takeAll(ctx, who, takes...)
}

func (c *Counters) automaticKey(who Subject) string {
	return c.name("send-automatic", c.project, who.Anchor)
}

// ResendAt is when the cooldown of a member allows another message after those
// sent at these times, oldest first, as far as they tell; the limiter decides.
// The zero Time = at once.
func (c *Counters) ResendAt(sent []time.Time) time.Time {
	var at time.Time
	for per, n := range c.limits.SendsPerMember {
		if n > len(sent) {
			continue
		}
		if free := sent[len(sent)-n].Add(per); free.After(at) {
			at = free
		}
	}
	return at
}
