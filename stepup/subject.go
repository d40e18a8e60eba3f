// The member and session that a request is about. identity.go makes it of a
// verified JWT, and every later step goes by it.

package stepup

import (
	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/internal/quota"
)

// subject is whom a step-up is about. Forms, bookmarks, counters and calls to
// Stytch are bound to the anchor. The zero value is nobody.
type subject struct {
	organization, member string
	anchor               string // id of the session
	session              *jwks.Session
}

func subjectOf(s *jwks.Session) subject {
	return subject{organization: s.OrganizationID(), member: s.MemberID(), anchor: s.ID(), session: s}
}

func (s subject) isNobody() bool { return s.session == nil }

// isSame reports whether both are the same member in the same session.
func (s subject) isSame(o subject) bool {
	return s.anchor == o.anchor && s.member == o.member && s.organization == o.organization
}

// counted is the subject as package quota takes it.
func (s subject) counted() quota.Subject {
	return quota.Subject{Organization: s.organization, Member: s.member, Anchor: s.anchor}
}
