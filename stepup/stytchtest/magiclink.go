// The emails with magic links that members would have received. The endpoint that
// sends one adds it here; the authenticate endpoint, tests and the admin API read it.

package stytchtest

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"
)

// A Mail is an email with a magic link that a member would have received.
type Mail struct {
	MemberID     string
	EmailAddress string
	URL          string // where the link leads: the redirect URL with the token in its query
	Token        string // magic_links_token
	Locale       string // as in the request; "en" if the request named none
	SentAt       time.Time
}

// magicLink is a link that was sent.
type magicLink struct {
	Mail
	member    *member
	expires   time.Time
	challenge string // of PKCE (RFC 7636, section 4.2), "" = none
	used      bool
}

// maxMagicLinks bounds the memory of a long-running emulator.
const maxMagicLinks = 10_000

// magicLinks holds every link that was sent, newest last. state.mu must be held.
type magicLinks struct {
	sent []*magicLink
}

// add drops the older half when the list is full.
func (l *magicLinks) add(link *magicLink) {
	if len(l.sent) == maxMagicLinks {
		l.sent = slices.Clone(l.sent[maxMagicLinks/2:])
	}
	l.sent = append(l.sent, link)
}

// find returns the link with this token if it still works for a client that has this
// PKCE verifier. "" = it has none.
func (l *magicLinks) find(token, verifier string, now time.Time) (*magicLink, *apiError) {
	i := slices.IndexFunc(l.sent, func(link *magicLink) bool { return link.Token == token })
	if i < 0 || l.sent[i].member.status == "deleted" {
		return nil, refuse("magic_link_not_found")
	}
	link := l.sent[i]
	if link.used || !now.Before(link.expires) {
		return nil, refuse("unable_to_auth_magic_link")
	}
	return link, link.checkVerifier(verifier)
}

// checkVerifier demands the verifier of the challenge, and none if there is no
// challenge.
func (link *magicLink) checkVerifier(verifier string) *apiError {
	switch {
	case link.challenge == "" && verifier != "":
		return refuse("pkce_did_not_expect_code_verifier")
	case link.challenge != "" && verifier == "":
		return refuse("pkce_expected_code_verifier")
	case link.challenge != "" && link.challenge != pkceChallenge(verifier):
		return refuse("pkce_mismatch")
	}
	return nil
}

// pkceChallenge returns the challenge of a verifier by S256 (RFC 7636, section 4.2).
func pkceChallenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// list copies the mails to one member, or all of them if memberID is empty.
func (l *magicLinks) list(memberID string) []Mail {
	found := []Mail{}
	for _, link := range l.sent {
		if memberID == "" || link.MemberID == memberID {
			found = append(found, link.Mail)
		}
	}
	return found
}

// copyTo replaces what to holds by a copy of what l holds, with members of their own.
func (l *magicLinks) copyTo(to *magicLinks, members *members) {
	to.sent = nil
	for _, link := range l.sent {
		copied := *link
		copied.member = members.byID[link.member.id]
		to.sent = append(to.sent, &copied)
	}
}

func (l *magicLinks) shift(d time.Duration) {
	for _, link := range l.sent {
		link.SentAt, link.expires = link.SentAt.Add(d), link.expires.Add(d)
	}
}
