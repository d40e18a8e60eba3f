// Finds out whose session a request carries, by its tokens alone, and puts
// that into the context for the handlers behind the middleware. admit.go and
// signout.go call it.

package stepup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/internal/inbound"
)

// admission is what a guard found out about a request: whose it is, or why it
// is nobody's.
type admission struct {
	of    *admissions
	who   subject
	shown credential
	err   error         // why who is nobody; nil = who is somebody
	spent time.Duration // the part of requestPatience that the middleware used
	asked bool          // Stytch was asked, and cookies may have been set
}

// admitted is the context of a request behind a guard. It is what
// context.WithValue makes, but in one allocation with its value, since every
// request needs one.
type admitted struct {
	context.Context
	request *http.Request // that the guard found this out about
	by      headers       // that the admission was found by
	admission
}

type admissionKey struct{}

// Value returns c itself for its key, and asks the parent context for any
// other. Another guard's admission is hidden even if this guard found nobody:
// several projects may live in one process, and a member of one is nobody in
// the other.
func (c *admitted) Value(key any) any {
	if key == (admissionKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// Format implements [fmt.Formatter]. The context of a request is easily logged,
// and a struct that holds tokens must not be printed as one.
func (c *admitted) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "%v.WithValue(stepup.admissionKey)", c.Context)
}

// into returns r with the admission in its context, and a pointer to that
// admission.
func (a admission) into(r *http.Request) (*http.Request, *admission) {
	c := &admitted{Context: r.Context(), request: r, by: a.of.headersOf(r), admission: a}
	return r.WithContext(c), &c.admission
}

// found returns the admission that this guard put into the context, or nil. It
// counts only for the credential that it was found by: a handler may send a
// clone of its request, with the token of another member, through a guard.
func (s *admissions) found(r *http.Request) *admission {
	if c, ok := r.Context().Value(admissionKey{}).(*admitted); ok && c.of == s && s.areOf(&c.by, r) {
		return &c.admission
	}
	return nil
}

// headers are those that a credential comes in. bearer is what Config.Bearer
// finds, wherever that is.
type headers struct {
	authorization, cookie []string
	bearer                string
}

func (s *admissions) headersOf(r *http.Request) headers {
	h := headers{authorization: r.Header["Authorization"], cookie: r.Header["Cookie"]}
	if s.tokens.bearer != nil {
		h.bearer, _ = s.tokens.bearer(r)
	}
	return h
}

// areOf compares strings that are nearly always the very same ones, which costs
// no look at their bytes.
func (s *admissions) areOf(h *headers, r *http.Request) bool {
	if s.tokens.bearer != nil {
		if now, _ := s.tokens.bearer(r); now != h.bearer {
			return false
		}
	}
	return slices.Equal(h.authorization, r.Header["Authorization"]) && slices.Equal(h.cookie, r.Header["Cookie"])
}

// SessionFromContext returns the session that LoadSession, RequireSession or
// Require found. It is the only source of identity: an app that reads the
// cookie itself may read another one than the one that was verified.
func SessionFromContext(ctx context.Context) (*jwks.Session, bool) {
	c, ok := ctx.Value(admissionKey{}).(*admitted)
	if !ok || c.who.session == nil {
		return nil, false
	}
	return c.who.session, true
}

// verify judges the tokens of a request without a call to Stytch. The JWT that
// it finds may have expired.
//
// Several cookies with one name are not an attack by themselves: a cookie of a
// parent domain is sent beside ours until it expires. Junk is skipped. Of
// several JWTs of one session the newest counts. Two sessions are refused,
// because nothing tells which of them was planted.
func (s *admissions) verify(r *http.Request) admission {
	shown := s.tokens.present(r)
	var good, expired admission
	var failure error
	for _, token := range shown.jwts[:shown.n] {
		session, err := s.provider.Verify(r.Context(), token)
		best := &good
		if err != nil {
			var old *jwks.ExpiredError
			if !errors.As(err, &old) {
				if shown.unchecked && !inbound.IsCookieValue(token) {
					return s.nobody(channelNone, ErrNoSession) // no cookie by the rules of net/http
				}
				failure = worse(failure, err)
				continue
			}
			session, best = old.Session, &expired
		}
		who := subjectOf(session)
		if !best.who.isNobody() && !best.who.isSame(who) {
			return s.nobody(shown.channel, ErrConflict)
		}
		if best.who.isNobody() || session.IssuedAt().After(best.who.session.IssuedAt()) {
			*best = admission{of: s, who: who, shown: credential{channel: shown.channel, jwt: token, expired: err != nil}}
		}
	}
	switch {
	case !good.who.isNobody() && !expired.who.isNobody() && good.who.member != expired.who.member && s.renewsAlone(&expired):
		// JWTs expire every five minutes. If the good one won, an attacker
		// could plant theirs at the right moment, and the member would act in
		// their session.
		return s.nobody(shown.channel, ErrConflict)
	case !good.who.isNobody():
		return good
	case errors.Is(failure, jwks.ErrUnavailable), isEarly(failure):
		// A JWT that is not valid yet is good: it is our clock that is wrong. The
		// member would only be sent in a circle for a new one.
		return s.nobody(shown.channel, fmt.Errorf("%w: %w", ErrUnavailable, failure))
	case !expired.who.isNobody():
		return expired
	case failure != nil:
		return s.nobody(shown.channel, fmt.Errorf("%w: %w", ErrNoSession, failure))
	}
	return s.nobody(shown.channel, ErrNoSession)
}

func isEarly(err error) bool {
	var early *jwks.EarlyError
	return errors.As(err, &early)
}

// nobody is the admission of a request whose session is not known.
func (s *admissions) nobody(ch channel, err error) admission {
	return admission{of: s, shown: credential{channel: ch}, err: err}
}

// worse returns the failure that leaves more open: while one token cannot be
// judged, the request must not be refused because another one is forged.
func worse(a, b error) error {
	if errors.Is(a, jwks.ErrUnavailable) {
		return a
	}
	return b
}

// renewsAlone reports whether the JWT is recent enough to ask Stytch with by
// itself. One out of last month's log must be worth nothing, even while its
// session lives.
func (s *admissions) renewsAlone(a *admission) bool {
	return !a.shown.expired || time.Since(a.who.session.TokenExpiresAt()) <= s.refreshWithin
}
