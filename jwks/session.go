// Session, the result of Verify for a good token.

package jwks

import (
	"fmt"
	"io"
	"iter"
	"log/slog"
	"reflect"
	"slices"
	"time"
)

// Session is the content of a verified session JWT.
//
// A Session is shared by all requests with the same token and is immutable: it
// has no exported fields, and its methods return copies. They may be called
// concurrently.
//
// fmt and log/slog print the ids of a Session and nothing else.
type Session struct {
	id             string
	memberID       string
	organizationID string
	slug           string
	roles          []string
	factors        []factorObject

	startedAt      time.Time
	lastAccessedAt time.Time
	expiresAt      time.Time

	// The claims iat, nbf and exp in seconds since 1970.
	issuedAt, notBefore, tokenExpires int64

	custom []byte // the custom claims as one JSON object; nil for none
}

// ID returns the session's id ("session-live-…"). It is never empty.
func (s *Session) ID() string { return s.id }

// MemberID returns the id of the member ("member-live-…"). It is never empty.
func (s *Session) MemberID() string { return s.memberID }

// OrganizationID returns the id of the organization that the member is signed
// in to ("organization-live-…"). It is never empty.
func (s *Session) OrganizationID() string { return s.organizationID }

// OrganizationSlug returns the organization's name in URLs, or "" if the token
// lacks it.
func (s *Session) OrganizationSlug() string { return s.slug }

// Roles returns the ids of the member's roles, in the token's order.
func (s *Session) Roles() iter.Seq[string] { return slices.Values(s.roles) }

// HasRole reports whether the member has the role with exactly this id.
func (s *Session) HasRole(role string) bool { return slices.Contains(s.roles, role) }

// Factors returns the authentication factors of the session, in the token's
// order.
func (s *Session) Factors() iter.Seq[Factor] {
	return func(yield func(Factor) bool) {
		for i := range s.factors {
			if !yield(Factor(s.factors[i])) {
				return
			}
		}
	}
}

// StartedAt returns when the session began, or the zero time if the token does
// not say.
func (s *Session) StartedAt() time.Time { return s.startedAt }

// LastAccessedAt returns when Stytch last saw the session before it issued the
// token, or the zero time if the token does not say.
func (s *Session) LastAccessedAt() time.Time { return s.lastAccessedAt }

// ExpiresAt returns when the session ends. That is later than the token's own
// expiry, since an active session gets a new token every five minutes. If the
// token does not say, it is [Session.TokenExpiresAt].
func (s *Session) ExpiresAt() time.Time { return s.expiresAt }

// IssuedAt returns when the token was issued (the claim iat).
func (s *Session) IssuedAt() time.Time { return time.Unix(s.issuedAt, 0).UTC() }

// TokenExpiresAt returns when the token expires (the claim exp). It is accepted
// for Config.Leeway longer.
func (s *Session) TokenExpiresAt() time.Time { return time.Unix(s.tokenExpires, 0).UTC() }

// The printing methods are declared on the value, or a copied or dereferenced
// Session would print its fields, phone number included.

// String returns the ids of session, member and organization.
func (s Session) String() string {
	return s.id + " " + s.memberID + " " + s.organizationID
}

// Format implements [fmt.Formatter]: all verbs print what String returns.
func (s Session) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// LogValue implements [slog.LogValuer] with the ids of session, member and
// organization.
func (s Session) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("session_id", s.id),
		slog.String("member_id", s.memberID),
		slog.String("organization_id", s.organizationID),
	)
}

// size returns roughly how many bytes of memory the session takes.
func (s *Session) size() int {
	n := int(reflect.TypeFor[Session]().Size()) + cap(s.custom)
	n += textSize(s.id, s.memberID, s.organizationID, s.slug)
	n += textSize(s.roles...) + cap(s.roles)*int(reflect.TypeFor[string]().Size())
	for i := range s.factors {
		n += s.factors[i].size()
	}
	spare := cap(s.factors) - len(s.factors)
	return n + spare*int(reflect.TypeFor[factorObject]().Size())
}

// textSize returns the memory that strings take, each rounded up to the
// allocator's steps.
func textSize(texts ...string) int {
	const step = 16
	n := 0
	for _, text := range texts {
		n += (len(text) + step - 1) / step * step
	}
	return n
}
