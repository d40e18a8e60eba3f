// The data of the overview page, read from the state in one go. The page in overview.go
// shows it.

package stytchtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxOverviewRows bounds each list of the page.
const maxOverviewRows = 100

// overviewView is the data of the template. Lists begin with what is newest, those of
// organizations and members with what is oldest.
type overviewView struct {
	URL, ProjectID, Issuer string

	Organizations overviewList[organizationRow]
	Members       overviewList[memberRow]
	Sessions      overviewList[sessionRow]
	Logins        overviewList[loginRow]
	Messages      overviewList[messageRow]
	Mails         overviewList[mailRow]
	Calls         overviewList[callRow]
}

// overviewList is a list of which the page shows the first rows.
type overviewList[T any] struct {
	Rows   []T
	Total  int
	Hidden int // rows that are not shown
}

type (
	organizationRow struct{ ID, Name, Slug, Policy, Methods string }

	memberRow struct {
		ID, Name, Organization, Email, Status, Phone string
		Verified, Enrolled, Locked, Password         bool
		TOTPCode                                     string // what the authenticator app shows, "" = none
		RecoveryCodes                                int    // that are left
	}

	sessionRow struct{ ID, Member, State, Factors, Started string }
	loginRow   struct{ Member, Factors, Left string }
	messageRow struct{ Member, PhoneNumber, Code, Sent string }
	mailRow    struct{ Member, EmailAddress, URL, Sent string }

	callRow struct {
		Method, Path, ErrorType, At string
		Status                      int // 0 = the connection was closed
	}
)

// newOverviewView reads the state and the call log.
func newOverviewView(a *api) overviewView {
	set, st := a.settings(), a.state
	st.mu.Lock()
	defer st.mu.Unlock()
	now := st.clock.now()
	return overviewView{
		URL: set.url, ProjectID: set.projectID, Issuer: set.issuer(),
		Organizations: rowsOf(st.organizations.sorted(), newOrganizationRow),
		Members: rowsOf(st.members.sorted(), func(m *member) memberRow {
			return newMemberRow(m, st.totpCode(m), now)
		}),
		Sessions: rowsOf(st.sessions.sorted(), func(ss *session) sessionRow { return newSessionRow(ss, now) }),
		Logins:   rowsOf(st.logins.sorted(), func(l *login) loginRow { return newLoginRow(l, now) }),
		Messages: rowsOf(backward(st.messages.list("")), func(m Message) messageRow {
			return messageRow{st.members.byID[m.MemberID].name, m.PhoneNumber, m.Code, shownTime(m.SentAt)}
		}),
		Mails: rowsOf(backward(st.magicLinks.list("")), func(m Mail) mailRow {
			return mailRow{st.members.byID[m.MemberID].name, m.EmailAddress, m.URL, shownTime(m.SentAt)}
		}),
		Calls: rowsOf(backward(a.calls.list()), func(c Call) callRow {
			return callRow{c.Method, c.Path, c.ErrorType, shownTime(c.At), c.Status}
		}),
	}
}

// rowsOf makes the rows that are shown.
func rowsOf[E, R any](all []E, row func(E) R) overviewList[R] {
	list := overviewList[R]{Total: len(all)}
	for _, element := range all[:min(len(all), maxOverviewRows)] {
		list.Rows = append(list.Rows, row(element))
	}
	list.Hidden = list.Total - len(list.Rows)
	return list
}

func backward[E any](list []E) []E {
	slices.Reverse(list)
	return list
}

func newOrganizationRow(o *organization) organizationRow {
	methods := "all"
	if o.MFAMethods != nil {
		methods = cmp.Or(strings.Join(o.MFAMethods, ", "), "none")
	}
	return organizationRow{o.ID, o.Name, o.Slug, o.MFAPolicy, methods}
}

func newMemberRow(m *member, totpCode string, now time.Time) memberRow {
	return memberRow{
		ID: m.id, Name: m.name, Organization: m.organization.Name, Email: m.email.address,
		Status: m.status, Phone: m.phone.number, Verified: m.phone.verified,
		Enrolled: m.enrolled, Locked: m.lock.locked(now), Password: m.password != "",
		TOTPCode: totpCode, RecoveryCodes: len(m.recoveryCodes()),
	}
}

func newSessionRow(ss *session, now time.Time) sessionRow {
	state := "ends " + shownLeft(ss.expires.Sub(now))
	switch {
	case ss.revoked:
		state = "revoked"
	case !now.Before(ss.expires):
		state = "expired"
	}
	return sessionRow{ss.id, ss.member.name, state, shownFactors(ss.factors, now), shownTime(ss.started)}
}

func newLoginRow(l *login, now time.Time) loginRow {
	left := "expired"
	if now.Before(l.expires) {
		left = "ends " + shownLeft(l.expires.Sub(now))
	}
	return loginRow{l.member.name, shownFactors(l.factors, now), left}
}

// shownFactors lists factors and their ages, as in "password, otp by sms (3 min ago)".
func shownFactors(factors []*factor, now time.Time) string {
	var shown []string
	for _, f := range factors {
		kind := f.kind
		if f.kind == "otp" {
			kind += " by " + f.method
		}
		shown = append(shown, fmt.Sprintf("%s (%s)", kind, shownAge(now.Sub(f.authenticated))))
	}
	return strings.Join(shown, ", ")
}

func shownAge(d time.Duration) string {
	switch {
	case d < 0:
		return "in the future"
	case d < time.Minute:
		return "just now"
	}
	return shownMinutes(d) + " ago"
}

func shownLeft(d time.Duration) string {
	if d < time.Minute {
		return "in a moment"
	}
	return "in " + shownMinutes(d)
}

func shownMinutes(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}

// shownTime is local time, since only the machine that the emulator runs on shows the
// page.
func shownTime(t time.Time) string { return t.Local().Format("15:04:05") }

// sorted returns the organizations, oldest first.
func (t *organizations) sorted() []*organization {
	return slices.SortedFunc(maps.Values(t.byID), func(a, b *organization) int {
		return cmp.Or(a.created.Compare(b.created), strings.Compare(a.ID, b.ID))
	})
}

// sorted returns the members, oldest first.
func (t *members) sorted() []*member {
	return slices.SortedFunc(maps.Values(t.byID), func(a, b *member) int { return a.serial - b.serial })
}

// sorted returns the sessions, the last one to be used first.
func (t *sessions) sorted() []*session {
	return slices.SortedFunc(maps.Values(t.byID), func(a, b *session) int {
		return cmp.Or(b.accessed.Compare(a.accessed), strings.Compare(a.id, b.id))
	})
}

// sorted returns the logins, newest first.
func (t *logins) sorted() []*login {
	return slices.SortedFunc(maps.Values(t.byToken), func(a, b *login) int {
		return cmp.Or(b.expires.Compare(a.expires), strings.Compare(a.token, b.token))
	})
}
