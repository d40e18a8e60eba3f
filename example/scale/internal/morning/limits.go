// What is counted before a message or a passcode, as in stepup/internal/quota.
// journey.go counts with it.

package morning

import "github.com/rungauth/rung/stepup"

// limit names one, for the table.
type limit uint8

const (
	limitNone limit = iota
	limitLocked
	limitCooldown
	limitTotal
	limitAutomatic
	limitSession
	limitMember
	limitOrganization
	limitProject
	limitsInAll
)

func (l limit) String() string {
	return [...]string{"none", "locked", "cooldown", "total", "automatic", "session", "member", "organization", "project"}[l]
}

// Rules are the windows of a guard by the first part of its keys, such as
// "send-member", as it shows them to its Limiter.
type Rules map[string]stepup.Count

// limits are the windows in the form that the model counts with.
type limits struct {
	codesSession, codesMember              windows
	cooldown, total, automatic             windows
	session, member, organization, project windows
	organizationIsAdvice, projectIsAdvice  bool
	organizations                          []log
	projectLog                             log
	counts                                 [9]count // of one take, to save garbage
	warned                                 int      // messages beyond a budget that only warns
}

func newLimits(r Rules, organizations int) *limits {
	of := func(purpose string) windows { return compact(r[purpose].Windows) }
	return &limits{
		codesSession: of("codes-session"), codesMember: of("codes-member"),
		cooldown: of("send-cooldown"), total: of("send-all"), automatic: of("send-automatic"),
		session: of("send-session"), member: of("send-member"),
		organization: of("send-organization"), project: of("send-project"),
		organizationIsAdvice: r["send-organization"].Advisory, projectIsAdvice: r["send-project"].Advisory,
		organizations: make([]log, organizations),
	}
}

// counted is what is counted of one member in one session. Two pairs of keys of
// the guard hold the same events, since a member has one session here:
// send-cooldown and send-all, send-session and send-member.
type counted struct {
	sent         log // whatever it led to
	unproved     log // messages that led to no right passcode so far
	automatic    log
	codesSession log
	codesMember  log
}

// locked reports whether no passcode would be judged. It counts nothing.
func (l *limits) locked(now moment, m *counted) bool {
	return m.codesSession.wait(now, l.codesSession) > 0 || m.codesMember.wait(now, l.codesMember) > 0
}

// taken says where a message was counted, besides its member.
type taken struct{ automatic, organization, project bool }

// takeSend counts a message. refused names the limit that keeps it waiting
// longest, if one does.
func (l *limits) takeSend(now moment, m *counted, organization int32, automatic bool) (t taken, refused limit, wait moment) {
	counts := append(l.counts[:0],
		count{log: &m.codesSession, windows: l.codesSession, limit: limitLocked, lookOnly: true},
		count{log: &m.codesMember, windows: l.codesMember, limit: limitLocked, lookOnly: true},
		count{log: &m.unproved, windows: l.session, limit: limitSession, lookOnly: true},
		count{log: &m.unproved, windows: l.member, limit: limitMember},
		count{log: &m.sent, windows: l.cooldown, limit: limitCooldown, lookOnly: true},
		count{log: &m.sent, windows: l.total, limit: limitTotal},
		count{log: &l.organizations[organization], windows: l.organization, limit: limitOrganization, advisory: l.organizationIsAdvice},
		count{log: &l.projectLog, windows: l.project, limit: limitProject, advisory: l.projectIsAdvice},
	)
	if automatic {
		counts = append(counts, count{log: &m.automatic, windows: l.automatic, limit: limitAutomatic})
	}
	granted := take(now, counts)
	for _, c := range counts {
		switch {
		case c.wait == 0:
		case c.advisory:
			l.warned++
		case !granted && c.limit == limitLocked:
			return t, limitLocked, c.wait
		case !granted && c.wait > wait:
			refused, wait = c.limit, c.wait
		}
		t.organization = t.organization || c.limit == limitOrganization && c.wait == 0
		t.project = t.project || c.limit == limitProject && c.wait == 0
	}
	t.automatic = automatic
	return t, refused, wait
}

// refundSend takes back a message that surely was not sent.
func (l *limits) refundSend(m *counted, organization int32, t taken) {
	m.sent.forget(1)
	m.unproved.forget(1)
	if t.automatic {
		m.automatic.forget(1)
	}
	if t.organization {
		l.organizations[organization].forget(1)
	}
	if t.project {
		l.projectLog.forget(1)
	}
}

// takeAttempt counts a passcode. false = the member is locked.
func (l *limits) takeAttempt(now moment, m *counted) bool {
	return take(now, append(l.counts[:0],
		count{log: &m.codesSession, windows: l.codesSession},
		count{log: &m.codesMember, windows: l.codesMember},
	))
}

func (l *limits) refundAttempt(m *counted) {
	m.codesSession.forget(1)
	m.codesMember.forget(1)
}

// proved settles a right passcode: it gives back the messages that led to it.
func (l *limits) proved(now moment, m *counted, organization int32) {
	unproved := m.unproved.within(now, l.session.longest())
	m.codesSession.forget(len(m.codesSession))
	m.codesMember.forget(1)
	m.automatic.forget(len(m.automatic))
	m.unproved.forget(unproved)
	l.organizations[organization].forget(unproved)
	l.projectLog.forget(unproved)
}

// keys is how many keys of a limiter hold events of the member, and how many
// events.
func (l *limits) keys(now moment, m *counted) (keys, events int) {
	add := func(log log, ws windows) {
		if n := log.within(now, ws.longest()); n > 0 {
			keys, events = keys+1, events+n
		}
	}
	add(m.sent, l.cooldown)
	add(m.sent, l.total)
	add(m.unproved, l.session)
	add(m.unproved, l.member)
	add(m.automatic, l.automatic)
	add(m.codesSession, l.codesSession)
	add(m.codesMember, l.codesMember)
	return keys, events
}
