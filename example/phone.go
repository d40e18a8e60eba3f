// The page with the simulated phone, on which the members of the demo find what
// they get. Routed only in the demo.

package main

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

type phoneView struct {
	Apps     []authenticator
	Messages []message // newest first
}

// authenticator is what a member's authenticator app shows, and the codes that
// the member wrote down.
type authenticator struct {
	Name, Organization string
	Code               string
	RecoveryCodes      []string
}

// message is a text message with a code, or an email with a link.
type message struct {
	Name, Organization string
	To                 string // number or address
	Code               string // "" = an email
	Link               string // "" = a text message
	SentAt             time.Time
	Old                bool // the member has a newer one of its kind
}

// maxShown bounds the page, which a browser fetches every second.
const maxShown = 20

// phone shows the messages that the emulator would have sent. The emulator's own
// phone refuses to be framed, so the app has this page, which it frames beside
// its own pages. The verify pages refuse to be framed too: they link to it, in a
// separate window.
func (a *app) phone(w http.ResponseWriter, _ *http.Request) {
	a.pages.write(w, http.StatusOK, "phone", "'self'", phoneView{Apps: a.demo.apps(), Messages: a.demo.messages()})
}

// apps lists the authenticator apps, those that are just being set up included.
func (d *demo) apps() []authenticator {
	var apps []authenticator
	for _, m := range d.members {
		if code := d.emulator.TOTPCode(m); code != "" {
			apps = append(apps, authenticator{m.Name, d.names[m.OrganizationID], code, d.emulator.RecoveryCodes(m)})
		}
	}
	return apps
}

// messages lists the newest messages of both kinds.
func (d *demo) messages() []message {
	var all []message
	for _, m := range d.emulator.Messages("") {
		all = append(all, d.message(m.MemberID, message{To: m.PhoneNumber, Code: m.Code, SentAt: m.SentAt}))
	}
	for _, m := range d.emulator.Mails("") {
		all = append(all, d.message(m.MemberID, message{To: m.EmailAddress, Link: m.URL, SentAt: m.SentAt}))
	}
	slices.SortStableFunc(all, func(x, y message) int { return y.SentAt.Compare(x.SentAt) })
	type inbox struct{ to, organization string }
	seen := map[inbox]bool{}
	for i, m := range all {
		at := inbox{m.To, m.Organization}
		all[i].Old, seen[at] = seen[at], true
	}
	return all[:min(len(all), maxShown)]
}

func (d *demo) message(memberID string, m message) message {
	member := cmp.Or(d.find(memberID), &stytchtest.Member{})
	m.Name, m.Organization = member.Name, d.names[member.OrganizationID]
	return m
}
