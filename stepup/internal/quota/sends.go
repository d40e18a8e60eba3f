// What is counted before a message is sent.

package quota

import (
	"context"
	"net/netip"
	"time"
)

// Send is a message that is to be sent.
type Send struct {
	IP        netip.Addr // the zero Addr = not known
	Number    string     // that a member has just typed; "" = the one on file
	Automatic bool       // nobody pressed a button for it
}

// TakeSend counts one message. The error is a *Refused or wraps ErrUnavailable:
// it is locked where the passcodes of the session or the member are used up, for
// a message whose passcode would be refused must not be sent.
func (c *Counters) TakeSend(ctx context.Context, who Subject, s Send) (Taken, error) {
	counters := []counter{
		{limit: limitCodesSession, quiet: true, Count: Count{Key: c.sessionCodes(who), Windows: c.sessionCodesWindows(), LookOnly: true}},
		{limit: limitCodesMember, quiet: true, Count: Count{Key: c.memberCodes(who), Windows: c.memberCodesWindows(), LookOnly: true}},
		{limit: "member", Count: Count{Key: c.name("send-cooldown", c.project, who.Organization, who.Member), Windows: c.limits.Cooldown}},
		{limit: "member", Count: Count{Key: c.name("send-all", c.project, who.Organization, who.Member), Windows: c.limits.TotalPerMember}},
	}
	if s.Automatic {
		counters = append(counters, counter{limit: "automatic", quiet: true, Count: Count{Key: c.automatic(who), Windows: automaticWindows()}})
	}
	counters = append(counters, c.unproved(who, s)...)
	rooms, err := c.take(ctx, who, counters)
	if err != nil {
		return nil, lockedFirst(rooms, err)
	}
	return recorded(counters, rooms), nil
}

// unproved are the counters of messages that have led to no right passcode so
// far. A right one gives them back.
func (c *Counters) unproved(who Subject, s Send) []counter {
	counters := []counter{
		{limit: "session", Count: Count{Key: c.name("send-session", c.project, who.Anchor), Windows: c.limits.SendsPerSession}},
		{limit: "member", Count: Count{Key: c.name("send-member", c.project, who.Organization, who.Member), Windows: c.limits.SendsPerMember}},
	}
	if s.Number != "" {
		counters = append(counters, counter{limit: "number", Count: Count{Key: c.name("send-number", c.project, s.Number), Windows: c.limits.SendsPerNumber}})
	}
	if s.IP.IsValid() {
		counters = append(counters, counter{limit: "ip", Count: Count{Key: c.name("send-ip", c.project, s.IP.String()), Windows: c.limits.SendsPerIP}})
	}
	return append(counters,
		counter{limit: "organization", Count: Count{Key: c.name("send-organization", c.project, who.Organization), Windows: c.limits.SendsPerOrganization, Advisory: c.limits.OrganizationOnlyWarns}},
		counter{limit: "project", Count: Count{Key: c.name("send-project", c.project), Windows: c.limits.SendsPerProject, Advisory: !c.limits.ProjectStops}},
	)
}

// automaticWindows are between two messages that navigations alone caused in
// one session. A right passcode clears them.
func automaticWindows() Windows { return Windows{10 * time.Minute: 1} }

func (c *Counters) automatic(who Subject) string {
	return c.name("send-automatic", c.project, who.Anchor)
}

// ResendAt is when the cooldown of a member allows another message after those
// sent at these times, oldest first, as far as they tell; the limiter decides.
// The zero Time = at once.
func (c *Counters) ResendAt(sent []time.Time) time.Time {
	var at time.Time
	for per, n := range c.limits.Cooldown {
		if n > len(sent) {
			continue
		}
		if free := sent[len(sent)-n].Add(per); free.After(at) {
			at = free
		}
	}
	return at
}
