// The member that a request is about, in a session or in a login that lacks its
// second factor. identity.go and login.go make it, and every later step goes by
// it.

package stepup

import (
	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/internal/provider"
	"github.com/rungauth/rung/stepup/internal/quota"
)

// subject is whom a step-up is about. Forms, bookmarks, counters and calls to
// Stytch are bound to the anchor. The zero value is nobody.
type subject struct {
	organization, member string
	anchor               string        // id of the session, or of a login, which has one of its own
	session              *jwks.Session // nil = a login: no policy is satisfied
}

func subjectOf(s *jwks.Session) subject {
	return subject{organization: s.OrganizationID(), member: s.MemberID(), anchor: s.ID(), session: s}
}

func (s subject) isNobody() bool { return s.anchor == "" }

// isLogin reports whether there is no session yet.
func (s subject) isLogin() bool { return s.anchor != "" && s.session == nil }

// isSame reports whether both are the same member in the same session.
func (s subject) isSame(o subject) bool {
	return s.anchor == o.anchor && s.member == o.member && s.organization == o.organization
}

// ids are what texts are bound to that only this member may bring back.
func (s subject) ids() []string { return []string{s.organization, s.member, s.anchor} }

// counted is the subject as package quota takes it.
func (s subject) counted() quota.Subject {
	return quota.Subject{Organization: s.organization, Member: s.member, Anchor: s.anchor}
}

// asked is the subject as package provider takes it.
func (s subject) asked() provider.Subject {
	asked := provider.Subject{Organization: s.organization, Member: s.member, Anchor: s.anchor}
	if s.session != nil {
		asked.Session = s.anchor
	}
	return asked
}
